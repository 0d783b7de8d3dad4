import type { RgbImage } from '../geometry/raster.js';
import { type Region, resizeArea } from '../image/resize.js';
import { bytesPerPixel, type PixelFormat } from './frame.js';
import type { ImageTarget } from './plan-network-input.js';

/**
 * Crops and resizes one decoded image as the target says, by box averaging as training images are; rows beyond its borders
 * are black. An image of another size than the target's source is cropped in the same shares of its sides.
 * @returns uint8 [H, W, C] in the target's format, row-major.
 */
export function networkImage(image: RgbImage, target: ImageTarget): Uint8Array<ArrayBuffer> {
  const sx = image.width / target.sourceWidth;
  const sy = image.height / target.sourceHeight;
  const wantedTop = target.crop.y * sy;
  const wantedHeight = target.crop.height * sy;
  const top = Math.max(0, Math.round(wantedTop));
  const bottom = Math.min(image.height, Math.round(wantedTop + wantedHeight));
  const left = Math.round(target.crop.x * sx);
  const region: Region = {
    x: left,
    y: top,
    width: Math.min(image.width - left, Math.round(target.crop.width * sx)),
    height: bottom - top,
  };
  const firstRow = Math.max(0, Math.round(((top - wantedTop) / wantedHeight) * target.height));
  const rows = Math.min(
    target.height - firstRow,
    Math.max(1, Math.round((region.height / wantedHeight) * target.height)),
  );
  const resized = resizeArea(image, target.width, rows, region);
  return reordered(resized.data, target.format, target.width * target.height, firstRow * target.width);
}

function reordered(rgb: Uint8Array, format: PixelFormat, pixels: number, firstPixel: number): Uint8Array<ArrayBuffer> {
  const stride = bytesPerPixel(format);
  const bytes = new Uint8Array(pixels * stride);
  if (format === 'RGB') {
    bytes.set(rgb, firstPixel * 3);
    return bytes;
  }
  const [red, blue] = format === 'BGRx' ? [2, 0] : [0, 2];
  for (let from = 0, to = firstPixel * stride; from < rgb.length; from += 3, to += stride) {
    bytes[to + red] = rgb[from]!;
    bytes[to + 1] = rgb[from + 1]!;
    bytes[to + blue] = rgb[from + 2]!;
    bytes[to + 3] = 255;
  }
  return bytes;
}
