import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicNow } from '../../../base/clock.js';
import { CyclopsError, messageOf } from '../../../base/errors.js';
import type { LoadedModelPackage } from '../../../model-package/read.js';
import type { Engine, EngineInfo, InferResult } from '../engine.js';
import { InOrder } from '../scheduler.js';
import { signatureFault, signatureOf } from '../signature.js';
import { BoundBuffers } from './bound-buffers.js';
import { type OrtSession, type OrtSessionOptions, openSession } from './session.js';

/** How an engine is opened. */
export interface OrtCapiOptions extends Omit<OrtSessionOptions, 'threads'> {
  /** Threads of inference in all; 0 = one a core. */
  readonly threads: number;
  /** Images that are inferred at once, 1 unless given: each in a thread of its own, on the one session. */
  readonly concurrency?: number;
}

/**
 * Opens a model through ONNX Runtime's C interface: every setting of TensorRT and CUDA takes effect, buffers are bound
 * once, and a run leaves the event loop free. Runs at once share weights, and the threads that are left over for
 * operators.
 * @throws CyclopsError `MACHINE_LACKS` where library or provider cannot be had; `MODEL_INVALID` for a graph that cannot
 *   be opened; `MODEL_MISMATCH` where the graph's input or output is not what the package says.
 */
export async function openOrtCapi(model: LoadedModelPackage, options: OrtCapiOptions): Promise<Engine> {
  const start = performance.now();
  const { concurrency = 1 } = options;
  // A prebuilt engine is one `EPContext` node.
  const isUnoptimized = options.isUnoptimized === true || model.package.engine !== undefined;
  const session = await openSession(model.onnxPath, { ...options, isUnoptimized, threads: threadsOfOne(options) });
  try {
    const signature = signatureOf(model.package);
    const fault = signatureFault(signature, session.inputs, session.outputs);
    if (fault !== undefined) throw new CyclopsError('MODEL_MISMATCH', `${model.onnxPath}: ${fault}`);
    const places = Array.from({ length: concurrency }, () => new BoundBuffers(session, signature, options.provider));
    const { input, output } = model.package;
    return new OrtCapiEngine(session, places, {
      engine: 'ort-capi',
      provider: options.provider,
      version: session.library.version,
      library: session.library.path,
      threads: options.threads,
      concurrency,
      input: { width: input.width, height: input.height, format: input.channels },
      output: { width: output.width, height: output.height },
      loadMs: performance.now() - start,
    });
  } catch (error) {
    session.release();
    throw error;
  }
}

/** Threads that one run may use: its own, and those that no run at once has for itself. */
function threadsOfOne({ threads, concurrency = 1 }: OrtCapiOptions): number {
  if (concurrency === 1) return threads;
  return Math.max(1, (threads === 0 ? availableParallelism() : threads) - concurrency + 1);
}

class OrtCapiEngine implements Engine {
  readonly info: EngineInfo;
  readonly #session: OrtSession;
  readonly #places: readonly BoundBuffers[];
  readonly #free: BoundBuffers[];
  /** Tasks that wait for a place, first come, first served. */
  readonly #waiting: ((place: BoundBuffers) => void)[] = [];
  readonly #results = new InOrder();
  /** Tasks of an older generation than this were cancelled. */
  #generation = 0;
  #closing: Promise<void> | undefined;
  #isReleased = false;

  constructor(session: OrtSession, places: readonly BoundBuffers[], info: EngineInfo) {
    this.info = info;
    this.#session = session;
    this.#places = places;
    this.#free = [...places];
  }

  infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    // The caller may not write to what is about to be read or filled.
    const image = structuredClone(input, { transfer: [input.buffer] });
    const place = depthM && structuredClone(depthM, { transfer: [depthM.buffer] });
    return this.#enqueue(async (buffers) => {
      buffers.begin(image, place);
      const inferStart = monotonicNow();
      await buffers.run();
      const inferEnd = monotonicNow();
      return { input: image, ...buffers.outputs(), inferStart, inferEnd };
    });
  }

  async runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    const all = this.#places.length;
    const counts = this.#places.map((_, index) => Math.floor(count / all) + (index < count % all ? 1 : 0));
    const parts = await Promise.all(
      counts.map((each) =>
        this.#enqueue(async (buffers, isCancelled) => {
          buffers.begin(input);
          const durationsMs = new Float64Array(each);
          for (let i = 0; i < each && !isCancelled(); i++) {
            const start = monotonicNow();
            if (all === 1) buffers.runHere();
            else await buffers.run();
            durationsMs[i] = Number(monotonicNow() - start) / 1e6;
            await nextTurn();
          }
          return durationsMs;
        }),
      ),
    );
    return Float64Array.from(parts.flatMap((part) => [...part]));
  }

  cancel(): void {
    if (this.#isReleased) return;
    this.#generation++;
    for (const place of this.#places) place.terminate();
  }

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    await this.#results.settled;
    this.#isReleased = true;
    for (const place of this.#places) place.release();
    this.#session.release();
  }

  #enqueue<T>(task: (buffers: BoundBuffers, isCancelled: () => boolean) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new CyclopsError('ENGINE_FAILED', 'the engine is closed'));
    const generation = this.#generation;
    const isCancelled = (): boolean => generation !== this.#generation;
    return this.#results.put(
      this.#inPlace(async (buffers) => {
        if (isCancelled()) throw new CyclopsError('ENGINE_FAILED', 'inference was cancelled');
        buffers.allow();
        try {
          return await task(buffers, isCancelled);
        } catch (error) {
          const reason = isCancelled() ? 'inference was cancelled' : `inference failed: ${messageOf(error)}`;
          throw new CyclopsError('ENGINE_FAILED', reason, { cause: error });
        }
      }),
    );
  }

  /** Runs a task in the next place that is free; whoever waits for it starts before the result is looked at. */
  async #inPlace<T>(task: (buffers: BoundBuffers) => Promise<T>): Promise<T> {
    const place = this.#free.shift() ?? (await new Promise<BoundBuffers>((resolve) => this.#waiting.push(resolve)));
    try {
      return await task(place);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(place);
      else next(place);
    }
  }
}
