import { open, readFile } from 'node:fs/promises';
import { CyclopsError, messageOf, systemCodeOf } from '../../base/errors.js';
import { writeAtomic, writeErrorFor } from '../../base/files.js';

/** What one logged step cost and achieved. `losses` are the weighted terms; `loss` is their sum. */
export interface StepRecord {
  readonly kind: 'step';
  readonly step: number;
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Since the record before: rate, and the share of time the step waited for data. */
  readonly imagesPerS: number;
  readonly waitShare: number;
  readonly rssMiB: number;
  /** Tensors alive in tfjs after the step. */
  readonly tensors: number;
  /** Batches of the run so far without a usable pixel; absent while there was none. */
  readonly emptyBatches?: number;
  /** Pairs of the run so far whose images have another shape than the first one's; absent while there was none. */
  readonly otherShapes?: number;
}

/** Metrics on the validation source after `step` steps. */
export interface ValidationRecord {
  readonly kind: 'validation';
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Start, resume, stop: what a reader of the log should know besides numbers. */
export interface EventRecord {
  readonly kind: 'event';
  readonly step: number;
  readonly event: 'start' | 'resume' | 'stop' | 'finish' | 'diverged';
  readonly time: string;
  readonly text: string;
}

/** One line of `run.jsonl`. */
export type RunRecord = StepRecord | ValidationRecord | EventRecord;

/** The open `run.jsonl` of a run folder: append only; every line is on its own and complete. */
export interface RunLog {
  /** All records so far, those of earlier parts of a resumed run included. */
  readonly records: readonly RunRecord[];
  append(record: RunRecord): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a run's log for appending. Records of steps after `fromStep` are dropped first: a resumed run repeats them.
 * @throws CyclopsError `WRITE_FAILED`, `DISK_FULL`.
 */
export async function openRunLog(path: string, fromStep: number): Promise<RunLog> {
  const kept = (await readRunLog(path)).filter((record) => record.step <= fromStep);
  await writeAtomic(path, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const handle = await open(path, 'a').catch((error: unknown) => {
    throw writeErrorFor(path, error);
  });
  const records: RunRecord[] = kept;
  return {
    records,
    async append(record) {
      records.push(record);
      await handle.appendFile(`${JSON.stringify(record)}\n`).catch((error: unknown) => {
        throw writeErrorFor(path, error);
      });
    },
    close: () => handle.close(),
  };
}

/**
 * The records of a `run.jsonl`; none where there is no file. A last line that a crash cut short is left out.
 * @throws CyclopsError `FILE_UNREADABLE`, `DATA_INVALID` for a broken line that is not the last.
 */
export async function readRunLog(path: string): Promise<RunRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw new CyclopsError('FILE_UNREADABLE', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const lines = text.split('\n');
  const records: RunRecord[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      records.push(JSON.parse(line) as RunRecord);
    } catch (error) {
      if (index >= lines.length - 1) break;
      throw new CyclopsError('DATA_INVALID', `${path}:${index + 1}: expected one JSON object a line`, { cause: error });
    }
  }
  return records;
}
