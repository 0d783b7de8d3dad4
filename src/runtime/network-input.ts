import type { CropWindow } from '../geometry/network-view.js';
import type { RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';
import { drawImage } from '../image/font.js';
import { resizeArea } from '../image/resize.js';
import type { ChannelOrder } from '../model-package/schema.js';
import { bytesPerPixel } from '../model-package/schema.js';

/**
 * The network's input from an image, as a stream hands it to the graph: cropped to the training field of view (rows
 * beyond the image are black), resized, bytes in the graph's order.
 * @returns uint8 [H, W, C], row-major.
 */
export function networkInput(
  image: RgbImage,
  crop: CropWindow,
  input: { readonly width: number; readonly height: number; readonly channels: ChannelOrder },
): Uint8Array<ArrayBuffer> {
  const cropped = createRgbImage(crop.width, crop.height);
  drawImage(cropped, -crop.x, -crop.y, image);
  return packed(resizeArea(cropped, input.width, input.height), input.channels);
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
