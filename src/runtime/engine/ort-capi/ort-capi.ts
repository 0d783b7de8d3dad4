import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicNow } from '../../../base/clock.js';
import { CyclopsError, messageOf } from '../../../base/errors.js';
import type { LoadedModelPackage } from '../../../model-package/read.js';
import type { Engine, EngineInfo, InferResult } from '../engine.js';
import { signatureFault, signatureOf } from '../signature.js';
import { BoundBuffers } from './bound-buffers.js';
import { type OrtSession, type OrtSessionOptions, openSession } from './session.js';

/**
 * Opens a model through ONNX Runtime's C interface: every setting of TensorRT and CUDA takes effect, buffers are bound
 * once, and a run leaves the event loop free.
 * @throws CyclopsError `MACHINE_LACKS` where library or provider cannot be had; `MODEL_INVALID` for a graph that cannot
 *   be opened; `MODEL_MISMATCH` where the graph's input or output is not what the package says.
 */
export async function openOrtCapi(
  model: LoadedModelPackage,
  options: Omit<OrtSessionOptions, 'isPrebuilt'>,
): Promise<Engine> {
  const start = performance.now();
  const session = await openSession(model.onnxPath, { ...options, isPrebuilt: model.package.engine !== undefined });
  try {
    const signature = signatureOf(model.package);
    const fault = signatureFault(signature, session.inputs, session.outputs);
    if (fault !== undefined) throw new CyclopsError('MODEL_MISMATCH', `${model.onnxPath}: ${fault}`);
    const buffers = new BoundBuffers(session, signature, options.provider);
    const { input, output } = model.package;
    return new OrtCapiEngine(session, buffers, {
      engine: 'ort-capi',
      provider: options.provider,
      version: session.library.version,
      library: session.library.path,
      threads: options.threads,
      atOnce: 1,
      input: { width: input.width, height: input.height, format: input.channels },
      output: { width: output.width, height: output.height },
      loadMs: performance.now() - start,
    });
  } catch (error) {
    session.release();
    throw error;
  }
}

class OrtCapiEngine implements Engine {
  readonly info: EngineInfo;
  readonly #session: OrtSession;
  readonly #buffers: BoundBuffers;
  /** Settles when the last task so far has ended; never rejects. */
  #tail: Promise<unknown> = Promise.resolve();
  /** Tasks of an older generation than this were cancelled. */
  #generation = 0;
  #isClosed = false;

  constructor(session: OrtSession, buffers: BoundBuffers, info: EngineInfo) {
    this.info = info;
    this.#session = session;
    this.#buffers = buffers;
  }

  infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    // The caller may not write to what is about to be read or filled.
    const picture = structuredClone(input, { transfer: [input.buffer] });
    const place = depthM && structuredClone(depthM, { transfer: [depthM.buffer] });
    return this.#enqueue(async () => {
      this.#buffers.fill(picture);
      const inferStart = monotonicNow();
      await this.#buffers.run();
      const inferEnd = monotonicNow();
      const depthM = this.#buffers.depth(place);
      return { input: picture, depthM, confidence: this.#buffers.confidence(), inferStart, inferEnd };
    });
  }

  runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    return this.#enqueue(async (isCancelled) => {
      this.#buffers.fill(input);
      const durationsMs = new Float64Array(count);
      for (let i = 0; i < count && !isCancelled(); i++) {
        const start = monotonicNow();
        this.#buffers.runHere();
        durationsMs[i] = Number(monotonicNow() - start) / 1e6;
        await nextTurn();
      }
      return durationsMs;
    });
  }

  cancel(): void {
    this.#generation++;
    this.#buffers.terminate();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#tail;
    this.#buffers.release();
    this.#session.release();
  }

  #enqueue<T>(task: (isCancelled: () => boolean) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new CyclopsError('ENGINE_FAILED', 'the engine is closed'));
    const generation = this.#generation;
    const isCancelled = (): boolean => generation !== this.#generation;
    const result = this.#tail.then(async () => {
      if (isCancelled()) throw new CyclopsError('ENGINE_FAILED', 'inference was cancelled');
      this.#buffers.allow();
      try {
        return await task(isCancelled);
      } catch (error) {
        const reason = isCancelled() ? 'inference was cancelled' : `inference failed: ${messageOf(error)}`;
        throw new CyclopsError('ENGINE_FAILED', reason, { cause: error });
      }
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
