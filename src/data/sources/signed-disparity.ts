import { CyclopsError } from '../../base/errors.js';
import type { FloatMap } from '../../geometry/raster.js';
import { readPfm } from '../../image/pfm.js';

/** Share of the measured pixels that may have the wrong sign (they become unknown) before the file is refused. */
const limitWrongShare = 0.01;

/**
 * Reads disparity from a PFM in which its publisher writes it with a sign.
 * @param sign of the values as published.
 * @returns px, positive; NaN = unknown, and where a few pixels have the other sign.
 * @throws CyclopsError `DATA_INVALID` where the file has the other sign; `IMAGE_INVALID` and those of `readBytes`.
 */
export async function readSignedDisparity(path: string, sign: 'positive' | 'negative'): Promise<FloatMap> {
  const { width, height, data } = await readPfm(path);
  const factor = sign === 'positive' ? 1 : -1;
  const disparity = data.map((value) => (value * factor < 0 ? Number.NaN : Math.abs(value)));
  let known = 0;
  let wrong = 0;
  for (const value of data) {
    if (Number.isNaN(value)) continue;
    known++;
    if (value * factor < 0) wrong++;
  }
  if (wrong > known * limitWrongShare) {
    const other = sign === 'positive' ? 'negative' : 'positive';
    throw new CyclopsError(
      'DATA_INVALID',
      `${path}: expected ${sign} disparity as this layout has it, found ${wrong} of ${known} pixels ${other}`,
    );
  }
  return { width, height, data: disparity };
}
