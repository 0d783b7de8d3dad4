import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CyclopsError } from '../../base/errors.js';
import { bytesPerPixel } from '../../model-package/schema.js';
import type { Undistortion } from '../undistort.js';
import type { Engine, InferResult } from './engine.js';
import { warpGraph } from './warp-graph.js';
import type { FromWarpWorker, ToWarpWorker, WarpWorkerJob } from './warp-messages.js';

type Warped = Extract<FromWarpWorker, { type: 'warped' }>;

/**
 * An engine before which every picture is undistorted, natively, in a worker of its own: it takes captured pictures, and
 * what its results give back as input is the undistorted picture that the network saw. The network's engine stays as it
 * was opened and tested, and is closed with this one.
 * @param threads of the look-up; 0 = one a core.
 * @throws CyclopsError `ENGINE_FAILED` where ONNX Runtime cannot open the graph.
 */
export async function undistortingEngine(network: Engine, plan: Undistortion, threads: number): Promise<Engine> {
  const { format } = network.info.input;
  const { width, height, map } = plan;
  const channels = bytesPerPixel(format);
  const job: WarpWorkerJob = {
    graph: warpGraph({ width, height, channels, map }),
    threads,
    inputShape: [1, height, width, channels],
  };
  const worker = new Worker(new URL('./ort-node-warp-worker.js', import.meta.url), { workerData: job });
  const [opened] = (await once(worker, 'message')) as [FromWarpWorker];
  if (opened.type === 'refused') {
    throw new CyclopsError('ENGINE_FAILED', `the graph that undistorts pictures cannot be opened: ${opened.message}`);
  }
  const info = { ...network.info, input: { width, height, format } };
  return new UndistortingEngine(network, worker, info);
}

class UndistortingEngine implements Engine {
  readonly info: Engine['info'];
  readonly #network: Engine;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #pending = new Map<number, { resolve(message: Warped): void; reject(error: Error): void }>();
  #nextId = 0;
  #failure: CyclopsError | undefined;

  constructor(network: Engine, worker: Worker, info: Engine['info']) {
    this.info = info;
    this.#network = network;
    this.#worker = worker;
    this.#exited = once(worker, 'exit').catch(() => undefined);
    worker.on('message', (message: FromWarpWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#failAll(error.message));
    worker.on('exit', () => this.#failAll('it has ended'));
  }

  async infer(input: Uint8Array<ArrayBuffer>, depthM?: Float32Array<ArrayBuffer>): Promise<InferResult> {
    const { picture, start } = await this.#warp(input);
    const result = await this.#network.infer(picture, depthM);
    return { ...result, inferStart: start };
  }

  async runBare(input: Uint8Array, count: number): Promise<Float64Array> {
    const { picture } = await this.#warp(Uint8Array.from(input));
    return this.#network.runBare(picture, count);
  }

  cancel(): void {
    this.#rejectPending(new CyclopsError('ENGINE_FAILED', 'undistorting was cancelled'));
    this.#network.cancel();
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage({ type: 'close' } satisfies ToWarpWorker);
    await this.#exited;
    await this.#network.close();
  }

  #warp(captured: Uint8Array<ArrayBuffer>): Promise<Warped> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ type: 'warp', id, captured } satisfies ToWarpWorker, [captured.buffer]);
    });
  }

  #onMessage(message: FromWarpWorker): void {
    if (!('id' in message)) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'warped') pending?.resolve(message);
    else pending?.reject(new CyclopsError('ENGINE_FAILED', `undistorting failed: ${message.message}`));
  }

  #rejectPending(error: CyclopsError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #failAll(reason: string): void {
    this.#failure ??= new CyclopsError('ENGINE_FAILED', `the worker that undistorts pictures: ${reason}`);
    this.#rejectPending(this.#failure);
  }
}
