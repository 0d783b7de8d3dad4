import type { FloatMap, MaskMap } from './raster.js';
import { createMaskMap } from './raster.js';

/**
 * Which left pixels are seen by the right camera too, by the left-right check (Guo et al. 2018, equation 1):
 * visible where |d_L(x, y) - d_R(x - d_L, y)| <= tolerance, d_R read linearly; a match outside the image is occluded.
 * @param left px, left view; NaN = unknown, counts as not visible.
 * @param right px, right view, same size.
 */
export function visibleInRight(left: FloatMap, right: FloatMap, tolerancePx = 1): MaskMap {
  return checkConsistency(left, right, -1, tolerancePx);
}

/** As `visibleInRight` with the roles swapped: right (x, y) matches left (x + d_R, y). */
export function visibleInLeft(right: FloatMap, left: FloatMap, tolerancePx = 1): MaskMap {
  return checkConsistency(right, left, 1, tolerancePx);
}

function checkConsistency(own: FloatMap, other: FloatMap, direction: -1 | 1, tolerancePx: number): MaskMap {
  const { width, height } = own;
  const visible = createMaskMap(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = y * width + x;
      const disparity = own.data[index]!;
      const matchX = x + direction * disparity;
      if (!(matchX >= 0 && matchX <= width - 1)) continue;
      const floor = Math.min(Math.floor(matchX), width - 2);
      const share = matchX - floor;
      const row = y * width + floor;
      const matched = other.data[row]! * (1 - share) + other.data[row + 1]! * share;
      if (Math.abs(disparity - matched) <= tolerancePx) visible.data[index] = 1;
    }
  }
  return visible;
}
