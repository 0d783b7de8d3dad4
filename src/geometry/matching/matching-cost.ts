import type { RgbImage } from '../raster.js';

/** Costs of matching, row-major H*W*levels: at [(y * width + x) * levels + d] that of left (x, y) with right (x - d, y). */
export interface CostVolume {
  readonly width: number;
  readonly height: number;
  readonly levels: number;
  readonly data: Uint8Array;
}

/** Edges steeper than this do not count for more. */
const edgeCap = 63;

/** Brightness counts for a quarter of what edges do. */
const brightnessShift = 2;

/** Cost of a pixel whose match would lie outside the right image: about that of an unrelated one. */
const outsideCost = 20;

/** Costs are means over windows of 5x5 px. */
export const windowRadius = 2;
const side = 2 * windowRadius + 1;

/** One image as matching sees it: what it holds and how far each value reaches half a pixel to either side. */
interface Channel {
  readonly value: Uint8Array;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/**
 * Matching costs 0..189 of all whole disparities 0..levels-1: the sampling-insensitive difference of Birchfield and Tomasi
 * (PAMI 1998, equations 1 to 3) of horizontal Sobel edges, clipped at 63, plus a quarter of that of brightness, as the mean
 * over 5x5 px. Borders are continued. Memory: one byte a cost, and 7 * width * levels bytes beside.
 * @param left, right rectified images of one size.
 */
export function matchingCost(left: RgbImage, right: RgbImage, levels: number): CostVolume {
  const { width, height } = left;
  const views = [left, right].map((image) => {
    const grey = greyOf(image);
    return { edges: withReach(edgesOf(grey, width, height), width), brightness: withReach(grey, width) };
  });
  const rowLength = width * levels;
  const data = new Uint8Array(rowLength * height);
  // Pixel costs of the rows under the window, and their sum over its height.
  const rows = Array.from({ length: side }, () => new Uint8Array(rowLength));
  const column = new Uint16Array(rowLength);
  const sum = new Int32Array(levels);
  const rowAt = (y: number): Uint8Array => rows[Math.min(height - 1, Math.max(0, y)) % side]!;

  for (let y = 0; y < height; y++) {
    if (y === 0) {
      for (let below = 0; below <= Math.min(windowRadius, height - 1); below++) costRow(below);
      for (let dy = -windowRadius; dy <= windowRadius; dy++) addRow(rowAt(dy), 1);
    } else {
      // The row that leaves is taken off before the one that enters takes its place.
      addRow(rowAt(y - windowRadius - 1), -1);
      if (y + windowRadius < height) costRow(y + windowRadius);
      addRow(rowAt(y + windowRadius), 1);
    }
    writeMeans(y * rowLength);
  }
  return { width, height, levels, data };

  function costRow(y: number): void {
    const out = rowAt(y);
    rowCosts(views[0]!.edges, views[1]!.edges, y, width, levels, 0, out);
    rowCosts(views[0]!.brightness, views[1]!.brightness, y, width, levels, brightnessShift, out);
  }

  function addRow(row: Uint8Array, sign: 1 | -1): void {
    for (let i = 0; i < rowLength; i++) column[i] = column[i]! + sign * row[i]!;
  }

  function writeMeans(at: number): void {
    const from = (x: number): number => Math.min(width - 1, Math.max(0, x)) * levels;
    sum.fill(0);
    for (let x = -windowRadius; x <= windowRadius; x++) {
      const enters = from(x);
      for (let d = 0; d < levels; d++) sum[d] = sum[d]! + column[enters + d]!;
    }
    for (let x = 0; x < width; x++) {
      const out = at + x * levels;
      const leaves = from(x - windowRadius);
      const enters = from(x + windowRadius + 1);
      for (let d = 0; d < levels; d++) {
        const total = sum[d]!;
        data[out + d] = (total / (side * side)) | 0;
        sum[d] = total + column[enters + d]! - column[leaves + d]!;
      }
    }
  }
}

/** One row's pixel costs of one channel; the first channel (shift 0) sets them, others add. */
function rowCosts(
  left: Channel,
  right: Channel,
  y: number,
  width: number,
  levels: number,
  shift: number,
  out: Uint8Array,
): void {
  const row = y * width;
  for (let x = 0; x < width; x++) {
    const value = left.value[row + x]!;
    const low = left.low[row + x]!;
    const high = left.high[row + x]!;
    const at = x * levels;
    const inside = Math.min(levels, x + 1);
    for (let d = 0; d < inside; d++) {
      const match = row + x - d;
      const other = right.value[match]!;
      const toRight = Math.max(0, value - right.high[match]!, right.low[match]! - value);
      const toLeft = Math.max(0, other - high, low - other);
      const cost = Math.min(toRight, toLeft) >> shift;
      out[at + d] = shift === 0 ? cost : out[at + d]! + cost;
    }
    if (shift === 0) for (let d = inside; d < levels; d++) out[at + d] = outsideCost;
  }
}

/** Luma of ITU-R BT.601, rounded. */
export function greyOf({ width, height, data }: RgbImage): Uint8Array {
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]! + 0.5;
  }
  return grey;
}

/** Horizontal Sobel edges, clipped at +-63, plus 63. */
function edgesOf(grey: Uint8Array, width: number, height: number): Uint8Array {
  const edges = new Uint8Array(grey.length);
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const row = y * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const l = Math.max(0, x - 1);
      const r = Math.min(width - 1, x + 1);
      const edge =
        grey[above + r]! -
        grey[above + l]! +
        2 * (grey[row + r]! - grey[row + l]!) +
        grey[below + r]! -
        grey[below + l]!;
      edges[row + x] = Math.max(-edgeCap, Math.min(edgeCap, edge)) + edgeCap;
    }
  }
  return edges;
}

/** Smallest and largest value between the middles to both neighbours of a row. */
function withReach(value: Uint8Array, width: number): Channel {
  const low = new Uint8Array(value.length);
  const high = new Uint8Array(value.length);
  for (let i = 0; i < value.length; i++) {
    const x = i % width;
    const own = value[i]!;
    const before = x === 0 ? own : (own + value[i - 1]!) >> 1;
    const after = x === width - 1 ? own : (own + value[i + 1]!) >> 1;
    low[i] = Math.min(own, before, after);
    high[i] = Math.max(own, before, after);
  }
  return { value, low, high };
}
