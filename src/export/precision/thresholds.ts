import type { CalibrationMethod } from '../../model-package/schema.js';
import type { ValueRange } from './calibrate.js';
import type { Histogram } from './histogram.js';

/** Share of the numbers that `percentile` keeps on either side: 1 in 10 000 may be clipped. */
const keptShare = 0.9999;

/** The range that a tensor's integers shall span; within what was seen. */
export function rangeFrom(histogram: Histogram, method: CalibrationMethod): ValueRange {
  const { min, max } = histogram;
  switch (method) {
    case 'minmax':
      return { min, max };
    case 'percentile':
      return percentileRange(histogram);
    case 'entropy': {
      // One sign only: all 256 levels lie on that side.
      const limit = entropyLimit(histogram.magnitudes(), min >= 0 || max <= 0 ? 256 : 128) * histogram.step;
      return { min: Math.max(min, -limit), max: Math.min(max, limit) };
    }
  }
}

function percentileRange({ counts, count, step, min, max }: Histogram): ValueRange {
  const clipped = (1 - keptShare) * count;
  const edge = (counts.length / 2) * step;
  let below = 0;
  let low = 0;
  while (below + counts[low]! <= clipped) below += counts[low++]!;
  let above = 0;
  let high = counts.length - 1;
  while (above + counts[high]! <= clipped) above += counts[high--]!;
  return { min: Math.max(min, low * step - edge), max: Math.min(max, (high + 1) * step - edge) };
}

/**
 * The number of bins to keep such that the clipped distribution P, laid into `levels` steps (Q), is nearest to itself:
 * smallest Kullback-Leibler divergence sum P log(P / Q).
 * @param magnitudes counts of |x| from 0 on.
 */
export function entropyLimit(magnitudes: Float64Array, levels: number): number {
  const counts = Float64Array.from(magnitudes);
  // Zeros of a rectified tensor are exact in any scale; left in, they would drown everything else.
  if (counts.length > 1) counts[0] = counts[1]!;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let best = { bins: counts.length, divergence: Number.POSITIVE_INFINITY };
  let kept = 0;
  let summed = 0;
  const stride = 8;
  for (let bins = levels; bins < counts.length + stride; bins += stride) {
    const end = Math.min(bins, counts.length);
    while (summed < end) kept += counts[summed++]!;
    const divergence = divergenceAt(counts, end, levels, total - kept);
    if (divergence < best.divergence) best = { bins: end, divergence };
  }
  return best.bins;
}

function divergenceAt(counts: Float64Array, bins: number, levels: number, clipped: number): number {
  let kept = 0;
  for (let bin = 0; bin < bins; bin++) kept += counts[bin]!;
  if (kept === 0) return Number.POSITIVE_INFINITY;
  const total = kept + clipped;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const start = Math.floor((level * bins) / levels);
    const end = Math.floor(((level + 1) * bins) / levels);
    let sum = 0;
    let filled = 0;
    for (let bin = start; bin < end; bin++) {
      sum += counts[bin]!;
      if (counts[bin]! > 0) filled++;
    }
    for (let bin = start; bin < end; bin++) {
      const reference = counts[bin]! + (bin === bins - 1 ? clipped : 0);
      if (reference === 0) continue;
      // A level's count is spread evenly over those of its bins that hold anything. An empty last bin that takes the
      // clipped numbers has no counterpart; half a count keeps the logarithm finite and the threshold expensive.
      const share = filled === 0 || counts[bin]! === 0 ? 0.5 : sum / filled;
      divergence += (reference / total) * Math.log((reference * kept) / (total * share));
    }
  }
  return divergence;
}
