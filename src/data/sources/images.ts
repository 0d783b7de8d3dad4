import { CyclopsError } from '../../base/errors.js';
import { readBytes } from '../../base/files.js';
import type { RgbImage } from '../../geometry/raster.js';
import { decodeRgb, storedForm } from '../../image/codec.js';

/** A 16-bit image of which no value reaches this holds fewer bits: shown as 8 bits it would be nearly black. */
const fullRangeFrom = 2 ** 14;

/**
 * Reads an image of a data set: 8 bits a channel, upright. Pixels must lie as the calibration and the truth have them, so
 * what would have to be turned or rescaled first is refused.
 * @throws CyclopsError `IMAGE_INVALID`, also for an EXIF orientation and for 10 to 14 bits in 16; those of `readBytes`.
 */
export async function readImage(path: string): Promise<RgbImage> {
  const bytes = await readBytes(path);
  const image = await decodeRgb(bytes, path);
  const { orientation, largestOf16Bits: largest } = await storedForm(bytes);
  if (orientation > 1) {
    throw new CyclopsError(
      'IMAGE_INVALID',
      `${path}: expected an upright image, found EXIF orientation ${orientation}; the calibration holds for the stored pixels: turn the image files and their calibration, and remove the tag`,
    );
  }
  if (largest !== undefined && largest < fullRangeFrom) {
    const bits = Math.max(8, Math.ceil(Math.log2(largest + 1)));
    throw new CyclopsError(
      'IMAGE_INVALID',
      `${path}: expected 8 bits a channel, or 16 that are used, found values up to ${largest} in 16 bits, as a camera of ${bits} bits gives them; write 8 bits a channel (value / ${2 ** (bits - 8)})`,
    );
  }
  return image;
}
