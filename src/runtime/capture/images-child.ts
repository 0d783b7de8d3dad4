/**
 * The capture process of a folder of pictures: decodes, cuts and resizes one after the other and writes them into the pipe
 * in the same protocol as GStreamer does. Not GStreamer, because its image sources want numbered names, one kind and one
 * size; here a damaged picture is named, and resizing is that of the training data.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { messageOf } from '../../base/errors.js';
import type { RgbImage } from '../../geometry/raster.js';
import { readRgb } from '../../image/codec.js';
import { type Region, resizeArea } from '../../image/resize.js';
import { bytesPerPixel, type ChannelOrder } from '../../model-package/schema.js';
import { formatGdpHeader } from './gdp.js';
import { type FromChild, type ImagesJob, picturesFd, type ToChild } from './messages.js';

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToChild) => {
  if (message.type === 'stop') process.exit(0);
  if (message.type === 'start' && message.job.kind === 'image-files') {
    show(message.job).catch((error: unknown) => {
      send({ type: 'fault', reason: 'bad-image', message: messageOf(error) });
    });
  }
});
send({ type: 'loaded' });

async function show(job: ImagesJob): Promise<void> {
  const pipe = createWriteStream('', { fd: picturesFd, highWaterMark: 1 });
  // The reader has gone: the parent ends this process, there is nothing to tell.
  pipe.on('error', () => process.exit(0));
  const write = async (bytes: Uint8Array) => {
    if (!pipe.write(bytes)) await once(pipe, 'drain');
  };
  const rate = fractionText(job.fps);
  const caps = Buffer.from(
    `video/x-raw, format=(string)${job.format}, width=(int)${job.width}, height=(int)${job.height}, framerate=(fraction)${rate}\0`,
  );
  await write(formatGdpHeader({ kind: 'caps', length: caps.length }));
  await write(caps);
  const startMs = performance.now();
  let index = 0;
  do {
    for (const path of job.paths) {
      const picture = pictureFor(await readRgb(path), job);
      const timeMs = (index * 1000) / job.fps;
      if (job.pace === 'real-time') await waitUntil(startMs + timeMs);
      const ptsNs = BigInt(Math.round(timeMs * 1e6));
      await write(formatGdpHeader({ kind: 'buffer', length: picture.length, ptsNs, offset: BigInt(index) }));
      await write(picture);
      index++;
    }
  } while (job.loop);
  send({ type: 'end' });
}

/** Cuts and resizes one picture as the job says; rows beyond its borders are black. */
function pictureFor(image: RgbImage, job: ImagesJob): Uint8Array {
  // A picture of another size than the first is cut in the same shares of its sides.
  const sx = image.width / job.sourceWidth;
  const sy = image.height / job.sourceHeight;
  const wantedTop = job.crop.y * sy;
  const wantedHeight = job.crop.height * sy;
  const top = Math.max(0, Math.round(wantedTop));
  const bottom = Math.min(image.height, Math.round(wantedTop + wantedHeight));
  const left = Math.round(job.crop.x * sx);
  const region: Region = {
    x: left,
    y: top,
    width: Math.min(image.width - left, Math.round(job.crop.width * sx)),
    height: bottom - top,
  };
  const firstRow = Math.max(0, Math.round(((top - wantedTop) / wantedHeight) * job.height));
  const rows = Math.min(job.height - firstRow, Math.max(1, Math.round((region.height / wantedHeight) * job.height)));
  const resized = resizeArea(image, job.width, rows, region);
  return reordered(resized.data, job.format, job.width * job.height, firstRow * job.width);
}

function reordered(rgb: Uint8Array, format: ChannelOrder, pixels: number, firstPixel: number): Uint8Array {
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

function fractionText(fps: number): string {
  return Number.isInteger(fps) ? `${fps}/1` : `${Math.round(fps * 1000)}/1000`;
}

async function waitUntil(timeMs: number): Promise<void> {
  const wait = timeMs - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
