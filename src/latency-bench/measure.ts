import { availableParallelism } from 'node:os';
import { elapsedMs, monotonicNow } from '../base/clock.js';
import { CyclopsError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import { median } from '../base/statistics.js';
import { goldenInput } from '../model-package/golden.js';
import { readModelPackage } from '../model-package/read.js';
import { paceOf, type Source } from '../runtime/capture/sources/index.js';
import type { StreamConfig } from '../runtime/config.js';
import { openEngineFor } from '../runtime/engine/pool.js';
import type { Pace } from '../runtime/frame.js';
import { startStream } from '../runtime/stream.js';
import { type CaptureUsage, measureCapture } from './capture-cost.js';
import { loadNow, reportHead } from './head.js';
import { UsageMeter } from './process-usage.js';
import type { LatencyReportFile, ReportSection } from './report.js';
import { reportSpread, sectionFrom } from './section.js';
import { SpanRecord, spreadOf } from './spans.js';

/** What the latency benchmark shall do. */
export interface LatencyBenchOptions {
  readonly config: StreamConfig;
  /** Measured frames of each way of streaming. */
  readonly frames: number;
  /** Frames left out at the beginning of each stretch. */
  readonly warmUpFrames: number;
  /** Turns of bare loop and stream; more of them cancel more of the machine's drift. */
  readonly rounds: number;
  /** Leaves the part in real time out; for a benchmark that only asks for the ratio. */
  readonly throughputOnly?: boolean;
  readonly log: Logger;
  /** Ends the measurement in order: everything that was started is stopped, then the call rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Told what is being measured, 0..1 of the whole. */
  readonly onProgress?: (what: string, share: number) => void;
}

/** Rates of one round: the bare loop, one image at a time or as the stream does it, whichever is faster; and the stream. */
interface Turn {
  readonly bareFps: number;
  readonly bareAloneFps: number;
  readonly streamingFps: number;
}

/** A report, and the spans it was made from, ms in the order of the frames, for drawing. */
export interface LatencyBenchResult {
  readonly report: LatencyReportFile;
  readonly bareMs: readonly number[];
  readonly throughput: SpanRecord;
  readonly realTime: SpanRecord;
}

/**
 * Measures a model on this machine: the bare runtime (one image in a tight loop; and where the stream infers several at
 * once, that too), the whole stream as fast as the model takes, and the source's pipeline by itself, in turn in short
 * stretches; then the stream in real time, where age and drops show. Every stretch opens a session and a capture process of its own, so none waits in memory
 * while another is measured.
 * @throws CyclopsError of the model package, source or engine; `VIDEO_INVALID` where a source has too few frames.
 */
export async function measureLatency(options: LatencyBenchOptions): Promise<LatencyBenchResult> {
  const { rounds, frames, config, onProgress = () => undefined } = options;
  const framesEach = Math.ceil(frames / rounds);
  const throughput = new Stretches('fastest');
  const realTime = new Stretches('real-time');
  const bareMs: number[] = [];
  const bareUsage = new UsageMeter();
  const streamPace = paceOf(paced(config.camera.source, 'fastest'));
  let concurrency = 1;
  const captureUsage: CaptureUsage[] = [];
  const turns: Turn[] = [];
  const loadBefore = loadNow();
  const model = await readModelPackage(config.model);
  let head: LatencyReportFile | undefined;
  const steps = options.throughputOnly === true ? rounds : rounds + 1;
  for (let round = 0; round < rounds; round++) {
    onProgress(`bare loop and stream, round ${round + 1} of ${rounds}`, round / steps);
    const bare = async (): Promise<Omit<Turn, 'streamingFps'>> => {
      const asStreamed = await runBare(options, streamPace, framesEach, bareUsage);
      const alone =
        asStreamed.concurrency === 1 ? asStreamed : await runBare(options, 'real-time', framesEach, new UsageMeter());
      concurrency = asStreamed.concurrency;
      const rest = { outputs: ['none'], warmUpFrames: options.warmUpFrames, loadBefore };
      const { version } = asStreamed;
      head ??= { ...(await reportHead(config, model.package, { version }, rest)), throughput: null, stream: null };
      bareMs.push(...alone.durationsMs);
      return { bareFps: Math.max(alone.fps, asStreamed.fps), bareAloneFps: alone.fps };
    };
    // Who goes first changes, so that neither always gets the warmer machine.
    const bareFirst = round % 2 === 0 ? await bare() : undefined;
    const streamingFps = await throughput.measure(options, framesEach);
    turns.push({ ...(bareFirst ?? (await bare())), streamingFps });
    const source = paced(config.camera.source, 'fastest');
    const { warmUpFrames, signal } = options;
    const settings = { warmUpFrames, frames: framesEach, ...(signal === undefined ? {} : { signal }) };
    const usage = await measureCapture(source, model, settings);
    if (usage !== undefined) captureUsage.push(usage);
  }
  let realTimeSection: ReportSection | null = null;
  if (options.throughputOnly !== true) {
    onProgress('stream in real time', rounds / steps);
    await realTime.measure(options, frames);
    realTimeSection = realTime.section();
  }
  const ratios = turns.map(({ bareFps, streamingFps }) => streamingFps / bareFps);
  const bare = spreadOf(bareMs);
  const bareCpuMsPerRun = (1000 * bareUsage.cpuS) / (rounds * framesEach);
  const bareFps = median(turns.map((turn) => turn.bareFps));
  const streaming = throughput.section();
  return {
    report: {
      ...head!,
      throughput: {
        ratio: median(ratios),
        ratioMin: Math.min(...ratios),
        ratioMax: Math.max(...ratios),
        rounds: turns,
        concurrency,
        bare: reportSpread(bare),
        bareCpuMsPerRun,
        ...costs(bareCpuMsPerRun, bareFps, captureUsage, streaming.cpuMsPerFrame),
        streaming,
      },
      stream: realTimeSection,
    },
    bareMs,
    throughput: throughput.record,
    realTime: realTime.record,
  };
}

/** What a streamed frame costs beside the bare run, and what that leaves at best. */
function costs(
  bareCpuMs: number,
  bareFps: number,
  captures: readonly CaptureUsage[],
  streamCpuMs: number | null,
): Pick<NonNullable<LatencyReportFile['throughput']>, 'captureCpuMsPerFrame' | 'otherCpuMsPerFrame' | 'ratioBound'> {
  if (captures.length === 0 || streamCpuMs === null) {
    return { captureCpuMsPerFrame: null, otherCpuMsPerFrame: null, ratioBound: null };
  }
  const sum = (pick: (usage: CaptureUsage) => number) => captures.reduce((total, usage) => total + pick(usage), 0);
  const captureCpuMs = (1000 * sum((usage) => usage.cpuS)) / sum((usage) => usage.frames);
  return {
    captureCpuMsPerFrame: captureCpuMs,
    otherCpuMsPerFrame: streamCpuMs - bareCpuMs - captureCpuMs,
    // All cores busy with nothing but the network and the source; and never faster than the bare loop.
    ratioBound: Math.min(1, (1000 * availableParallelism()) / (bareCpuMs + captureCpuMs) / bareFps),
  };
}

/** The tight loop looks up after this many runs, to see whether it was asked to end. */
const bareChunk = 100;

interface Bare {
  readonly durationsMs: readonly number[];
  /** Runs/s of all sessions that ran at once. */
  readonly fps: number;
  readonly concurrency: number;
  readonly version: string;
}

async function runBare(options: LatencyBenchOptions, pace: Pace, count: number, usage: UsageMeter): Promise<Bare> {
  const model = await readModelPackage(options.config.model);
  const { engine } = await openEngineFor(pace, model, options.config.engine, options.log);
  try {
    const { width, height, channels } = model.package.input;
    const { concurrency, version } = engine.info;
    const image = goldenInput(height, width, channels);
    options.signal?.throwIfAborted();
    await engine.runBare(image, options.warmUpFrames);
    usage.start();
    const durationsMs: number[] = [];
    while (durationsMs.length < count) {
      options.signal?.throwIfAborted();
      durationsMs.push(...(await engine.runBare(image, Math.min(bareChunk, count - durationsMs.length))));
    }
    // Not by the clock: at the end of a chunk one session waits for the other.
    const fps = (1000 * concurrency * count) / durationsMs.reduce((sum, value) => sum + value, 0);
    return { durationsMs, fps, concurrency, version };
  } finally {
    usage.stop();
    await engine.close();
  }
}

/** The stretches of one way of streaming, taken together. */
class Stretches {
  readonly record = new SpanRecord();
  readonly #pace: Pace;
  readonly #usage = new UsageMeter();
  #seconds = 0;
  #offeredFps: number | undefined;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Streams warm-up and `frames` measured frames through a stream of its own. @returns published frames/s. */
  async measure(options: LatencyBenchOptions, frames: number): Promise<number> {
    const { config, warmUpFrames, log, signal } = options;
    const source = paced(config.camera.source, this.#pace);
    const total = warmUpFrames + frames;
    const stretch = new SpanRecord();
    const stream = await startStream({ ...config, camera: { ...config.camera, source }, frames: total }, [], log);
    this.#offeredFps = stream.stream.sourceFps;
    let seen = 0;
    let startedAt = monotonicNow();
    stream.onPublish((frame) => {
      seen++;
      if (seen > warmUpFrames) {
        for (const record of [this.record, stretch]) record.add(frame);
      }
      if (seen === warmUpFrames) {
        for (const record of [this.record, stretch]) record.begin(frame.timestamps.publish);
        startedAt = monotonicNow();
        this.#usage.start();
      }
      if (seen === total) {
        this.#usage.stop();
        this.#seconds += elapsedMs(startedAt) / 1000;
      }
    });
    const stop = () => void stream.stop();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      await stream.done;
    } finally {
      this.#usage.stop();
      signal?.removeEventListener('abort', stop);
    }
    signal?.throwIfAborted();
    if (seen < total) {
      throw new CyclopsError('VIDEO_INVALID', `${config.model}: the source ended after ${seen} of ${total} frames`);
    }
    return stretch.fps;
  }

  section(): ReportSection {
    return sectionFrom(this.record, this.#usage, this.#seconds, { pace: this.#pace, offeredFps: this.#offeredFps });
  }
}

/** The same source, waiting for the model or not; a file or folder starts again when it ends. A camera cannot wait. */
function paced(source: Source, pace: Pace): Source {
  if (!('pace' in source)) return source;
  return 'loop' in source ? { ...source, pace, loop: true } : { ...source, pace };
}
