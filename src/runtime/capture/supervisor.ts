import { type MonotonicNs, monotonicNow } from '../../base/clock.js';
import { CyclopsError, isCyclopsError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { bytesPerPixel } from '../../model-package/schema.js';
import { BackOff } from '../back-off.js';
import { ClockOffset } from '../clock-offset.js';
import type { Frame, PixelFormat } from '../frame.js';
import type { BufferTags, VideoCaps } from './gdp.js';
import { LostFrames } from './lost-frames.js';
import type { CapturePlan } from './plan.js';
import { type CaptureOutcome, CaptureProcess, captureError } from './process.js';
import { describeSource, isGstSource, isLive, isLooped, kindOf, paceOf, type Source } from './sources/index.js';
import { withoutPassword } from './without-password.js';

const longestBackoffMs = 30_000;
/** A capture process that crashes before its first image gets this many more tries. */
const firstStartRetries = 2;
/** Arrays of frames that were lost before inference, kept for the next frames. */
const spareLimit = 4;

/** A file in real time may be this late, and for this long, before its key frames alone are decoded. */
const lagLimitNs = 1_000_000_000n;
const tooSlow =
  'this machine cannot decode it in real time (it is more than 1 s late and stays so); from here to its end only its key frames are decoded, and the rest is dropped and counted';

/** What a supervisor needs to know. */
export interface CaptureSettings {
  readonly cameraId: string;
  readonly source: Source;
  readonly plan: CapturePlan;
  /** Makes a plan for a source whose images have changed their size. */
  replan(): Promise<CapturePlan>;
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly startTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly restartLimit: number;
  /** First wait before a restart, ms; doubled with each restart that gives no image. */
  readonly restartWaitMs: number;
}

/** How often a capture was lost, by what it was lost to. */
export type FaultCounts = Readonly<Partial<Record<Fault['reason'], number>>>;

/**
 * Keeps one camera delivering: starts its capture process, timestamps and counts its images, and where a live source
 * crashes, stalls or ends, starts a new process after a growing wait. A file's or folder's fault ends the run.
 */
export class CaptureSupervisor {
  /** Settles when the source has ended or `stop` was called; rejects with the fault that ended it. */
  readonly done: Promise<void>;
  readonly #settings: CaptureSettings;
  readonly #onFrame: (frame: Frame) => void;
  readonly #log: Logger;
  readonly #offset: ClockOffset;
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];
  readonly #frameBytes: number;
  #process: CaptureProcess | undefined;
  readonly #backOff = new BackOff();
  #isStopped = false;
  #isHeld = false;
  #isRecovering = false;
  #filePtsNs = 0n;
  #hasOnlyKeyFrames = false;
  #lateSince: MonotonicNs | undefined;
  #restarts = 0;
  #sequence = 0;
  #plan: CapturePlan;
  readonly #lost: LostFrames;
  readonly #faults: Partial<Record<Fault['reason'], number>> = {};

  /** @param onFrame called for each image, synchronously as it arrives. */
  constructor(settings: CaptureSettings, onFrame: (frame: Frame) => void, log: Logger) {
    this.#settings = settings;
    this.#onFrame = onFrame;
    this.#log = log;
    this.#plan = settings.plan;
    // A file in real time may leave images out, but its clock goes on.
    const isLiveSource = isLive(settings.source);
    this.#offset = new ClockOffset(isLiveSource);
    this.#lost = new LostFrames(settings.plan.fps, isLiveSource);
    this.#frameBytes = settings.width * settings.height * bytesPerPixel(settings.format);
    this.done = this.#run();
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** What the capture was lost to so far, each with its count. */
  get faults(): FaultCounts {
    return this.#faults;
  }

  /** Whether the camera is gone and being brought back. */
  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /** Process id of the running capture process. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Stops reading images: the source waits (files) until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.#process?.hold();
  }

  release(): void {
    this.#isHeld = false;
    this.#process?.release();
  }

  /** Takes back the array of a frame that nobody will read any more. */
  recycle(data: Uint8Array<ArrayBuffer>): void {
    if (this.#spares.length < spareLimit && data.length === this.#frameBytes) this.#spares.push(data);
  }

  /** Ends the capture process and waits until it is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#backOff.cutShort();
    await this.#process?.stop();
    await this.done.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { source, restartWaitMs } = this.#settings;
    let failures = 0;
    // The caller gets its handle before the first process may report.
    await Promise.resolve();
    while (!this.#isStopped) {
      const images = this.#sequence;
      const outcome = await this.#runOnce();
      if (this.#isStopped || outcome.kind === 'stopped') return;
      if (outcome.kind === 'end' && !isLive(source)) {
        if (this.#sequence === images) {
          throw new CyclopsError('VIDEO_INVALID', `${describeSource(source)}: no images in it`);
        }
        if (isLooped(source)) continue;
        return;
      }
      const fault = outcome.kind === 'end' ? endedEarly : outcome;
      this.#faults[fault.reason] = (this.#faults[fault.reason] ?? 0) + 1;
      failures = this.#sequence > images ? 0 : failures + 1;
      if (!this.#isWorthARestart(fault) || failures > this.#patience()) {
        throw captureError(fault, source);
      }
      const waitMs = Math.min(longestBackoffMs, restartWaitMs * 2 ** failures);
      this.#log.warn(
        { camera: this.#settings.cameraId, reason: fault.reason, waitMs },
        `capture lost: ${withoutPassword(fault.message)}`,
      );
      this.#isRecovering = true;
      await this.#backOff.wait(waitMs);
      this.#restarts++;
      if (fault.reason === 'format' && !this.#isStopped) await this.#planAgain();
    }
  }

  /** A camera that cannot be asked at this moment is tried again with the old plan, and fails again if it does not fit. */
  async #planAgain(): Promise<void> {
    try {
      this.#plan = await this.#settings.replan();
      this.#log.warn({ camera: this.#settings.cameraId }, this.#plan.view.note);
    } catch (error) {
      if (!isCyclopsError(error, 'CAPTURE_FAILED')) throw error;
    }
  }

  /** Live sources come back; but what never gave an image and is refused by the machine will not. */
  #isWorthARestart(fault: Fault): boolean {
    if (!isLive(this.#settings.source)) return false;
    if (fault.reason === 'missing-element' || fault.reason === 'missing-decoder') return false;
    return this.#sequence > 0 || fault.reason === 'crash';
  }

  /** Restarts in a row without an image before giving up: few where there never was one, because then it is not the camera. */
  #patience(): number {
    const { restartLimit } = this.#settings;
    return this.#sequence > 0 ? restartLimit : Math.min(restartLimit, firstStartRetries);
  }

  async #runOnce(): Promise<CaptureOutcome> {
    const { startTimeoutMs, stallTimeoutMs } = this.#settings;
    this.#offset.reset();
    this.#lost.reset();
    const limits = { bufferLimitBytes: this.#frameBytes, startTimeoutMs, stallTimeoutMs };
    const process = CaptureProcess.start(
      this.#plan.job,
      {
        onCaps: (caps) => this.#checkCaps(caps),
        takeBuffer: (length) => this.#takeBuffer(length),
        onImage: (data, tags) => this.#onImage(data, tags),
        onWarning: (message) => this.#log.warn({ camera: this.#settings.cameraId }, message),
      },
      limits,
    );
    this.#process = process;
    if (this.#isHeld) process.hold();
    if (this.#isStopped) await process.stop();
    return process.outcome;
  }

  #checkCaps(caps: VideoCaps): void {
    const { width, height, format } = this.#settings;
    if (caps.width === width && caps.height === height && caps.format === format) return;
    throw new CyclopsError(
      'CAPTURE_FAILED',
      `capture stream: expected ${format} images of ${width}x${height}, found ${caps.text.slice(0, 200)}`,
    );
  }

  #takeBuffer(length: number): Uint8Array<ArrayBuffer> {
    if (length !== this.#frameBytes) {
      throw new CyclopsError(
        'CAPTURE_FAILED',
        `capture stream: expected images of ${this.#frameBytes} bytes, found ${length}`,
      );
    }
    return this.#spares.pop() ?? new Uint8Array(length);
  }

  #onImage(data: Uint8Array<ArrayBuffer>, tags: BufferTags): void {
    const { cameraId, width, height, format, source } = this.#settings;
    const arrivalTime = monotonicNow();
    const isPaced = paceOf(source) === 'real-time';
    const madeNs = madeTime(tags, source);
    // Where the source runs as fast as it is read, its time says nothing about ours.
    const capture = isPaced && madeNs !== undefined ? this.#offset.captureTime(madeNs, arrivalTime) : undefined;
    this.#isRecovering = false;
    if (capture !== undefined && canKeepToKeyFrames(source)) this.#followFile(madeNs!, capture, arrivalTime);
    this.#onFrame({
      cameraId,
      sequence: this.#sequence++,
      ptsNs: tags.ptsNs,
      captureTime: capture ?? (arrivalTime as MonotonicNs),
      arrivalTime,
      quality: capture === undefined ? 'arrival' : 'pts',
      image: { width, height, format, data },
      droppedBefore: this.#lost.before(tags),
      intrinsics: this.#plan.view.intrinsics,
      depthScale: this.#plan.view.depthScale,
    });
  }

  /** A file that cannot be decoded in real time would fall behind its clock for ever; its key frames alone can be. */
  #followFile(ptsNs: bigint, captureTime: MonotonicNs, arrivalTime: MonotonicNs): void {
    // Looped: a new pipeline, with every image again.
    if (ptsNs < this.#filePtsNs) this.#hasOnlyKeyFrames = false;
    this.#filePtsNs = ptsNs;
    if (arrivalTime - captureTime < lagLimitNs) this.#lateSince = undefined;
    else this.#lateSince ??= arrivalTime;
    // After a hiccup (this process was busy) the decoder catches up by itself.
    const isTooSlow = this.#lateSince !== undefined && arrivalTime - this.#lateSince > lagLimitNs;
    if (this.#hasOnlyKeyFrames || !isTooSlow) return;
    this.#hasOnlyKeyFrames = true;
    this.#process?.keepToKeyFrames();
    const camera = this.#settings.cameraId;
    this.#log.warn({ camera }, `${describeSource(this.#settings.source)}: ${tooSlow}`);
  }
}

function canKeepToKeyFrames(source: Source): boolean {
  return isGstSource(source) && kindOf(source).canKeepToKeyFrames === true;
}

/**
 * When a frame was made, in the time of its stream. A source that draws its frames does so later than they are due where
 * the machine is busy; a camera does not, so what counts there is when the drawing was done.
 */
function madeTime({ ptsNs, dtsNs }: BufferTags, source: Source): bigint | undefined {
  const isDrawn = kindOf(source).timestamps === 'generated';
  if (!isDrawn || ptsNs === undefined || dtsNs === undefined) return ptsNs;
  return dtsNs > ptsNs ? dtsNs : ptsNs;
}

type Fault = Extract<CaptureOutcome, { kind: 'fault' }>;

const endedEarly: Fault = { kind: 'fault', reason: 'stream', message: 'the source ended by itself' };
