import type { MonotonicNs } from '../base/clock.js';
import { summarise } from '../base/statistics.js';
import type { DepthFrame, TimestampQuality } from '../runtime/frame.js';
import type { Spread, Stage } from '../runtime/latency.js';
import { spansOf, stages } from '../runtime/latency.js';

/**
 * The spans of measured frames, each kept as it is: percentiles and histograms of a report are exact. One frame costs
 * 48 bytes, so this is for runs with an end; a service uses `LatencyMeter`.
 */
export class SpanRecord {
  readonly #spans: Readonly<Record<Stage, number[]>>;
  readonly #qualities = new Set<TimestampQuality>();
  #frames = 0;
  #dropped = 0;
  #intervals = 0;
  #intervalsNs = 0n;
  #last: MonotonicNs | undefined;
  #lastIntervalMs: number | undefined;

  constructor() {
    this.#spans = { age: [], transport: [], wait: [], infer: [], handover: [], jitter: [] };
  }

  /** Adds a published frame. */
  add(frame: Pick<DepthFrame, 'timestamps' | 'droppedBefore' | 'quality'>): void {
    const { timestamps, droppedBefore, quality } = frame;
    this.#frames++;
    this.#dropped += droppedBefore;
    this.#qualities.add(quality);
    for (const [stage, spanMs] of Object.entries(spansOf(timestamps))) this.#spans[stage as Stage].push(spanMs);
    if (this.#last !== undefined) {
      const intervalNs = timestamps.publish - this.#last;
      const intervalMs = Number(intervalNs) / 1e6;
      if (this.#lastIntervalMs !== undefined) this.#spans.jitter.push(Math.abs(intervalMs - this.#lastIntervalMs));
      this.#lastIntervalMs = intervalMs;
      this.#intervals++;
      this.#intervalsNs += intervalNs;
    }
    this.#last = timestamps.publish;
  }

  /** Begins a stretch whose first interval counts from `publish`, the time of a frame that is not measured itself. */
  begin(publish?: MonotonicNs): void {
    this.#last = publish;
    this.#lastIntervalMs = undefined;
  }

  get frames(): number {
    return this.#frames;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Published frames a second, pauses between stretches left out; NaN without an interval. */
  get fps(): number {
    return this.#intervals === 0 ? Number.NaN : (this.#intervals * 1e9) / Number(this.#intervalsNs);
  }

  /** How the capture times were obtained; the worst of them. */
  get quality(): TimestampQuality | undefined {
    return (['arrival', 'pts', 'sensor'] as const).find((quality) => this.#qualities.has(quality));
  }

  /** Every span of a stage, ms, in the order of the frames. */
  spansMs(stage: Stage): readonly number[] {
    return this.#spans[stage];
  }

  /** Exact percentiles of every stage. */
  spreads(): Readonly<Record<Stage, Spread>> {
    return Object.fromEntries(stages.map((stage) => [stage, spreadOf(this.#spans[stage])])) as Record<Stage, Spread>;
  }
}

/** Exact percentiles of spans in ms. */
export function spreadOf(spansMs: ArrayLike<number>): Spread {
  const { count, mean, min, p50, p90, p99, max } = summarise(spansMs);
  return { count, meanMs: mean, minMs: min, p50Ms: p50, p90Ms: p90, p99Ms: p99, maxMs: max };
}
