import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.js';
import { elapsedMs, monotonicNow } from '../base/clock.js';
import type { BatchData, BatchSettings } from './batch.js';
import { buildBatch, SampleOrder } from './batch.js';
import type { WorkerReply, WorkerRequest, WorkerStart } from './loader-messages.js';
import { errorFromPlain } from './loader-messages.js';
import type { SourceSpec, StereoSource } from './sample.js';
import { openSource } from './sources/index.js';

/** How batches are made. What is in them follows from the source and `BatchSettings` alone, not from the threads. */
export interface LoaderOptions extends BatchSettings {
  readonly source: SourceSpec;
  /** The first step that `next` returns: resuming there gives the same bytes as not having stopped. */
  readonly startStep: number;
  /** Threads; 0 = build each batch inside `next`, on the caller's thread. */
  readonly workers: number;
  /** Batches being built or waiting at most, at least 1: the bound of memory. */
  readonly prefetch: number;
}

/** The data of one step, and how long `next` had to wait for it. */
export interface Batch extends BatchData {
  readonly waitMs: number;
}

/** Batches in the order of steps. */
export interface Loader {
  /** What the batches are made of, open. */
  readonly source: StereoSource;
  readonly samplesPerEpoch: number;
  /** Digest of the opened data, for `run.json`. */
  readonly fingerprint: string;
  /** One caller at a time. @throws CyclopsError of the sample that could not be read, as the thread met it. */
  next(): Promise<Batch>;
  /** Ends the threads and waits for them. */
  close(): Promise<void>;
}

/**
 * Opens a source and starts the threads that load from it.
 * @throws CyclopsError of the source: missing folder, no pairs.
 */
export async function openLoader(options: LoaderOptions): Promise<Loader> {
  assert(options.batchSize >= 1 && options.prefetch >= 1, 'batch size and prefetch are at least 1');
  const source = await openSource(options.source);
  return options.workers === 0 ? createDirectLoader(source, options) : new ThreadedLoader(source, options);
}

function createDirectLoader(source: StereoSource, options: LoaderOptions): Loader {
  const order = new SampleOrder(source, options);
  let step = options.startStep;
  return {
    source,
    samplesPerEpoch: source.length,
    fingerprint: source.fingerprint,
    async next() {
      const start = monotonicNow();
      const batch = await buildBatch(source, order, options, step++);
      assert(batch !== undefined, 'nothing stops a direct loader');
      return { ...batch, waitMs: elapsedMs(start) };
    },
    async close() {},
  };
}

type Outcome = { readonly batch: BatchData } | { readonly error: Error };

/** Loads ahead in threads; at most `prefetch` steps are in the making or waiting. */
class ThreadedLoader implements Loader {
  readonly source: StereoSource;
  readonly samplesPerEpoch: number;
  readonly fingerprint: string;
  readonly #prefetch: number;
  readonly #workers: Worker[];
  readonly #idle: Worker[];
  /** Steps that are done and not yet taken. */
  readonly #done = new Map<number, Outcome>();
  #nextStep: number;
  #nextToBuild: number;
  #failure: Error | undefined;
  #isClosing = false;
  #wake: (() => void) | undefined;

  constructor(source: StereoSource, options: LoaderOptions) {
    this.source = source;
    this.samplesPerEpoch = source.length;
    this.fingerprint = source.fingerprint;
    this.#prefetch = options.prefetch;
    this.#nextStep = options.startStep;
    this.#nextToBuild = options.startStep;
    const count = Math.min(options.workers, options.prefetch);
    this.#workers = Array.from({ length: count }, () => this.#startWorker(source, options));
    this.#idle = [...this.#workers];
    this.#dispatch();
  }

  async next(): Promise<Batch> {
    assert(this.#wake === undefined, 'one caller of next() at a time');
    const start = monotonicNow();
    const step = this.#nextStep;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const outcome = this.#done.get(step);
      if (outcome !== undefined && 'error' in outcome) {
        this.#failure = outcome.error;
        throw outcome.error;
      }
      if (outcome !== undefined) {
        this.#done.delete(step);
        this.#nextStep++;
        this.#dispatch();
        return { ...outcome.batch, waitMs: elapsedMs(start) };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#fail(new Error('the loader was closed'));
    this.#isClosing = true;
    await Promise.all(this.#workers.map(closeWorker));
    this.#done.clear();
  }

  #startWorker(source: StereoSource, options: LoaderOptions): Worker {
    const { source: _spec, startStep: _start, workers: _threads, prefetch: _ahead, ...settings } = options;
    const start: WorkerStart = { source: source.spec, settings };
    const worker = new Worker(new URL('./loader-worker.js', import.meta.url), { workerData: start });
    worker.on('message', (reply: WorkerReply) => {
      this.#done.set(
        reply.step,
        reply.kind === 'batch' ? { batch: reply.batch } : { error: errorFromPlain(reply.error) },
      );
      this.#idle.push(worker);
      this.#dispatch();
      this.#wakeUp();
    });
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      if (!this.#isClosing) this.#fail(new Error(`a loading thread ended with code ${code}`));
    });
    return worker;
  }

  #dispatch(): void {
    while (!this.#isClosing && this.#nextToBuild < this.#nextStep + this.#prefetch) {
      const worker = this.#idle.shift();
      if (worker === undefined) return;
      const request: WorkerRequest = { kind: 'build', step: this.#nextToBuild++ };
      worker.postMessage(request);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeUp();
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** A thread stops between two samples; one that does not is ended after 10 s (rendering a pair takes well under one). */
async function closeWorker(worker: Worker): Promise<void> {
  const hasEnded = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  if (worker.threadId === -1) return;
  worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
  const timer = setTimeout(() => void worker.terminate(), 10_000);
  await hasEnded;
  clearTimeout(timer);
}
