import { availableParallelism } from 'node:os';
import type { Logger } from '../../base/log.js';
import type { LoadedModelPackage } from '../../model-package/read.js';
import type { Pace } from '../frame.js';
import { openEngine } from './choose.js';
import type { Engine, EngineInfo, InferResult } from './engine.js';
import { providerNamed } from './providers/index.js';
import { InOrder } from './scheduler.js';
import { type EngineSettings, engineKindOf } from './settings.js';
import type { VerifiedEngine } from './verify.js';

/** Each session has its own weights and scratch memory; with more threads than this, each gets several. */
const sessionLimit = 4;
/**
 * Runs of the C interface happen in libuv's four threads, which also read and write files: one is left to those. They
 * share one session; threads beyond this number help each of them with its operators.
 */
const runLimit = 3;

/**
 * Opens the engine for a pace. In real time, one image at a time on all threads: its age counts. Where every frame
 * counts and nobody waits for a single one, as many images at once as there are threads (at most three or four): threads that
 * share one image wait for each other after every operator, and wait twice as long as anything else on the machine,
 * decoding included, takes one of their cores.
 * @throws CyclopsError of `openEngine`.
 */
export async function openEngineFor(
  pace: Pace,
  model: LoadedModelPackage,
  settings: EngineSettings,
  log: Logger,
): Promise<VerifiedEngine> {
  const shares = threadShares(pace, settings);
  if (engineKindOf(settings) === 'ort-capi') return openEngine(model, settings, log, shares.length);
  if (shares.length === 1) return openEngine(model, settings, log);
  const opened = await Promise.allSettled(shares.map((threads) => openEngine(model, { ...settings, threads }, log)));
  const verified = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = opened.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await Promise.all(verified.map(({ engine }) => engine.close()));
    throw failure.reason;
  }
  const engines = verified.map(({ engine }) => engine);
  return { ...verified[0]!, engine: new EnginePool(engines, settings.threads) };
}

/** Threads of each image that is inferred at once: their sum is what was asked for. */
export function threadShares(pace: Pace, settings: EngineSettings): readonly number[] {
  const { provider, threads } = settings;
  // A GPU does one thing at a time.
  if (pace === 'real-time' || providerNamed(provider).device !== 'cpu') return [threads];
  const all = threads === 0 ? availableParallelism() : threads;
  const shares = Math.min(all, engineKindOf(settings) === 'ort-capi' ? runLimit : sessionLimit);
  return Array.from({ length: shares }, (_, index) => Math.floor(all / shares) + (index < all % shares ? 1 : 0));
}

/** Sessions of one model beside each other: each image goes to the one with least to do, results come in order. */
class EnginePool implements Engine {
  readonly info: EngineInfo;
  readonly #engines: readonly Engine[];
  readonly #waiting: number[];
  readonly #results = new InOrder();

  constructor(engines: readonly Engine[], threads: number) {
    this.#engines = engines;
    this.#waiting = engines.map(() => 0);
    this.info = { ...engines[0]!.info, threads, concurrency: engines.length };
  }

  async infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    const index = this.#waiting.indexOf(Math.min(...this.#waiting));
    this.#waiting[index]!++;
    const result = this.#engines[index]!.infer(input, depthM).finally(() => {
      this.#waiting[index]!--;
    });
    return this.#results.put(result);
  }

  async runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    const all = this.#engines.length;
    const counts = this.#engines.map((_, index) => Math.floor(count / all) + (index < count % all ? 1 : 0));
    const parts = await Promise.all(this.#engines.map((engine, index) => engine.runBare(input, counts[index]!)));
    return Float64Array.from(parts.flatMap((part) => [...part]));
  }

  cancel(): void {
    for (const engine of this.#engines) engine.cancel();
  }

  async close(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
  }
}
