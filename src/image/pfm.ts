import { CyclopsError } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { FloatMap } from '../geometry/raster.js';

/**
 * Parses a one-channel PFM ("Pf", Paul Debevec's portable float map): rows come bottom to top, a negative scale means
 * little endian. Infinity, Middlebury's mark for unknown, becomes NaN.
 * @param name what to call the file in an error.
 * @throws CyclopsError `IMAGE_INVALID`.
 */
export function parsePfm(bytes: Uint8Array, name: string): FloatMap {
  const head = String.fromCharCode(...bytes.subarray(0, 128));
  const match = /^Pf\s+(\d+)\s+(\d+)\s+(-?[\d.eE+]+)\s/.exec(head);
  if (match === null) {
    throw new CyclopsError('IMAGE_INVALID', `${name}: expected a one-channel PFM header ("Pf", width, height, scale)`);
  }
  const width = Number(match[1]);
  const height = Number(match[2]);
  const isLittleEndian = Number(match[3]) < 0;
  const body = bytes.subarray(match[0].length);
  const expected = width * height * 4;
  if (width === 0 || height === 0 || body.length !== expected) {
    throw new CyclopsError(
      'IMAGE_INVALID',
      `${name}: expected ${expected} bytes for ${width}x${height} floats, found ${body.length}`,
    );
  }
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (height - 1 - y) * width;
    for (let x = 0; x < width; x++) {
      const value = view.getFloat32((from + x) * 4, isLittleEndian);
      data[y * width + x] = Number.isFinite(value) ? value : Number.NaN;
    }
  }
  return { width, height, data };
}

/** Reads a one-channel PFM file; errors as `parsePfm` and `readBytes`. */
export async function readPfm(path: string): Promise<FloatMap> {
  return parsePfm(await readBytes(path), path);
}
