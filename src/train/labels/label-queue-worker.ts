import { once } from 'node:events';
import { hostname } from 'node:os';
import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import { type LabelWriter, openLabelWriter, readLabelsInfo } from '../../data/labels.js';
import type { SourceSpec, StereoSource } from '../../data/sample.js';
import { openSource } from '../../data/sources/index.js';
import { imagesOf } from '../predict/refine-pair.js';
import { connectionTo, DelayedError, type Job, Worker } from './job-queue.js';
import { isRefinedOrder } from './label-folder.js';
import {
  type LabelDone,
  type LabelJob,
  type LabelTask,
  labelJobSchema,
  labelQueueName,
  taskDigest,
} from './label-task.js';
import { type LabelThreads, openLabelThreads } from './label-threads.js';
import { type OpenProducer, openProducer } from './producers/index.js';

/** Pairs a worker holds at once: one is read and one is written while the network looks at a third. */
const pairsAtOnce = 3;

/** So often a pair may lose its worker: a pair that kills every worker must come to an end. */
const mostTakenOver = 8;

/** A pair that this worker cannot do goes to another one after this, ms. */
const giveBackMs = 1000;

/** What a worker needs. */
export interface ServeLabelsOptions {
  readonly url: string;
  /** Without a sign of life for so long, a worker's pairs are given to another, s. */
  readonly leaseS: number;
  /** Where this machine has what the order names, if elsewhere. */
  readonly checkpoints?: Readonly<Record<string, string>>;
  readonly source?: SourceSpec;
  readonly folder?: string;
  /** Aborted: the pairs in progress are finished, then the worker ends. */
  readonly signal: AbortSignal;
  readonly onProgress?: (labelled: number) => void;
  readonly onMessage?: (text: string) => void;
}

/** An open labelling: the networks, the pairs, and threads that write. */
interface OpenTask {
  readonly digest: string;
  readonly producer: OpenProducer;
  readonly source: StereoSource;
  readonly writer: LabelWriter;
  readonly threads: LabelThreads;
  readonly isRefined: boolean;
}

/**
 * Labels pairs that `labelByQueue` orders until it is stopped. The network stays loaded from pair to pair.
 * @returns how many pairs it labelled.
 * @throws CyclopsError `QUEUE_UNAVAILABLE`; and where this machine cannot do what is ordered, after giving its pairs back:
 * `CHECKPOINT_INVALID` and `DATA_INVALID` where it has other networks or other data, `FILE_MISSING`, `DISK_FULL`,
 * `WRITE_FAILED`.
 */
export async function serveLabels(options: ServeLabelsOptions): Promise<number> {
  const connection = await connectionTo(options.url);
  const name = `${hostname()}:${process.pid}`;
  const leaseMs = options.leaseS * 1000;
  const ended = new AbortController();
  const inTurn = createTurns();
  let open: OpenTask | undefined;
  let holders = 0;
  let labelled = 0;
  let fault: unknown;

  const worker = new Worker<LabelJob, LabelDone>(labelQueueName, run, {
    connection,
    name,
    concurrency: pairsAtOnce,
    lockDuration: leaseMs,
    stalledInterval: leaseMs,
    maxStalledCount: mostTakenOver,
  });
  worker.on('error', (error) => options.onMessage?.(`queue: ${error.message}`));
  worker.on('failed', (job, error) => options.onMessage?.(`${job?.data.id ?? 'a pair'}: ${error.message}`));
  try {
    if (!options.signal.aborted) await once(AbortSignal.any([options.signal, ended.signal]), 'abort');
  } finally {
    // Told to finish what it holds, it would wait for a server that is away.
    const isServerAway = await connectionTo(options.url).then(
      () => false,
      () => true,
    );
    await worker.close(isServerAway);
    await inTurn(closeTask);
  }
  if (fault !== undefined) throw fault;
  return labelled;

  async function run(job: Job<LabelJob, LabelDone>, token: string | undefined): Promise<LabelDone> {
    const { task, index, id } = labelJobSchema.parse(job.data);
    if (ended.signal.aborted) return giveBack(job, token);
    const held = await inTurn(() => hold(task)).catch((error: unknown) => end(error));
    if (held === undefined) return giveBack(job, token);
    try {
      if (!held.writer.isDone(id)) await label(held, job, token ?? '', index, id);
      return { worker: name };
    } catch (error) {
      if (!isOfThisMachine(error)) throw error;
      end(error);
      return await giveBack(job, token);
    } finally {
      holders--;
    }
  }

  async function label(held: OpenTask, job: Job, token: string, index: number, id: string): Promise<void> {
    // The id becomes the names of files.
    if (index >= held.source.length || held.source.idAt(index) !== id) {
      throw new CyclopsError('DATA_INVALID', `pair ${index}: ${describeSource(held.source.spec)} has no "${id}" there`);
    }
    const sample = await held.source.read(index, 'none');
    const prediction = await inTurn(() => held.producer.predict(sample));
    // Who took too long has lost the pair to another worker: two must never write one file.
    const isMine = await job.extendLock(token, leaseMs);
    if (!isMine || held.writer.isDone(id)) return;
    const work = { id, prediction, ...(held.isRefined ? { images: imagesOf(sample) } : {}) };
    await held.threads.write(work, () => {
      labelled++;
      options.onProgress?.(labelled);
    });
    await held.threads.finish();
  }

  /** The task's network and pairs, opened if another one's are; those are closed when nobody needs them any more. */
  async function hold(task: LabelTask): Promise<OpenTask> {
    const digest = taskDigest(task);
    if (open?.digest !== digest) {
      if (holders > 0) throw new DelayedError();
      await closeTask();
      open = await openTask(task, digest, options);
    }
    holders++;
    return open;
  }

  async function closeTask(): Promise<void> {
    await open?.threads.close();
    open?.producer.close();
    open = undefined;
  }

  /** This machine cannot go on; the worker ends. */
  function end(error: unknown): undefined {
    if (error instanceof DelayedError) return;
    fault ??= error;
    ended.abort();
  }

  async function giveBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToDelayed(Date.now() + giveBackMs, token);
    throw new DelayedError();
  }
}

/** @throws CyclopsError where this machine has something other than what was ordered. */
async function openTask(task: LabelTask, digest: string, places: ServeLabelsOptions): Promise<OpenTask> {
  const { info } = task;
  const folder = places.folder ?? task.folder;
  const isRefined = isRefinedOrder(info);
  // Made by who ordered: where it is not, this is not the folder that all see.
  await readLabelsInfo(folder);
  const writer = await openLabelWriter(folder, info);
  const source = await openSource(places.source ?? task.source);
  if (source.imagesFingerprint !== info.dataFingerprint) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${describeSource(source.spec)}: other images than were ordered: fingerprint ${short(source.imagesFingerprint)}, expected ${short(info.dataFingerprint)}`,
    );
  }
  const checkpoints = { ...task.checkpoints, ...places.checkpoints };
  const producer = await openProducer({ producer: info.producer, checkpoints });
  for (const [role, { checkpoint, sha256 }] of Object.entries(producer.networks)) {
    const expected = info.networks[role]?.sha256 ?? 'none';
    if (sha256 === expected) continue;
    producer.close();
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${checkpoint}: another ${role} than was ordered: digest ${short(sha256)}, expected ${short(expected)}`,
    );
  }
  return { digest, producer, source, writer, threads: openLabelThreads(folder), isRefined };
}

function describeSource(spec: SourceSpec): string {
  if (spec.kind === 'mixed') return spec.parts.map(describeSource).join(' + ');
  return spec.kind === 'synthetic' ? `${spec.domain}:${spec.seed}:${spec.count}` : spec.folder;
}

/** A digest by its beginning; what people can read, such as that of a rendered world, whole. */
function short(digest: string): string {
  return /^[\da-f]{32,}$/.test(digest) ? `${digest.slice(0, 12)}…` : digest;
}

/** Faults that another worker need not have. */
function isOfThisMachine(error: unknown): boolean {
  return isCyclopsError(error, 'DISK_FULL') || isCyclopsError(error, 'WRITE_FAILED');
}

/** Lets one piece of work run at a time, in the order asked. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch((error: unknown) => messageOf(error));
    return result;
  };
}
