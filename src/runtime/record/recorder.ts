import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicNow } from '../../base/clock.js';
import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import { writeJsonAtomic } from '../../base/files.js';
import type { Logger } from '../../base/log.js';
import { type RecordingInfo, type RecordingSummary, recordingNames } from '../../recording/format.js';
import { describeSource, kindOf, paceOf } from '../capture/sources/index.js';
import type { CaptureSettings } from '../capture/supervisor.js';
import { LatencyHistogram } from '../latency.js';
import type { RecordConfig } from './config.js';
import type { Side } from './pair-matcher.js';
import { PairWriter } from './pair-writer.js';
import { planRig, type RigPlan } from './rig-plan.js';
import { StereoCapture, type StereoPair } from './stereo-capture.js';

/** How a recording is going. */
export interface RecordingStats extends RecordingSummary {
  /** Size of the images written. */
  readonly bytes: number;
  /** Sides whose camera is being brought back. */
  readonly recovering: readonly Side[];
}

/** How a recording ended: also where a fault ended it, it is whole as far as it goes. */
export interface RecordingResult {
  readonly folder: string;
  readonly summary: RecordingSummary;
  /** What ended it, where that was neither its end nor asked for. */
  readonly fault: unknown;
}

/** A recording that runs. */
export interface Recording {
  readonly info: RecordingInfo;
  /** Settles when everything is written and the capture processes have ended; never rejects. */
  readonly done: Promise<RecordingResult>;
  /** Ends it in order; resolves when `done` has. */
  stop(): Promise<void>;
  stats(): RecordingStats;
  /** Process ids of the capture processes. */
  readonly capturePids: Readonly<Record<Side, number | undefined>>;
}

/** Pairs that are encoded and written at the same time: more than the threads of libuv's pool gain nothing. */
const concurrency = 4;
/** Pairs that a camera may have waiting beyond those, so that a slow write of the disk costs none: at 30/s a quarter of a second. */
const waitingLimit = 8;
/** Images of the last moment are this long under way at most, ms. */
const transitMs = 1000;
/** The longest time that a timer takes, ms. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Starts recording a stereo rig into a new folder, in the layout that training reads (docs/formats.md).
 * @throws CyclopsError `USAGE_INVALID` where the folder holds a recording; of `planRig` and `PairWriter.open`. Nothing is
 *   left running then.
 */
export async function startRecording(config: RecordConfig, folder: string, log: Logger): Promise<Recording> {
  if (existsSync(join(folder, recordingNames.info))) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `${folder}: holds a recording already; every drive gets a folder of its own`,
    );
  }
  const plan = await planRig(config);
  const { images, quality } = config;
  const writer = await PairWriter.open(folder, plan, {
    images,
    quality,
    keepFreeBytes: config.keepFreeMb * 1e6,
  });
  try {
    const info = infoOf(config, plan);
    await writeJsonAtomic(join(folder, recordingNames.info), info);
    log.info(describeRig(info));
    // Such timestamps are made on arrival, whatever the way took.
    if ([config.left, config.right].some(({ source }) => kindOf(source).timestamps === 'network')) {
      log.warn(
        'the time of a network camera is that of its packets here, so images that look simultaneous may be a frame apart; look at moving things in the pairs before training on them',
      );
    }
    return new RunningRecording(config, plan, folder, info, writer, log);
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function infoOf(config: RecordConfig, plan: RigPlan): RecordingInfo {
  return {
    format: 'cyclops-recording',
    formatVersion: 1,
    camera: plan.camera,
    rectified: plan.isRectifying ? 'while-recording' : 'by-the-rig',
    images: config.images,
    left: describeSource(config.left.source),
    right: describeSource(config.right.source),
    clock: paceOf(config.left.source) === 'real-time' ? 'unix' : 'stream',
    toleranceMs: config.toleranceMs,
    every: config.every,
    startedAt: new Date().toISOString(),
  };
}

/** The rig in one sentence: a wrong calibration shows here before it shows in the depth. */
function describeRig({ camera, rectified }: RecordingInfo): string {
  const { width, height, fxPx, baselineM, doffsPx } = camera;
  const doffs = doffsPx === 0 ? '' : `, doffs ${doffsPx.toFixed(2)} px`;
  return `pairs of ${width}x${height}, fx ${fxPx.toFixed(1)} px, baseline ${baselineM.toFixed(4)} m${doffs}, ${rectified === 'by-the-rig' ? 'rectified by the rig' : 'rectified here'}`;
}

class RunningRecording implements Recording {
  readonly info: RecordingInfo;
  readonly done: Promise<RecordingResult>;
  readonly #config: RecordConfig;
  readonly #folder: string;
  readonly #writer: PairWriter;
  readonly #capture: StereoCapture;
  readonly #isRealTime: boolean;
  /** Moves CLOCK_MONOTONIC to 1970; fixed for the recording, so that its times never jump. */
  readonly #unixOffsetNs = BigInt(Date.now()) * 1_000_000n - monotonicNow();
  readonly #skew = new LatencyHistogram();
  readonly #waiting: (() => void)[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #firstNs: bigint | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #matched = 0;
  #accepted = 0;
  #written = 0;
  #skipped = 0;
  #dropped = 0;
  #droppedBefore = 0;
  #lostBefore = { left: 0, right: 0 };
  #unmatchedBefore = { left: 0, right: 0 };
  #end: RecordingSummary['end'] | undefined;
  #fault: unknown;

  constructor(
    config: RecordConfig,
    plan: RigPlan,
    folder: string,
    info: RecordingInfo,
    writer: PairWriter,
    log: Logger,
  ) {
    this.#config = config;
    this.#folder = folder;
    this.#writer = writer;
    this.#isRealTime = info.clock === 'unix';
    this.info = info;
    const side = (name: Side): CaptureSettings => {
      const { capture, width, height, format } = plan.views[name];
      const { source } = config[name];
      const replan = async () => {
        throw new CyclopsError(
          'CAMERA_INVALID',
          `${describeSource(source)}: the images have changed their size; a recording has one`,
        );
      };
      return { cameraId: name, source, plan: capture, replan, width, height, format, ...config.capture };
    };
    const { toleranceMs, settleMs } = config;
    this.#capture = new StereoCapture(
      { left: side('left'), right: side('right'), toleranceMs, settleMs },
      () => this.#setDeadline(),
      (pair) => this.#onPair(pair),
      log,
    );
    this.done = this.#capture.done
      .then(
        () => this.#endBy('source'),
        (error: unknown) => this.#fail(error),
      )
      .then(() => this.#close());
  }

  get capturePids(): Readonly<Record<Side, number | undefined>> {
    return this.#capture.pids;
  }

  async stop(): Promise<void> {
    this.#endBy('stopped');
    await this.done;
  }

  stats(): RecordingStats {
    return { ...this.#summary(), bytes: this.#writer.bytes, recovering: this.#capture.recovering };
  }

  #onPair(pair: StereoPair): void {
    for (const side of ['left', 'right'] as const) {
      this.#lostBefore[side] += pair.lost[side];
      this.#unmatchedBefore[side] += pair.unmatched[side];
    }
    if (this.#isWanted(pair)) this.#accept(pair);
    else this.#release(pair);
  }

  #isWanted(pair: StereoPair): boolean {
    if (this.#isOverWith(pair)) return false;
    if (this.#matched++ % this.#config.every !== 0) {
      this.#skipped++;
      return false;
    }
    if (this.#waiting.length >= waitingLimit && this.#isRealTime) {
      this.#dropped++;
      this.#droppedBefore++;
      return false;
    }
    return true;
  }

  /** Looks at the limits, and ends the recording where one is reached. */
  #isOverWith(pair: StereoPair): boolean {
    if (this.#end !== undefined) return true;
    const { seconds } = this.#config;
    if (this.#firstNs === undefined) {
      this.#firstNs = pair.times.left;
      this.#setDeadline();
    }
    const spentNs = pair.times.left - this.#firstNs;
    if (seconds !== undefined && Number(spentNs) >= seconds * 1e9) this.#endBy('seconds');
    return this.#end !== undefined;
  }

  /** The pairs' own times end the recording exactly; where none come, time goes on all the same. */
  #setDeadline(): void {
    const { seconds } = this.#config;
    if (seconds === undefined || !this.#isRealTime) return;
    clearTimeout(this.#deadline);
    const ms = Math.min(longestTimerMs, seconds * 1000 + transitMs);
    this.#deadline = setTimeout(() => this.#endBy('seconds'), ms);
  }

  #accept(pair: StereoPair): void {
    const { left, right } = pair.times;
    const offset = this.#isRealTime ? this.#unixOffsetNs : 0n;
    const facts = {
      number: this.#accepted++,
      times: { left: left + offset, right: right + offset },
      lost: this.#lostBefore,
      unmatched: this.#unmatchedBefore,
      dropped: this.#droppedBefore,
    };
    this.#lostBefore = { left: 0, right: 0 };
    this.#unmatchedBefore = { left: 0, right: 0 };
    this.#droppedBefore = 0;
    if (this.#accepted === this.#config.frames) this.#endBy('frames');
    const begin = () => {
      const writing = this.#writer.write(pair.left, pair.right, facts).then(
        () => {
          this.#written++;
          this.#skew.add(Math.abs(Number(pair.skewNs)) / 1e6);
        },
        (error: unknown) => this.#fail(error),
      );
      const done = writing.then(() => {
        this.#underWay.delete(done);
        this.#release(pair);
        this.#next();
      });
      this.#underWay.add(done);
    };
    this.#waiting.push(begin);
    this.#next();
  }

  #next(): void {
    // After a fault of the disk, what waits would only fail as well.
    if (this.#fault !== undefined && !isCyclopsError(this.#fault, 'CAPTURE_FAILED')) this.#waiting.length = 0;
    while (this.#underWay.size < concurrency) {
      const begin = this.#waiting.shift();
      if (begin === undefined) break;
      begin();
    }
    if (this.#waiting.length > 0) this.#capture.pause();
    else this.#capture.resume();
  }

  #release(pair: StereoPair): void {
    this.#capture.recycle('left', pair.left);
    this.#capture.recycle('right', pair.right);
  }

  #fail(error: unknown): void {
    this.#fault ??= error;
    this.#end = 'fault';
    void this.#capture.stop();
  }

  #endBy(reason: RecordingSummary['end']): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    // Not from inside the call that noticed it.
    setImmediate(() => void this.#capture.stop());
  }

  /** The cameras have ended; what they gave is written, then the summary. */
  async #close(): Promise<RecordingResult> {
    clearTimeout(this.#deadline);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await this.#writer.close();
    const summary = this.#summary();
    try {
      await writeJsonAtomic(join(this.#folder, recordingNames.info), { ...this.info, summary });
    } catch (error) {
      // On a full disk the one from the start stays, which is enough to read the pairs.
      this.#fault ??= error;
    }
    return { folder: this.#folder, summary, fault: this.#fault };
  }

  #summary(): RecordingSummary {
    const { p50Ms, p99Ms, maxMs } = this.#skew.spread();
    const known = (ms: number) => (Number.isFinite(ms) ? Math.round(ms * 1000) / 1000 : 0);
    return {
      end: this.#end ?? 'stopped',
      ...(this.#fault === undefined ? {} : { fault: messageOf(this.#fault) }),
      pairs: this.#written,
      skipped: this.#skipped,
      dropped: this.#dropped,
      unmatched: { ...this.#capture.unmatched },
      lost: { ...this.#capture.lost },
      restarts: this.#capture.restarts,
      skewMs: { p50: known(p50Ms), p99: known(p99Ms), max: known(maxMs) },
    };
  }
}
