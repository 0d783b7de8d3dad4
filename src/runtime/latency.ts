import type { MonotonicNs } from '../base/clock.js';
import type { DepthFrame, FrameTimestamps } from './frame.js';

/** Percentiles of one measured span, ms. NaN where nothing was measured. */
export interface Spread {
  readonly count: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One bar of a histogram: spans in [fromMs, toMs). */
export interface HistogramBin {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

// Logarithmic buckets from 1 us to 1000 s, each 1 % wider than the one before: 2084 counters, whatever the run time.
const growth = 1.01;
const firstMs = 1e-3;
const bucketCount = Math.ceil(Math.log(1e6 / firstMs) / Math.log(growth)) + 2;

/** Spans of time in constant memory; percentiles are exact to 1 % (a bucket's width), count, min, max, mean exactly. */
export class LatencyHistogram {
  readonly #buckets = new Uint32Array(bucketCount);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  /** Adds one span, ms; negative ones (clock estimate above arrival) count as 0. */
  add(spanMs: number): void {
    const span = Math.max(0, spanMs);
    this.#buckets[bucketOf(span)]!++;
    this.#count++;
    this.#sumMs += span;
    if (span < this.#minMs) this.#minMs = span;
    if (span > this.#maxMs) this.#maxMs = span;
  }

  get count(): number {
    return this.#count;
  }

  /** The span below which `share` (0..1) of all spans lie, ms; NaN while empty. */
  percentile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#buckets[bucket]!;
      // The last bucket has no upper end.
      if (seen >= rank && bucket < bucketCount - 1)
        return Math.min(this.#maxMs, Math.max(this.#minMs, middleOf(bucket)));
    }
    return this.#maxMs;
  }

  spread(): Spread {
    return {
      count: this.#count,
      meanMs: this.#sumMs / this.#count,
      minMs: this.#count === 0 ? Number.NaN : this.#minMs,
      p50Ms: this.percentile(0.5),
      p90Ms: this.percentile(0.9),
      p99Ms: this.percentile(0.99),
      maxMs: this.#count === 0 ? Number.NaN : this.#maxMs,
    };
  }

  /** The non-empty buckets in rising order, for drawing. */
  bins(): HistogramBin[] {
    const bins: HistogramBin[] = [];
    this.#buckets.forEach((count, bucket) => {
      if (count > 0) bins.push({ fromMs: lowerOf(bucket), toMs: lowerOf(bucket + 1), count });
    });
    return bins;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#minMs = Number.POSITIVE_INFINITY;
    this.#maxMs = 0;
  }
}

function bucketOf(spanMs: number): number {
  if (spanMs < firstMs) return 0;
  return Math.min(bucketCount - 1, 1 + Math.floor(Math.log(spanMs / firstMs) / Math.log(growth)));
}

function lowerOf(bucket: number): number {
  return bucket === 0 ? 0 : firstMs * growth ** (bucket - 1);
}

function middleOf(bucket: number): number {
  return bucket === 0 ? firstMs / 2 : lowerOf(bucket) * Math.sqrt(growth);
}

/** The parts of a frame's life, in order; `age` is the whole: from capture to publish. */
export const stages = ['age', 'transport', 'wait', 'infer', 'handover', 'jitter'] as const;

/**
 * `transport` capture -> arrival, `wait` arrival -> inference start, `infer` the inference, `handover` inference end ->
 * publish, `jitter` how much one interval between published frames differs from the one before.
 */
export type Stage = (typeof stages)[number];

/** What a meter has seen so far. */
export interface LatencyReport {
  readonly frames: number;
  readonly dropped: number;
  /** Published frames a second, from the first to the last of them; NaN below two frames. */
  readonly fps: number;
  readonly spreads: Readonly<Record<Stage, Spread>>;
}

/** Age, stages, drops, rate and jitter of a stream of depth frames, in constant memory. */
export class LatencyMeter {
  readonly #histograms: Record<Stage, LatencyHistogram>;
  #frames = 0;
  #intervals = 0;
  #dropped = 0;
  #first: MonotonicNs | undefined;
  #last: MonotonicNs | undefined;
  #lastIntervalMs: number | undefined;

  constructor() {
    this.#histograms = Object.fromEntries(stages.map((stage) => [stage, new LatencyHistogram()])) as Record<
      Stage,
      LatencyHistogram
    >;
  }

  add(frame: Pick<DepthFrame, 'timestamps' | 'droppedBefore'>): void {
    const { timestamps } = frame;
    this.#frames++;
    this.#dropped += frame.droppedBefore;
    for (const [stage, spanMs] of Object.entries(spansOf(timestamps))) this.#histograms[stage as Stage].add(spanMs);
    if (this.#last !== undefined) {
      const intervalMs = Number(timestamps.publish - this.#last) / 1e6;
      if (this.#lastIntervalMs !== undefined) this.#histograms.jitter.add(Math.abs(intervalMs - this.#lastIntervalMs));
      this.#lastIntervalMs = intervalMs;
      this.#intervals++;
    }
    this.#first ??= timestamps.publish;
    this.#last = timestamps.publish;
  }

  /** Counts frames lost after the last published one. */
  addDropped(count: number): void {
    this.#dropped += count;
  }

  histogram(stage: Stage): LatencyHistogram {
    return this.#histograms[stage];
  }

  report(): LatencyReport {
    const spanS = this.#first === undefined || this.#last === undefined ? 0 : Number(this.#last - this.#first) / 1e9;
    const spreads = Object.fromEntries(stages.map((stage) => [stage, this.#histograms[stage].spread()]));
    return {
      frames: this.#frames,
      dropped: this.#dropped,
      fps: this.#intervals === 0 ? Number.NaN : this.#intervals / spanS,
      spreads: spreads as Record<Stage, Spread>,
    };
  }

  /** Starts a new window: forgets everything but the time of the last frame, from which the rate goes on. */
  startWindow(): void {
    for (const stage of stages) this.#histograms[stage].clear();
    this.#frames = 0;
    this.#intervals = 0;
    this.#dropped = 0;
    this.#first = this.#last;
  }
}

/** The spans between a frame's timestamps, ms. */
export function spansOf(timestamps: FrameTimestamps): Readonly<Record<Exclude<Stage, 'jitter'>, number>> {
  const ms = (from: bigint, to: bigint) => Number(to - from) / 1e6;
  return {
    age: ms(timestamps.capture, timestamps.publish),
    transport: ms(timestamps.capture, timestamps.arrival),
    wait: ms(timestamps.arrival, timestamps.inferStart),
    infer: ms(timestamps.inferStart, timestamps.inferEnd),
    handover: ms(timestamps.inferEnd, timestamps.publish),
  };
}
