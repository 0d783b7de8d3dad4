import { CyclopsError, type ErrorCode, errorCodes } from '../base/errors.js';
import type { BatchData, BatchSettings } from './batch.js';
import type { SourceSpec } from './sample.js';

/** What a loading thread is started with. */
export interface WorkerStart {
  readonly source: SourceSpec;
  readonly settings: BatchSettings;
}

/** What the main thread says: build a step, or finish. */
export type WorkerRequest = { readonly kind: 'build'; readonly step: number } | { readonly kind: 'close' };

/** What a thread answers. */
export type WorkerReply =
  | { readonly kind: 'batch'; readonly step: number; readonly batch: BatchData }
  | { readonly kind: 'failed'; readonly step: number; readonly error: PlainError };

/** An error as plain data: structured clone would keep neither class nor code. */
export interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly stack?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Takes an error apart for the way between threads. */
export function plainFromError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: String(error), details: {} };
  const stack = error.stack === undefined ? {} : { stack: error.stack };
  if (!(error instanceof CyclopsError)) return { message: error.message, details: {}, ...stack };
  return { code: error.code, message: error.message, details: jsonSafe(error.details), ...stack };
}

/** Puts it together again: same code, message and details; the thread's stack is kept in the cause. */
export function errorFromPlain(plain: PlainError): Error {
  const cause = new Error(plain.message);
  if (plain.stack !== undefined) cause.stack = plain.stack;
  if (plain.code === undefined || !Object.hasOwn(errorCodes, plain.code)) return cause;
  return new CyclopsError(plain.code, plain.message, { cause, details: plain.details });
}

function jsonSafe(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(details)) as Record<string, unknown>;
}
