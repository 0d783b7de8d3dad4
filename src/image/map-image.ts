import type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';

/** Shares of 0..1, or a mask, as a grey image: 1 is white; unknown is black. */
export function greyImage({ width, height, data }: FloatMap | MaskMap): RgbImage {
  const image = createRgbImage(width, height);
  for (let i = 0; i < data.length; i++) image.data.fill(Math.round(255 * data[i]!), i * 3, i * 3 + 3);
  return image;
}

/**
 * A range of disparity for its colours, px: the middle 96 % of the known values, so that one wild pixel does not flatten
 * them. It begins at 0.5 px at least, and its end is at least one and a half times its beginning.
 */
export function middleRange(map: FloatMap): { readonly low: number; readonly high: number } {
  const known = map.data.filter((value) => value > 0).sort();
  const low = Math.max(0.5, known[Math.floor(known.length * 0.02)] ?? 0.5);
  return { low, high: Math.max(low * 1.5, known[Math.floor(known.length * 0.98)] ?? 1) };
}

/**
 * Lets each measurement fill its neighbourhood where nothing was measured: single lidar dots are hardly seen, and vanish in
 * a small image.
 * @param reach px to each side: 1 for 3x3.
 */
export function dilateSparse({ width, height, data }: FloatMap, reach: number): FloatMap {
  const out = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]!;
      if (Number.isNaN(value)) continue;
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
          const at = row * width + column;
          if (Number.isNaN(out[at]!)) out[at] = value;
        }
      }
    }
  }
  return { width, height, data: out };
}
