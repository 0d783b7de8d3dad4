import '../../../base/no-telemetry.js';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CyclopsError } from '../../../base/errors.js';
import type { LoadedModelPackage } from '../../../model-package/read.js';
import type { Engine, EngineInfo, InferResult } from '../engine.js';
import type { Provider } from '../providers/index.js';
import { signatureOf } from '../signature.js';
import type { FromWorker, ToWorker, WorkerJob } from './messages.js';

/** How a session is opened. */
export interface OrtNodeOptions {
  readonly provider: Provider;
  /** Threads of one operator; 0 = one a core. */
  readonly threads: number;
  /** Leave the graph as it is; ONNX Runtime rewrites it unless given. */
  readonly isUnoptimized?: boolean;
}

interface Pending {
  resolve(message: FromWorker): void;
  reject(error: Error): void;
}

/**
 * Opens a model in ONNX Runtime's Node binding, in a worker thread of its own.
 * @throws CyclopsError `MACHINE_LACKS` for an execution provider that is not here; `MODEL_INVALID` for a graph that
 *   cannot be opened; `MODEL_MISMATCH` where the graph's input or output is not what the package says.
 */
export async function openOrtNode(model: LoadedModelPackage, options: OrtNodeOptions): Promise<Engine> {
  const { input, output } = model.package;
  const job: WorkerJob = {
    onnxPath: model.onnxPath,
    provider: options.provider,
    threads: options.threads,
    // A prebuilt engine is one `EPContext` node.
    isUnoptimized: options.isUnoptimized === true || model.package.engine !== undefined,
    signature: signatureOf(model.package),
  };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: job });
  const opened = await firstMessage(worker);
  if (opened.type === 'refused') throw new CyclopsError(opened.code, opened.message);
  if (opened.type !== 'opened') throw new Error(`assertion failed: worker began with ${opened.type}`);
  return new OrtNodeEngine(worker, {
    engine: 'ort-node',
    provider: options.provider,
    version: opened.version,
    threads: options.threads,
    concurrency: 1,
    input: { width: input.width, height: input.height, format: input.channels },
    output: { width: output.width, height: output.height },
    loadMs: opened.loadMs,
  });
}

async function firstMessage(worker: Worker): Promise<FromWorker> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(worker, 'exit', { signal }).then(([code]: number[]) => {
      throw new CyclopsError('ENGINE_FAILED', `the engine's worker ended with ${code}`);
    });
    // `once` also rejects where the worker throws.
    const [message] = await Promise.race([once(worker, 'message', { signal }), ended]);
    return message as FromWorker;
  } finally {
    waiting.abort();
  }
}

class OrtNodeEngine implements Engine {
  readonly info: EngineInfo;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #failure: CyclopsError | undefined;

  constructor(worker: Worker, info: EngineInfo) {
    this.info = info;
    this.#worker = worker;
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('message', (message: FromWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#failAll(`the engine's worker failed: ${error.message}`));
    worker.on('exit', () => this.#failAll("the engine's worker has ended"));
  }

  async infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    const moved = depthM === undefined ? [input.buffer] : [input.buffer, depthM.buffer];
    const message = await this.#ask((id) => ({ type: 'infer', id, input, depthM }), moved);
    if (message.type !== 'inferred') throw new Error(`assertion failed: answer ${message.type}`);
    return message;
  }

  async runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    const message = await this.#ask((id) => ({ type: 'bare', id, input, count }), []);
    if (message.type !== 'bare') throw new Error(`assertion failed: answer ${message.type}`);
    return message.durationsMs;
  }

  cancel(): void {
    const cancelled = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of cancelled) pending.reject(new CyclopsError('ENGINE_FAILED', 'inference was cancelled'));
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage({ type: 'close' } satisfies ToWorker);
    await this.#exited;
  }

  #ask(request: (id: number) => ToWorker, transfer: ArrayBuffer[]): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(request(id), transfer);
    });
  }

  #onMessage(message: FromWorker): void {
    if (!('id' in message)) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'failed') {
      pending?.reject(new CyclopsError('ENGINE_FAILED', `inference failed: ${message.message}`));
    } else pending?.resolve(message);
  }

  #failAll(reason: string): void {
    this.#failure ??= new CyclopsError('ENGINE_FAILED', reason);
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}
