import { median } from '../base/statistics.js';
import type { FloatMap } from '../geometry/raster.js';

/**
 * The factor that brings a prediction without scale to the truth's: median(g) / median(p) over the pixels that count, p
 * before it is clipped (Zhou et al. 2017).
 * @returns 1 where no pixel counts.
 */
export function medianRatio(truthM: Float32Array, predictedM: Float32Array, mask: Uint8Array): number {
  const truth: number[] = [];
  const predicted: number[] = [];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    truth.push(truthM[i]!);
    predicted.push(predictedM[i]!);
  }
  const ratio = median(truth) / median(predicted);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
}

/** Middle of the ratios, and their standard deviation over it: how far a method is from knowing the scale. */
export function ratioSpread(ratios: readonly number[]): { readonly median: number; readonly spread: number } {
  const middle = median(ratios);
  const shares = ratios.map((ratio) => ratio / middle);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
  return { median: middle, spread: Math.sqrt(variance) };
}

/** A map read at the places of a coarser or finer one: column floor(x * in / out), as Make3D's tables resize. */
export function sampleNearest(map: FloatMap, width: number, height: number): FloatMap {
  if (map.width === width && map.height === height) return map;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * map.height) / height) * map.width;
    for (let x = 0; x < width; x++) data[y * width + x] = map.data[row + Math.floor((x * map.width) / width)]!;
  }
  return { width, height, data };
}
