import { CyclopsError } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { FloatMap, MaskMap } from '../geometry/raster.js';
import { createFloatMap, createMaskMap } from '../geometry/raster.js';
import { decodeGreyPng, decodeGreySamples, encodeGreyPng } from './png-grey.js';

/** KITTI's unit on disk: one step is 1/256 px of disparity, or 1/256 m of depth. */
const stepsPerUnit = 256;

/**
 * Disparity (px) or depth (m) as a 16-bit grey PNG in KITTI's convention: value = round(256 * x), 0 = none. Unknown,
 * infinite and non-positive values become 0; known ones stay known (at least 1 step) and saturate at 65535/256.
 */
export function encodePng16(map: FloatMap): Uint8Array {
  const data = new Uint16Array(map.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = map.data[i]!;
    if (value > 0 && value < Number.POSITIVE_INFINITY) {
      data[i] = Math.min(65535, Math.max(1, Math.round(value * stepsPerUnit)));
    }
  }
  return encodeGreyPng({ width: map.width, height: map.height, data });
}

/**
 * The inverse of `encodePng16`: px or metres; 0 on disk becomes NaN.
 * @throws CyclopsError `IMAGE_INVALID`, also for a PNG that has only 8 bits.
 */
export function decodePng16(bytes: Uint8Array, name: string): FloatMap {
  const { width, height, depth, samples } = decodeGreySamples(bytes, name);
  if (depth !== 16) throw new CyclopsError('IMAGE_INVALID', `${name}: expected 16 bits a pixel, found 8`);
  const values = new Float32Array(width * height);
  for (let i = 0, at = 0; i < values.length; i++, at += 2) {
    const steps = (samples[at]! << 8) | samples[at + 1]!;
    values[i] = steps === 0 ? Number.NaN : steps / stepsPerUnit;
  }
  return { width, height, data: values };
}

/** Reads a 16-bit PNG of disparity or depth; errors as `decodePng16` and `readBytes`. */
export async function readPng16(path: string): Promise<FloatMap> {
  return decodePng16(await readBytes(path), path);
}

/** A mask as an 8-bit grey PNG: 255 = true. */
export function encodeMaskPng(mask: MaskMap): Uint8Array {
  return encodeGreyPng({ width: mask.width, height: mask.height, data: mask.data.map((bit) => (bit === 0 ? 0 : 255)) });
}

/** The inverse of `encodeMaskPng`: any value of at least half the range is true. @throws CyclopsError `IMAGE_INVALID`. */
export function decodeMaskPng(bytes: Uint8Array, name: string): MaskMap {
  const { width, height, data } = decodeGreyPng(bytes, name);
  const half = data instanceof Uint8Array ? 128 : 32768;
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (data[i]! >= half) mask.data[i] = 1;
  return mask;
}

/** Shares of 0..1 as an 8-bit grey PNG: value = round(255 * x), clipped; unknown becomes 0. */
export function encodeSharePng(map: FloatMap): Uint8Array {
  const data = new Uint8Array(map.data.length);
  for (let i = 0; i < data.length; i++) {
    const share = map.data[i]!;
    if (share > 0) data[i] = Math.round(Math.min(1, share) * 255);
  }
  return encodeGreyPng({ width: map.width, height: map.height, data });
}

/** The inverse of `encodeSharePng`: 0..1. @throws CyclopsError `IMAGE_INVALID`. */
export function decodeSharePng(bytes: Uint8Array, name: string): FloatMap {
  const { width, height, data } = decodeGreyPng(bytes, name);
  const full = data instanceof Uint8Array ? 255 : 65535;
  const shares = createFloatMap(width, height);
  for (let i = 0; i < data.length; i++) shares.data[i] = data[i]! / full;
  return shares;
}
