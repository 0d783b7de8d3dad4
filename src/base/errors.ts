/**
 * Every error a user can meet: its code and the exit code of the process that ends with it. `docs/errors.md` has one
 * entry a code. Exit codes: 2 usage, 3 input data, 4 model or checkpoint, 5 this machine lacks something, 6 run time.
 */
export const errorCodes = {
  USAGE_INVALID: 2,
  CONFIG_INVALID: 2,
  FILE_MISSING: 3,
  FILE_UNREADABLE: 3,
  FILE_TOO_LARGE: 3,
  IMAGE_INVALID: 3,
  IMAGE_SIZE_MISMATCH: 3,
  CAMERA_INVALID: 3,
  DATA_EMPTY: 3,
  DATA_INVALID: 3,
  VIDEO_INVALID: 3,
  CHECKPOINT_INVALID: 4,
  MODEL_INVALID: 4,
  MODEL_MISMATCH: 4,
  EXPORT_UNSUPPORTED: 4,
  PARITY_FAILED: 4,
  PRECISION_UNFIT: 4,
  MACHINE_LACKS: 5,
  DISK_FULL: 5,
  WRITE_FAILED: 5,
  QUEUE_UNAVAILABLE: 5,
  TRAINING_DIVERGED: 6,
  STEP_FAILED: 6,
  CAPTURE_FAILED: 6,
  ENGINE_FAILED: 6,
  SELF_TEST_FAILED: 6,
} as const;

/** One of the codes of the table above. */
export type ErrorCode = keyof typeof errorCodes;

/** What may stand beside a message: the first error, and facts as fields. */
export interface CyclopsErrorOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error that names the file, the field, what was found and what was expected, in one sentence for people. */
export class CyclopsError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CyclopsErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CyclopsError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return errorCodes[this.code];
  }
}

/** Whether an unknown thrown value is a CyclopsError, of one code if given. */
export function isCyclopsError(value: unknown, code?: ErrorCode): value is CyclopsError {
  return value instanceof CyclopsError && (code === undefined || value.code === code);
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The operating system's code (`ENOENT`, `ENOSPC`, …) of a thrown value, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
