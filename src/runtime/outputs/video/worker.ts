import { parentPort } from 'node:worker_threads';
import { isCyclopsError, messageOf } from '../../../base/errors.js';
import type { DepthFrame } from '../../frame.js';
import type { StreamInfo } from '../output.js';
import type { Composer } from './compose.js';
import { colorRange, createComposer } from './compose.js';
import { createVideoClock, H264Encoder } from './h264-encoder.js';

/** To the worker, in this order; after `stop` it ends by itself. */
export type VideoRequest =
  | { readonly kind: 'start'; readonly path: string; readonly info: StreamInfo }
  | ({ readonly kind: 'frame' } & VideoFrame)
  | { readonly kind: 'stop' };

/** The part of a depth frame that is drawn. */
export type VideoFrame = Pick<
  DepthFrame,
  'image' | 'networkDepth' | 'depthScale' | 'sequence' | 'ptsNs' | 'timestamps'
>;

/** From the worker: one `ready`, one `written` a frame; after `error` nothing more is written. */
export type VideoReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'written' }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** Sources that do not tell their rate are taken for this one, frames/s. */
const fallbackFps = 30;
/** The caption's rate is the mean over this many frames. */
const rateWindow = 20;

class VideoWriter {
  readonly #encoder: H264Encoder;
  readonly #info: StreamInfo;
  readonly #clock: (frame: VideoFrame) => bigint;
  readonly #publishTimes: bigint[] = [];
  #composer: { readonly depthFactor: number; readonly composer: Composer } | undefined;

  private constructor(encoder: H264Encoder, info: StreamInfo, fps: number) {
    this.#encoder = encoder;
    this.#info = info;
    this.#clock = createVideoClock(fps);
  }

  static async open(path: string, info: StreamInfo): Promise<VideoWriter> {
    const fps = info.sourceFps ?? fallbackFps;
    const { width, height } = composerFor(info, 1);
    return new VideoWriter(await H264Encoder.open({ path, width, height, fps }), info, fps);
  }

  async write(frame: VideoFrame): Promise<void> {
    if (this.#composer?.depthFactor !== frame.depthScale) {
      this.#composer = { depthFactor: frame.depthScale, composer: composerFor(this.#info, frame.depthScale) };
    }
    const image = this.#composer.composer.compose(frame.image, frame.networkDepth, this.#caption(frame));
    await this.#encoder.write(image, this.#clock(frame));
  }

  close(): Promise<void> {
    return this.#encoder.close();
  }

  #caption({ sequence, timestamps }: VideoFrame): string {
    const times = this.#publishTimes;
    times.push(timestamps.publish);
    if (times.length > rateWindow) times.shift();
    const spanNs = Number(times.at(-1)! - times[0]!);
    const fps = spanNs > 0 ? ((times.length - 1) * 1e9) / spanNs : Number.NaN;
    const ageMs = Number(timestamps.publish - timestamps.capture) / 1e6;
    const rate = Number.isFinite(fps) ? `${fps.toFixed(1)} fps` : '';
    return `frame ${sequence}  age ${ageMs.toFixed(0)} ms  ${rate}`;
  }
}

function composerFor(info: StreamInfo, depthFactor: number): Composer {
  const range = info.unit === 'metres' ? colorRange(info.minM, info.maxM) : info;
  return createComposer({ width: info.width, height: info.height, range, depthFactor, unit: info.unit });
}

let writer: VideoWriter | undefined;
let hasFailed = false;

async function handle(request: VideoRequest): Promise<void> {
  switch (request.kind) {
    case 'start':
      writer = await VideoWriter.open(request.path, request.info);
      return reply({ kind: 'ready' });
    case 'frame':
      await writer?.write(request);
      return reply({ kind: 'written' });
    case 'stop':
      await writer?.close();
      return undefined;
  }
}

function reply(message: VideoReply): void {
  parentPort?.postMessage(message);
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (request: VideoRequest) => {
  last = last.then(async () => {
    try {
      if (!hasFailed) await handle(request);
    } catch (error) {
      hasFailed = true;
      reply({ kind: 'error', code: isCyclopsError(error) ? error.code : 'WRITE_FAILED', message: messageOf(error) });
    }
    if (request.kind === 'stop') parentPort?.close();
  });
});
