import sharp from 'sharp';
import { CyclopsError, messageOf } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import type { RgbImage } from '../geometry/raster.js';

/** Larger images are refused before a buffer is made: 64 Mpx is eight 8K frames, beyond any rig of ours. */
const limitPixels = 64 * 1024 * 1024;

// Loading runs one decode a worker thread, so libvips must not start threads of its own nor keep decoded images.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes a PNG or JPEG (whatever sharp knows) to 8-bit RGB with the values as stored: no colour management, no EXIF
 * rotation, because calibrations hold for the stored pixels. Alpha is dropped; grey becomes three equal channels.
 * @param name what to call the image in an error, usually its path.
 * @throws CyclopsError `IMAGE_INVALID` for anything truncated, corrupt, unknown or over 64 Mpx.
 */
export async function decodeRgb(bytes: Uint8Array, name: string): Promise<RgbImage> {
  if (bytes.length === 0) throw new CyclopsError('IMAGE_INVALID', `${name}: expected an image, found an empty file`);
  try {
    const input = sharp(bytes, { failOn: 'error', limitInputPixels: limitPixels, ignoreIcc: true });
    const { data, info } = await input
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`expected 3 colour channels, found ${info.channels}`);
    return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  } catch (error) {
    const reason = messageOf(error).split('\n')[0];
    throw new CyclopsError('IMAGE_INVALID', `${name}: not a readable image (${bytes.length} bytes): ${reason}`, {
      cause: error,
    });
  }
}

/** Reads and decodes one image file; errors as `decodeRgb` and `readBytes`. */
export async function readRgb(path: string): Promise<RgbImage> {
  return decodeRgb(await readBytes(path), path);
}

/** What a file says of its pixels beside their values. */
export interface StoredForm {
  /** EXIF's: 1 = upright, 2 to 8 = turned or mirrored. */
  readonly orientation: number;
  /** The largest value of any channel, of images that store more than 8 bits. */
  readonly largestOf16Bits?: number;
}

/** How an image that `decodeRgb` takes is stored: that returns 8 bits as they lie. */
export async function storedForm(bytes: Uint8Array): Promise<StoredForm> {
  const { orientation = 1, depth } = await sharp(bytes, { limitInputPixels: limitPixels }).metadata();
  if (depth !== 'ushort') return { orientation };
  const { channels } = await sharp(bytes, { limitInputPixels: limitPixels }).stats();
  return { orientation, largestOf16Bits: Math.max(...channels.map(({ max }) => max)) };
}

/** Encodes an image as PNG, lossless. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  return rawInput(image).png({ compressionLevel: 6 }).toBuffer();
}

/** Encodes an image as JPEG; quality 1..100. */
export async function encodeJpeg(image: RgbImage, quality = 92): Promise<Uint8Array> {
  return rawInput(image).jpeg({ quality }).toBuffer();
}

/** An image as a camera's pipeline delivers it: rows without padding, R, G, B and where there are 4 channels an ignored byte. */
export interface CapturedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

/** Encodes a camera's image, in a thread of libvips; JPEG with quality 1..100, PNG quickly rather than small. */
export async function encodeCaptured(
  { width, height, channels, data }: CapturedImage,
  kind: 'jpg' | 'png',
  quality: number,
): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width, height, channels } });
  const opaque = channels === 4 ? image.removeAlpha() : image;
  return (kind === 'png' ? opaque.png({ compressionLevel: 2 }) : opaque.jpeg({ quality })).toBuffer();
}

function rawInput(image: RgbImage) {
  const { width, height, data } = image;
  if (data.length !== width * height * 3) {
    throw new Error(`assertion failed: image ${width}x${height} with ${data.length} bytes`);
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}
