import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { ErrorCode } from '../../base/errors.js';
import { CyclopsError, messageOf } from '../../base/errors.js';
import type { DepthFrame } from '../frame.js';
import { defineOutput, type Output, type StreamInfo } from './output.js';
import type { VideoReply, VideoRequest } from './video/worker.js';

/** The entry of the table. */
export const video = defineOutput({
  name: 'video',
  form: 'video:FILE.mp4',
  help: 'an H.264 video of the camera beside its coloured depth',
  schema: z.strictObject({ kind: z.literal('video'), path: z.string().min(1) }),
  argument: 'path',
  open: ({ path }) => new VideoOutput(path),
});

/** What is written is an MP4, whatever the name: a file shall not claim to be something else. */
const endings = ['.mp4', '.m4v'] as const;

/** Images handed to the worker and not finished: one is drawn while the next one waits, so the encoder never idles. */
const mostInFlight = 2;

/**
 * An MP4 (H.264, yuv420p) with the camera image beside the coloured depth, a scale in metres, and a caption with frame
 * number, rate and age. Images keep the time timestamps of the source: the video plays at the speed of the scene, and a
 * dropped frame shows as its predecessor standing longer. Drawing happens in a worker thread and encoding in another
 * process; a stream in pace `fastest` waits for them (every frame is in the video), one in real time drops instead.
 */
export class VideoOutput implements Output {
  readonly name: string;
  /** The worker draws from copies. */
  readonly releasesFrames = true;
  readonly #path: string;
  #worker: Worker | undefined;
  #failure: Error | undefined;
  #inFlight = 0;
  #wake: (() => void) | undefined;
  #exited: Promise<void> = Promise.resolve();
  #isStopping = false;

  /**
   * @param path the file to write, such as `out/demo.mp4`; it appears when `stop` has settled.
   * @throws CyclopsError `USAGE_INVALID` for a name that promises another kind of file.
   */
  constructor(path: string) {
    if (!endings.some((ending) => path.toLowerCase().endsWith(ending))) {
      throw new CyclopsError('USAGE_INVALID', `video:${path}: expected a name that ends in ${endings.join(' or ')}`);
    }
    this.name = `video:${path}`;
    this.#path = path;
  }

  async start(info: StreamInfo): Promise<void> {
    const worker = new Worker(new URL('./video/worker.js', import.meta.url), { name: 'cyclops-video' });
    this.#worker = worker;
    // Not by events.once: that rejects where the worker throws, before anybody waits for it.
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    const ready = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        if (!this.#isStopping)
          this.#fail(new CyclopsError('WRITE_FAILED', `${this.#path}: the video thread ended early`));
        resolve();
      });
      worker.on('message', (reply: VideoReply) => {
        if (reply.kind === 'written') this.#finishOne();
        if (reply.kind === 'error') this.#fail(new CyclopsError(reply.code as ErrorCode, reply.message));
        if (reply.kind !== 'written') resolve();
      });
      worker.on('error', (error) => {
        this.#fail(new CyclopsError('WRITE_FAILED', `${this.#path}: ${messageOf(error)}`, { cause: error }));
        resolve();
      });
    });
    this.#post({ kind: 'start', path: this.#path, info });
    await ready;
    // One that did not start is not stopped by anybody else, and its thread would keep the process.
    if (this.#failure !== undefined) await this.stop();
  }

  async publish(frame: DepthFrame): Promise<void> {
    const { image, networkDepth, depthScale, sequence, ptsNs, timestamps } = frame;
    this.#inFlight++;
    this.#post({ kind: 'frame', image, networkDepth, depthScale, sequence, ptsNs, timestamps });
    while (this.#inFlight >= mostInFlight && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#isStopping = true;
    this.#post({ kind: 'stop' });
    await this.#exited;
    this.#worker = undefined;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #post(request: VideoRequest): void {
    this.#worker?.postMessage(request);
  }

  #finishOne(): void {
    this.#inFlight--;
    this.#wake?.();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}
