import type { FloatMap } from '../geometry/raster.js';

/**
 * Fills the gaps of a prediction before it is scored, as KITTI's development kit does ("background interpolation"): a gap
 * in a row takes the smaller disparity of its two ends, a gap at the border of a row the end it has; rows without any
 * value then take their column's nearest row. Without any value at all, disparity is 0.
 * @param predicted px; NaN, infinite values and those below `leastPx` count as missing.
 * @param leastPx the disparity of what is infinitely far: 0, or -doffs where the principal points differ.
 */
export function fillMissing(predicted: FloatMap, leastPx = 0): FloatMap {
  const { width, height } = predicted;
  const data = predicted.data.map((d) => (isGiven(d, leastPx) ? d : Number.NaN));
  const filledRows: number[] = [];
  for (let y = 0; y < height; y++) {
    if (fillRow(data.subarray(y * width, (y + 1) * width))) filledRows.push(y);
  }
  if (filledRows.length === 0) return { width, height, data: data.fill(0) };
  for (let y = 0, next = 0; y < height; y++) {
    while (next + 1 < filledRows.length && Math.abs(filledRows[next + 1]! - y) <= Math.abs(filledRows[next]! - y))
      next++;
    const from = filledRows[next]!;
    if (from !== y && Number.isNaN(data[y * width]!)) data.copyWithin(y * width, from * width, (from + 1) * width);
  }
  return { width, height, data };
}

/** @returns whether the row had any value; without one it stays unknown. */
function fillRow(row: Float32Array): boolean {
  let before = Number.NaN;
  for (let x = 0; x < row.length; x++) {
    if (!Number.isNaN(row[x]!)) {
      before = row[x]!;
      continue;
    }
    let end = x;
    while (end < row.length && Number.isNaN(row[end]!)) end++;
    const after = end < row.length ? row[end]! : Number.NaN;
    const value = Number.isNaN(before) ? after : Number.isNaN(after) ? before : Math.min(before, after);
    row.fill(value, x, end);
    x = end - 1;
  }
  return !Number.isNaN(row[0]!);
}

/** Whether a prediction says anything at a pixel. */
function isGiven(disparityPx: number, leastPx: number): boolean {
  return disparityPx >= leastPx && disparityPx < Number.POSITIVE_INFINITY;
}

/** Why a prediction says nothing in the whole image; undefined where it says anything. */
export function emptyReason({ data }: FloatMap, leastPx = 0): string | undefined {
  if (data.some((d) => isGiven(d, leastPx))) return undefined;
  const most = data.reduce((max, d) => (Number.isFinite(d) ? Math.max(max, d) : max), Number.NEGATIVE_INFINITY);
  const found = Number.isFinite(most) ? `the largest disparity is ${most.toFixed(1)} px` : 'it has no value';
  return `nothing was predicted: ${found}, expected ${leastPx === 0 ? 0 : leastPx.toFixed(1)} px or more`;
}

/** Share of the mask's pixels for which a prediction has a usable value, 0..1. */
export function densityOf(predicted: FloatMap, mask: Uint8Array, leastPx = 0): number {
  let wanted = 0;
  let given = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    wanted++;
    if (isGiven(predicted.data[i]!, leastPx)) given++;
  }
  return wanted === 0 ? 1 : given / wanted;
}
