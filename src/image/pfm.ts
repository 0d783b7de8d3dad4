import { CyclopsError } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { FloatMap } from '../geometry/raster.js';

/** A larger side is a damaged header, not an image. */
const limitSide = 32_768;

/**
 * Decodes a grey portable float map: three lines of text (`Pf`, width and height, scale), then 32-bit floats, rows from
 * bottom to top; a negative scale says little endian. The scale's size is not applied, as no data set uses it. Values are
 * as stored, except that infinity (Middlebury's "unknown") becomes NaN.
 * @throws CyclopsError `IMAGE_INVALID`.
 */
export function decodePfm(bytes: Uint8Array, name: string): FloatMap {
  const head = /^(P[fF])\s+(\d{1,6})\s+(\d{1,6})\s+(-?[\d.]+(?:[eE][-+]?\d+)?)(?:\r\n|\s)/.exec(
    new TextDecoder('latin1').decode(bytes.subarray(0, 128)),
  );
  if (head === null) throw invalid(name, 'expected the header of a PFM file');
  const [text, kind, width, height, scale] = [head[0], head[1], Number(head[2]), Number(head[3]), Number(head[4])];
  if (kind === 'PF') throw invalid(name, 'expected one value a pixel (Pf), found three (PF)');
  if (!(width > 0 && height > 0 && width <= limitSide && height <= limitSide)) {
    throw invalid(name, `expected sides from 1 to ${limitSide}, found ${width}x${height}`);
  }
  const expected = text.length + width * height * 4;
  if (bytes.length !== expected)
    throw invalid(name, `expected ${expected} bytes for ${width}x${height}, found ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + text.length, width * height * 4);
  const isLittle = scale < 0;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (height - 1 - y) * width;
    for (let x = 0; x < width; x++) {
      const value = view.getFloat32((from + x) * 4, isLittle);
      data[y * width + x] = Number.isFinite(value) ? value : Number.NaN;
    }
  }
  return { width, height, data };
}

/** Encodes a grey PFM, little endian; the inverse of `decodePfm`, unknown values as infinity. */
export function encodePfm(map: FloatMap): Uint8Array {
  const header = new TextEncoder().encode(`Pf\n${map.width} ${map.height}\n-1.0\n`);
  const bytes = new Uint8Array(header.length + map.data.length * 4);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  for (let y = 0; y < map.height; y++) {
    const to = (map.height - 1 - y) * map.width;
    for (let x = 0; x < map.width; x++) {
      const value = map.data[y * map.width + x]!;
      view.setFloat32((to + x) * 4, Number.isNaN(value) ? Number.POSITIVE_INFINITY : value, true);
    }
  }
  return bytes;
}

/** Reads a PFM file; errors as `decodePfm` and `readBytes`. */
export async function readPfm(path: string): Promise<FloatMap> {
  return decodePfm(await readBytes(path), path);
}

function invalid(name: string, reason: string): CyclopsError {
  return new CyclopsError('IMAGE_INVALID', `${name}: ${reason}`);
}
