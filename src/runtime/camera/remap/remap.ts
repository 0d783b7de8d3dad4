import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CyclopsError } from '../../../base/errors.js';
import { bytesPerPixel, type PixelFormat } from '../../frame.js';
import type { Undistortion } from '../undistort.js';
import { remapGraph } from './graph.js';
import type { FromRemapWorker, RemapWorkerJob, ToRemapWorker } from './messages.js';

/** An image after its pixels were looked up, and when that began. */
export type RemappedImage = Extract<FromRemapWorker, { type: 'remapped' }>;

/** Undistorts and rectifies images natively, one after the other, in a worker of its own. */
export class Remapper {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #pending = new Map<number, { resolve(message: RemappedImage): void; reject(error: Error): void }>();
  #nextId = 0;
  #failure: CyclopsError | undefined;

  /**
   * @param threads of the look-up; 0 = one a core.
   * @throws CyclopsError `ENGINE_FAILED` where ONNX Runtime cannot open the graph.
   */
  static async open(plan: Undistortion, format: PixelFormat, threads: number): Promise<Remapper> {
    const { width, height, map } = plan;
    const channels = bytesPerPixel(format);
    const job: RemapWorkerJob = {
      graph: remapGraph({ width, height, channels, map }),
      threads,
      inputShape: [1, height, width, channels],
    };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: job });
    const [opened] = (await once(worker, 'message')) as [FromRemapWorker];
    if (opened.type === 'refused') {
      throw new CyclopsError('ENGINE_FAILED', `the graph that undistorts images cannot be opened: ${opened.message}`);
    }
    return new Remapper(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#exited = once(worker, 'exit').catch(() => undefined);
    worker.on('message', (message: FromRemapWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#failAll(error.message));
    worker.on('exit', () => this.#failAll('it has ended'));
  }

  /** The image that the pinhole would have taken. `captured` is moved to the worker. @throws CyclopsError `ENGINE_FAILED`. */
  remap(captured: Uint8Array<ArrayBuffer>): Promise<RemappedImage> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ type: 'remap', id, captured } satisfies ToRemapWorker, [captured.buffer]);
    });
  }

  /** Rejects what is under way. */
  cancel(): void {
    this.#rejectPending(new CyclopsError('ENGINE_FAILED', 'undistorting was cancelled'));
  }

  /** Ends the worker after what is under way. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage({ type: 'close' } satisfies ToRemapWorker);
    await this.#exited;
  }

  #onMessage(message: FromRemapWorker): void {
    if (!('id' in message)) return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'remapped') pending?.resolve(message);
    else pending?.reject(new CyclopsError('ENGINE_FAILED', `undistorting failed: ${message.message}`));
  }

  #rejectPending(error: CyclopsError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #failAll(reason: string): void {
    this.#failure ??= new CyclopsError('ENGINE_FAILED', `the worker that undistorts images: ${reason}`);
    this.#rejectPending(this.#failure);
  }
}
