import type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';
import type { AxisWeights } from './resample.js';
import { areaWeights, linearWeights, nearestIndices } from './resample.js';

/** A rectangle of an image, whole px, left top corner at (x, y). */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Resizes an image by exact box averaging (linear along an axis that grows): what photographs need when they shrink.
 * @param region the part to read; the whole image unless given.
 */
export function resizeArea(image: RgbImage, width: number, height: number, region: Region = whole(image)): RgbImage {
  return resample(image, region, areaWeights(region.width, width), areaWeights(region.height, height));
}

/** Resizes an image linearly at half-pixel centres: what ONNX `Resize` (half_pixel) and OpenCV do. Aliases if it shrinks. */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  return resample(image, whole(image), linearWeights(image.width, width), linearWeights(image.height, height));
}

/** Rows are mixed first, into one float row, then columns, so that every input row is read in order. */
function resample(image: RgbImage, region: Region, columns: AxisWeights, rows: AxisWeights): RgbImage {
  const width = columns.first.length;
  const height = rows.first.length;
  const rowLength = region.width * 3;
  const row = new Float32Array(rowLength);
  const source = image.data;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < rows.count[y]!; k++) {
      const weight = rows.weight[y * rows.stride + k]!;
      const from = ((region.y + rows.first[y]! + k) * image.width + region.x) * 3;
      if (k === 0) for (let i = 0; i < rowLength; i++) row[i] = weight * source[from + i]!;
      else for (let i = 0; i < rowLength; i++) row[i] = row[i]! + weight * source[from + i]!;
    }
    mixColumns(row, columns, data, y * width * 3);
  }
  return { width, height, data };
}

function mixColumns(row: Float32Array, columns: AxisWeights, out: Uint8Array, at: number): void {
  const { first, count, weight, stride } = columns;
  for (let x = 0; x < first.length; x++) {
    let red = 0.5; // the store below cuts off: half a step makes it round
    let green = 0.5;
    let blue = 0.5;
    let from = first[x]! * 3;
    const begin = x * stride;
    const end = begin + count[x]!;
    for (let k = begin; k < end; k++) {
      const share = weight[k]!;
      red += share * row[from]!;
      green += share * row[from + 1]!;
      blue += share * row[from + 2]!;
      from += 3;
    }
    const to = at + x * 3;
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
  }
}

/** Resizes a mask to the nearest pixel. */
export function resizeMaskNearest(mask: MaskMap, width: number, height: number, region: Region = whole(mask)): MaskMap {
  const columns = nearestIndices(region.width, width);
  const rows = nearestIndices(region.height, height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (region.y + rows[y]!) * mask.width + region.x;
    for (let x = 0; x < width; x++) data[y * width + x] = mask.data[from + columns[x]!]!;
  }
  return { width, height, data };
}

/** Resizes a map linearly at half-pixel centres, values unchanged; a position that touches an unknown value is unknown. */
export function resizeMapBilinear(map: FloatMap, width: number, height: number, region?: Region): FloatMap {
  const { x: left, y: top, width: inWidth, height: inHeight } = region ?? whole(map);
  const columns = linearWeights(inWidth, width);
  const rows = linearWeights(inHeight, height);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const shareY = rows.weight[2 * y + 1]!;
    const upper = (top + rows.first[y]!) * map.width + left;
    const lower = shareY === 0 ? upper : upper + map.width;
    for (let x = 0; x < width; x++) {
      const share = columns.weight[2 * x + 1]!;
      const a = columns.first[x]!;
      const b = share === 0 ? a : a + 1;
      const high = map.data[upper + a]! * (1 - share) + map.data[upper + b]! * share;
      const low = map.data[lower + a]! * (1 - share) + map.data[lower + b]! * share;
      data[y * width + x] = high * (1 - shareY) + low * shareY;
    }
  }
  return { width, height, data };
}

/**
 * Resizes dense disparity and multiplies it by the width ratio. Linear where the four neighbours lie on one surface
 * (they span at most `edgePx` before scaling), else the nearest of them: no value between two surfaces is invented, and
 * an unknown neighbour never spreads.
 */
export function resizeDisparity(map: FloatMap, width: number, height: number, region?: Region, edgePx = 1): FloatMap {
  const { x: left, y: top, width: inWidth, height: inHeight } = region ?? whole(map);
  const columns = linearWeights(inWidth, width);
  const rows = linearWeights(inHeight, height);
  const scale = width / inWidth;
  const source = map.data;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const shareY = rows.weight[2 * y + 1]!;
    const upper = (top + rows.first[y]!) * map.width + left;
    const lower = shareY === 0 ? upper : upper + map.width;
    for (let x = 0; x < width; x++) {
      const share = columns.weight[2 * x + 1]!;
      const a = columns.first[x]!;
      const b = share === 0 ? a : a + 1;
      const upperA = source[upper + a]!;
      const upperB = source[upper + b]!;
      const lowerA = source[lower + a]!;
      const lowerB = source[lower + b]!;
      const span = Math.max(upperA, upperB, lowerA, lowerB) - Math.min(upperA, upperB, lowerA, lowerB);
      let value: number;
      // An unknown neighbour makes the span NaN, and so takes the branch of edges.
      if (span <= edgePx) {
        const high = upperA * (1 - share) + upperB * share;
        const low = lowerA * (1 - share) + lowerB * share;
        value = high * (1 - shareY) + low * shareY;
      } else {
        value = shareY < 0.5 ? (share < 0.5 ? upperA : upperB) : share < 0.5 ? lowerA : lowerB;
      }
      data[y * width + x] = value * scale;
    }
  }
  return { width, height, data };
}

/**
 * Resizes sparse disparity (lidar) by moving each measurement to row floor(y * H'/H), column floor(x * W'/W), times the
 * width ratio (Guo et al. 2018, released code). Where several meet, the nearest surface wins.
 */
export function scatterDisparity(map: FloatMap, width: number, height: number, region?: Region): FloatMap {
  const { x: left, y: top, width: inWidth, height: inHeight } = region ?? whole(map);
  const scale = width / inWidth;
  const data = new Float32Array(width * height).fill(Number.NaN);
  for (let y = 0; y < inHeight; y++) {
    const outRow = Math.floor((y * height) / inHeight) * width;
    for (let x = 0; x < inWidth; x++) {
      const value = map.data[(top + y) * map.width + left + x]! * scale;
      if (Number.isNaN(value)) continue;
      const to = outRow + Math.floor((x * width) / inWidth);
      const before = data[to]!;
      if (!(before >= value)) data[to] = value;
    }
  }
  return { width, height, data };
}

function whole(raster: { readonly width: number; readonly height: number }): Region {
  return { x: 0, y: 0, width: raster.width, height: raster.height };
}
