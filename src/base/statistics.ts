/** What a set of measurements says in a few numbers; all in the unit of the measurements, NaN where there are none. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/**
 * The value below which the share `percent` of the values lies: linear interpolation between the two nearest ranks
 * (rank = percent / 100 * (n - 1), type 7 of Hyndman and Fan 1996).
 * @param percent 0..100.
 * @returns NaN for an empty set.
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  return percentileOfSorted(Float64Array.from(values).sort(), percent);
}

/** The middle value (mean of the two middle ones for an even count); NaN for an empty set. */
export function median(values: ArrayLike<number>): number {
  return percentile(values, 50);
}

/** Count, extremes, mean and the percentiles that latency is reported by. */
export function summarise(values: ArrayLike<number>): Summary {
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  return {
    count,
    min: sorted[0] ?? Number.NaN,
    p50: percentileOfSorted(sorted, 50),
    p90: percentileOfSorted(sorted, 90),
    p99: percentileOfSorted(sorted, 99),
    max: sorted[count - 1] ?? Number.NaN,
    mean: count === 0 ? Number.NaN : sorted.reduce((sum, value) => sum + value, 0) / count,
  };
}

function percentileOfSorted(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = (Math.min(100, Math.max(0, percent)) / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}
