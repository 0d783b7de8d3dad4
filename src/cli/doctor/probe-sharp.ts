// Encodes an image as JPEG and decodes it again; run by examineSharp in a process of its own.
import { decodeRgb, encodeJpeg } from '../../image/codec.js';

const grey = { width: 16, height: 8, data: new Uint8Array(16 * 8 * 3).fill(128) };
const { width, height, data } = await decodeRgb(await encodeJpeg(grey), 'the probe image');

process.stdout.write(
  `${JSON.stringify({
    isRight: width === 16 && height === 8 && data.every((value) => Math.abs(value - 128) <= 2),
  })}\n`,
);
