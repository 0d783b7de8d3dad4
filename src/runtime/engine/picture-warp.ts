import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CyclopsError } from '../../base/errors.js';
import { bytesPerPixel, type PixelFormat } from '../frame.js';
import type { Undistortion } from '../undistort.js';
import { warpGraph } from './warp-graph.js';
import type { FromWarpWorker, ToWarpWorker, WarpWorkerJob } from './warp-messages.js';

/** A picture after its pixels were looked up, and when that began. */
export type WarpedPicture = Extract<FromWarpWorker, { type: 'warped' }>;

/** Undistorts and rectifies pictures natively, one after the other, in a worker of its own. */
export class PictureWarp {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #pending = new Map<number, { resolve(message: WarpedPicture): void; reject(error: Error): void }>();
  #nextId = 0;
  #failure: CyclopsError | undefined;

  /**
   * @param threads of the look-up; 0 = one a core.
   * @throws CyclopsError `ENGINE_FAILED` where ONNX Runtime cannot open the graph.
   */
  static async open(plan: Undistortion, format: PixelFormat, threads: number): Promise<PictureWarp> {
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
    return new PictureWarp(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#exited = once(worker, 'exit').catch(() => undefined);
    worker.on('message', (message: FromWarpWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#failAll(error.message));
    worker.on('exit', () => this.#failAll('it has ended'));
  }

  /** The picture that the pinhole would have taken. `captured` is moved to the worker. @throws CyclopsError `ENGINE_FAILED`. */
  warp(captured: Uint8Array<ArrayBuffer>): Promise<WarpedPicture> {
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

  /** Rejects what is under way. */
  cancel(): void {
    this.#rejectPending(new CyclopsError('ENGINE_FAILED', 'undistorting was cancelled'));
  }

  /** Ends the worker after what is under way. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage({ type: 'close' } satisfies ToWarpWorker);
    await this.#exited;
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
