import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyclopsError } from '../../base/errors.js';
import { openLabelWriter } from '../../data/labels.js';
import type { SingleSpec, SourceSpec } from '../../data/sample.js';
import { connectionTo, Queue, QueueEvents } from './job-queue.js';
import type { LabelOptions, LabelResult } from './label.js';
import { labelsInfoOf, missingPairs, writeLabelPreview } from './label-folder.js';
import {
  type LabelDone,
  type LabelJob,
  type LabelTask,
  labelDoneSchema,
  labelQueueName,
  taskDigest,
} from './label-task.js';
import { producerNamed } from './producers/index.js';
import { describeNetworks } from './producers/producer.js';

/** A pair that fails is tried so often, after 1, 2 and 4 s. */
const attempts = 4;
const backoff = { type: 'exponential', delay: 1000 } as const;

/** Jobs that are handed to the server in one message. */
const addedAtOnce = 1000;

/** How often the view is renewed, and how often the queue is compared with what the events told, ms. */
const viewEveryMs = 500;
const compareEveryMs = 5000;

/** How a labelling by workers is going. */
export interface QueueProgress {
  readonly done: number;
  readonly total: number;
  /** Pairs that were labelled before. */
  readonly skipped: number;
  /** Pairs by the worker that labelled them. */
  readonly byWorker: ReadonlyMap<string, number>;
  /** Workers that are connected now; undefined where the server does not tell. */
  readonly connected: number | undefined;
  /** Pairs taken from workers that gave no sign of life. */
  readonly takenOver: number;
  readonly failed: number;
}

/** What labelling by workers needs. */
export interface QueueLabelOptions extends Omit<LabelOptions, 'onProgress'> {
  readonly url: string;
  readonly onProgress?: (progress: QueueProgress) => void;
}

/** How it ended. */
export interface QueueLabelResult extends LabelResult {
  readonly workers: Readonly<Record<string, number>>;
  readonly takenOver: number;
}

/**
 * `labelSource` by the workers of a queue (`serveLabels`): orders the missing pairs and waits for their files. The folder
 * must be one that this process and all workers see. Aborted, what no worker has begun is taken back, unless the server is
 * away (`QUEUE_UNAVAILABLE`).
 * @throws CyclopsError those of `labelSource` but the disk's; `QUEUE_UNAVAILABLE`; `DATA_INVALID` for pairs that failed.
 */
export async function labelByQueue(options: QueueLabelOptions): Promise<QueueLabelResult> {
  const { source, folder, signal, producer, checkpoints, refine = false } = options;
  const networks = await describeNetworks(producerNamed(producer), checkpoints);
  const connection = await connectionTo(options.url);
  const info = await labelsInfoOf(producer, networks, source, refine);
  const writer = await openLabelWriter(folder, info);
  const task: LabelTask = {
    checkpoints: resolveAll(checkpoints),
    source: absolute(source.spec),
    folder: resolve(folder),
    info,
  };
  const digest = taskDigest(task);
  const missing = missingPairs(source, writer);
  const skipped = source.length - missing.length;

  const pending = new Map(missing.map((index) => [`${digest}-${index}`, index]));
  const failures = new Map<string, string>();
  const byWorker = new Map<string, number>();
  let takenOver = 0;
  const events = new QueueEvents(labelQueueName, { connection });
  const queue = new Queue<LabelJob, LabelDone>(labelQueueName, { connection });
  // A server that goes away for a while is waited for; the connections say so as errors.
  events.on('error', () => undefined);
  queue.on('error', () => undefined);
  events.on('completed', ({ jobId, returnvalue }) => {
    const done = labelDoneSchema.safeParse(returnvalue);
    if (!jobId.startsWith(digest) || !done.success) return;
    const { worker } = done.data;
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + 1);
    pending.delete(jobId);
  });
  events.on('failed', ({ jobId, failedReason }) => fail(jobId, failedReason));
  events.on('stalled', ({ jobId }) => {
    if (pending.has(jobId)) takenOver++;
  });

  try {
    const work = orderAll();
    await Promise.race([work, ...(signal.aborted ? [] : [once(signal, 'abort')])]);
    if (signal.aborted) {
      // Calls wait for a server that is away; who wants to end must not.
      await connectionTo(options.url);
      await work;
      await takeBack();
    }
    await removeFailed();
    await Promise.all([events.close(), queue.close()]);
  } finally {
    for (const each of [events, queue]) void each.disconnect().catch(() => undefined);
  }
  const written = missing.filter((index) => writer.isDone(source.idAt(index))).length;
  if (options.preview !== undefined) await writeLabelPreview(options.preview, source, folder, writer);
  const [failure] = failures;
  if (failure !== undefined) {
    const [id, reason] = failure;
    throw new CyclopsError(
      'DATA_INVALID',
      `${failures.size} of ${source.length} pairs could not be labelled, each tried ${attempts} times; first ${id}: ${reason}; the same command tries them again`,
    );
  }
  const status = written + skipped === source.length ? 'finished' : 'stopped';
  return { total: source.length, written, skipped, status, workers: Object.fromEntries(byWorker), takenOver };

  async function orderAll(): Promise<void> {
    await events.waitUntilReady();
    await removeFailed();
    await add();
    await waitForAll();
  }

  function fail(jobId: string, reason: string): void {
    const index = pending.get(jobId);
    if (index === undefined) return;
    failures.set(source.idAt(index), reason);
    pending.delete(jobId);
  }

  /** A pair that stands in the queue already, of a command that was killed, is not added again: the names are the same. */
  async function add(): Promise<void> {
    const jobs = [...pending].map(([jobId, index]) => ({
      name: 'pair',
      data: { task, index, id: source.idAt(index) },
      opts: { jobId, attempts, backoff, removeOnComplete: true },
    }));
    for (let from = 0; from < jobs.length; from += addedAtOnce) {
      await queue.addBulk(jobs.slice(from, from + addedAtOnce));
    }
  }

  async function waitForAll(): Promise<void> {
    let comparedAt = performance.now();
    while (pending.size > 0 && !signal.aborted) {
      await sleep(viewEveryMs, undefined, { signal }).catch(() => undefined);
      if (performance.now() - comparedAt >= compareEveryMs) {
        await compare();
        comparedAt = performance.now();
      }
      options.onProgress?.({
        done: source.length - pending.size - failures.size,
        total: source.length,
        skipped,
        byWorker,
        connected: await queue.getWorkersCount().catch(() => undefined),
        takenOver,
        failed: failures.size,
      });
    }
  }

  /**
   * Events may be lost with a connection, and jobs with a server that keeps nothing on disk: an empty queue tells. Files
   * are looked at only then, for on a shared disk a look at each of many thousands takes long.
   */
  async function compare(): Promise<void> {
    for (const job of await queue.getFailed()) fail(job.id ?? '', job.failedReason);
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed');
    if (Object.values(counts).some((count) => count > 0)) return;
    for (const [jobId, index] of pending) if (writer.isDone(source.idAt(index))) pending.delete(jobId);
    await add();
  }

  async function takeBack(): Promise<void> {
    // A job that a worker holds is locked, stays, and is finished.
    for (const jobId of pending.keys()) await queue.remove(jobId).catch(() => 0);
  }

  async function removeFailed(): Promise<void> {
    for (const job of await queue.getFailed()) if (job.id?.startsWith(digest)) await job.remove();
  }
}

function resolveAll(checkpoints: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(checkpoints).map(([role, path]) => [role, resolve(path)]));
}

/** Paths that hold wherever a worker of this machine was started. */
function absolute(spec: SourceSpec): SourceSpec {
  return spec.kind === 'mixed' ? { ...spec, parts: spec.parts.map(absoluteSingle) } : absoluteSingle(spec);
}

function absoluteSingle(spec: SingleSpec): SingleSpec {
  if (spec.kind === 'synthetic') return spec;
  // A split is a file, or a name that the layout knows.
  const list = spec.list !== undefined && existsSync(spec.list) ? { list: resolve(spec.list) } : {};
  return { ...spec, folder: resolve(spec.folder), ...list };
}
