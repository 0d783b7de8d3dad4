/** An image of 8-bit sRGB pixels, rows top to bottom, interleaved R,G,B. `data.length === width * height * 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** One float a pixel, row-major H*W. Unit and meaning of unknown values are the owner's. */
export interface FloatMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** One byte a pixel, row-major H*W: 1 = true. */
export interface MaskMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A black image. */
export function createRgbImage(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

/** A map filled with one value (0 unless given). */
export function createFloatMap(width: number, height: number, value = 0): FloatMap {
  const data = new Float32Array(width * height);
  if (value !== 0) data.fill(value);
  return { width, height, data };
}

/** A mask of zeros. */
export function createMaskMap(width: number, height: number): MaskMap {
  return { width, height, data: new Uint8Array(width * height) };
}
