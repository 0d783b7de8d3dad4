import type { CropWindow } from '../geometry/network-view.js';
import type { RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';
import { drawImage } from '../image/font.js';
import { resizeArea } from '../image/resize.js';
import type { ChannelOrder } from '../model-package/schema.js';
import { bytesPerPixel } from '../model-package/schema.js';

/**
 * A picture as the runtime would hand it to an exported graph: cut to the training field of view (rows beyond the image
 * are black), resized, bytes in the graph's order.
 * @returns uint8 [H, W, C], row-major.
 */
export function networkPicture(
  image: RgbImage,
  crop: CropWindow,
  input: { readonly width: number; readonly height: number; readonly channels: ChannelOrder },
): Uint8Array<ArrayBuffer> {
  const cut = createRgbImage(crop.width, crop.height);
  drawImage(cut, -crop.x, -crop.y, image);
  return packed(resizeArea(cut, input.width, input.height), input.channels);
}

function packed(image: RgbImage, channels: ChannelOrder): Uint8Array<ArrayBuffer> {
  const step = bytesPerPixel(channels);
  const [red, blue] = channels === 'BGRx' ? [2, 0] : [0, 2];
  const out = new Uint8Array(image.width * image.height * step);
  for (let from = 0, to = 0; from < image.data.length; from += 3, to += step) {
    out[to + red] = image.data[from]!;
    out[to + 1] = image.data[from + 1]!;
    out[to + blue] = image.data[from + 2]!;
    if (step === 4) out[to + 3] = 255;
  }
  return out;
}
