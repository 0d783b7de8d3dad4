import { elapsedMs, type MonotonicNs } from '../../base/clock.js';
import { CyclopsError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { describeSource, isLive, paceOf } from '../capture/sources/index.js';
import { type CaptureSettings, CaptureSupervisor } from '../capture/supervisor.js';
import type { Frame } from '../frame.js';
import { type Match, otherSide, PairMatcher, type Side } from './pair-matcher.js';

/** Two images of one moment. */
export interface StereoPair extends Match<Frame> {
  /** When each was captured, ns: CLOCK_MONOTONIC in real time, else the time in its stream. */
  readonly times: Readonly<Record<Side, bigint>>;
  /** Frames lost and frames without a partner since the pair before. */
  readonly lost: Readonly<Record<Side, number>>;
  readonly unmatched: Readonly<Record<Side, number>>;
}

/** What a rig needs to run. */
export interface StereoCaptureSettings {
  readonly left: CaptureSettings;
  readonly right: CaptureSettings;
  /** Images further apart than this are not a pair, ms. */
  readonly toleranceMs: number;
  /**
   * Of a live source, images of the first ms after each start are not used: the clock offset of a camera
   * (clock-offset.ts) is not known yet, so that they may be of another moment than they seem.
   */
  readonly settleMs: number;
}

/** Frames of one side that wait for the other: at 30/s a quarter of a second. */
const waitingLimit = 8;
/** Where nothing may be lost, a side that is so many frames ahead is held. */
const aheadLimit = 4;
/** No pair for so many frames of each side: the log says why. */
const silentFrames = 60;

/**
 * A stereo rig as one source: two cameras, each with a capture process of its own that is restarted by itself, and their
 * frames matched by capture time.
 */
export class StereoCapture {
  /** Settles when one of the sources has ended and its frames are matched, or `stop` was called; rejects with a camera's fault. */
  readonly done: Promise<void>;
  readonly #settings: StereoCaptureSettings;
  readonly #onPair: (pair: StereoPair) => void;
  #onBegin: (() => void) | undefined;
  readonly #log: Logger;
  readonly #matcher: PairMatcher<Frame>;
  readonly #cameras: Readonly<Record<Side, CaptureSupervisor>>;
  readonly #settling: Record<Side, { restarts: number; since: MonotonicNs | undefined }> = {
    left: { restarts: 0, since: undefined },
    right: { restarts: 0, since: undefined },
  };
  readonly #isOver = { left: false, right: false };
  /** Since the last pair. */
  #lost = { left: 0, right: 0 };
  #unmatchedBefore = { left: 0, right: 0 };
  readonly #lostInAll = { left: 0, right: 0 };
  #isPaused = false;
  #isEnding = false;
  #settle: ((error?: unknown) => void) | undefined;

  /**
   * @param onBegin called once, with the first image that may become part of a pair.
   * @param onPair called for each pair, synchronously.
   */
  constructor(settings: StereoCaptureSettings, onBegin: () => void, onPair: (pair: StereoPair) => void, log: Logger) {
    this.#settings = settings;
    this.#onBegin = onBegin;
    this.#onPair = onPair;
    this.#log = log;
    this.#matcher = new PairMatcher(BigInt(Math.round(settings.toleranceMs * 1e6)), waitingLimit);
    const ended = new Promise<void>((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.#cameras = { left: this.#start('left'), right: this.#start('right') };
    this.done = ended.finally(() => this.#close());
    this.done.catch(() => undefined);
  }

  /** Frames so far that had no partner. */
  get unmatched(): Readonly<Record<Side, number>> {
    return this.#matcher.unmatched;
  }

  /** Frames so far that the cameras or their queues lost. */
  get lost(): Readonly<Record<Side, number>> {
    return this.#lostInAll;
  }

  /** Starts of capture processes after the first. */
  get restarts(): Readonly<Record<Side, number>> {
    return { left: this.#cameras.left.restarts, right: this.#cameras.right.restarts };
  }

  /** Sides whose camera is gone and being brought back. */
  get recovering(): readonly Side[] {
    return (['left', 'right'] as const).filter((side) => this.#cameras[side].isRecovering);
  }

  /** Process ids of the running capture processes. */
  get pids(): Readonly<Record<Side, number | undefined>> {
    return { left: this.#cameras.left.pid, right: this.#cameras.right.pid };
  }

  /** Lets files wait until `resume`; a camera cannot. */
  pause(): void {
    this.#isPaused = true;
    this.#balance();
  }

  resume(): void {
    this.#isPaused = false;
    this.#balance();
  }

  /** Takes back the memory of an image that nobody will read any more. */
  recycle(side: Side, frame: Frame): void {
    this.#cameras[side].recycle(frame.image.data as Uint8Array<ArrayBuffer>);
  }

  /** Ends both capture processes and waits until they are gone. */
  async stop(): Promise<void> {
    this.#finish();
    await this.done.catch(() => undefined);
  }

  #finish(error?: unknown): void {
    this.#isEnding = true;
    this.#settle?.(error);
  }

  #start(side: Side): CaptureSupervisor {
    const camera = new CaptureSupervisor(this.#settings[side], (frame) => this.#onFrame(side, frame), this.#log);
    camera.done.then(
      () => {
        this.#isOver[side] = true;
        this.#balance();
        this.#endIfOver();
      },
      (error: unknown) => this.#finish(error),
    );
    return camera;
  }

  #onFrame(side: Side, frame: Frame): void {
    if (this.#isEnding) return;
    this.#lost[side] += frame.droppedBefore;
    this.#lostInAll[side] += frame.droppedBefore;
    if (this.#isSettling(side, frame)) {
      this.recycle(side, frame);
      return;
    }
    const timeNs = this.#timeOf(side, frame);
    if (timeNs === undefined) return;
    this.#onBegin?.();
    this.#onBegin = undefined;
    const onMatch = (match: Match<Frame>) => this.#onMatch(match);
    const onAlone = (alone: Frame, its: Side) => {
      this.recycle(its, alone);
      this.#warnIfSilent();
    };
    this.#matcher.push(side, timeNs, frame, onMatch, onAlone);
    this.#balance();
    this.#endIfOver();
  }

  #timeOf(side: Side, frame: Frame): bigint | undefined {
    const { source } = this.#settings[side];
    if (paceOf(source) === 'real-time') return frame.captureTime;
    if (frame.ptsNs === undefined) {
      this.#finish(
        new CyclopsError('VIDEO_INVALID', `${describeSource(source)}: its images have no time, so none can be paired`),
      );
    }
    return frame.ptsNs;
  }

  #isSettling(side: Side, frame: Frame): boolean {
    const { source } = this.#settings[side];
    if (!isLive(source) || paceOf(source) !== 'real-time') return false;
    const state = this.#settling[side];
    const { restarts } = this.#cameras[side];
    if (state.since === undefined || state.restarts !== restarts) {
      this.#settling[side] = { restarts, since: frame.arrivalTime };
      return this.#settings.settleMs > 0;
    }
    return elapsedMs(state.since, frame.arrivalTime) < this.#settings.settleMs;
  }

  #onMatch(match: Match<Frame>): void {
    const { left, right } = this.#matcher.unmatched;
    const unmatched = { left: left - this.#unmatchedBefore.left, right: right - this.#unmatchedBefore.right };
    this.#unmatchedBefore = { left, right };
    const lost = this.#lost;
    this.#lost = { left: 0, right: 0 };
    const leftNs = this.#timeOf('left', match.left) ?? 0n;
    this.#onPair({ ...match, times: { left: leftNs, right: leftNs + match.skewNs }, lost, unmatched });
  }

  /** Once: a rig that never pairs would record nothing, and nobody would know why. */
  #warnIfSilent(): void {
    const { left, right } = this.#matcher.unmatched;
    const sinceLast = Math.min(left - this.#unmatchedBefore.left, right - this.#unmatchedBefore.right);
    if (sinceLast !== silentFrames) return;
    this.#log.warn(
      { left, right },
      `${silentFrames} frames of each camera without a partner within ${this.#settings.toleranceMs} ms: cameras that are not triggered together may be half a period apart; a larger --tolerance-ms takes them, at the price of pairs whose moving things do not match`,
    );
  }

  /** Where nothing may be lost, the side that is ahead waits for the other. */
  #balance(): void {
    if (paceOf(this.#settings.left.source) === 'real-time') return;
    for (const side of ['left', 'right'] as const) {
      const isAhead = this.#matcher.waiting(side) >= aheadLimit && !this.#isOver[otherSide(side)];
      if (this.#isPaused || isAhead) this.#cameras[side].hold();
      else this.#cameras[side].release();
    }
  }

  /** A side has ended and all its frames are matched: nothing more can become a pair. */
  #endIfOver(): void {
    if (this.#isEnding) return;
    for (const side of ['left', 'right'] as const) {
      if (!this.#isOver[side] || this.#matcher.waiting(side) > 0) continue;
      this.#matcher.clear((frame, its) => this.recycle(its, frame));
      this.#finish();
    }
  }

  async #close(): Promise<void> {
    await Promise.all([this.#cameras.left.stop(), this.#cameras.right.stop()]);
  }
}
