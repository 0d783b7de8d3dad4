/**
 * The capture process of a folder of images: decodes, cuts and resizes one after the other and writes them into the pipe
 * in the same protocol as GStreamer does. Not GStreamer, because its image sources want numbered names, one kind and one
 * size; here a damaged image is named, and resizing is that of the training data.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { messageOf } from '../../base/errors.js';
import { readRgb } from '../../image/codec.js';
import { networkImage } from '../network-image.js';
import { formatGdpHeader } from './gdp.js';
import { type FromChild, type ImagesJob, imagesFd, type ToChild } from './messages.js';

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
  const pipe = createWriteStream('', { fd: imagesFd, highWaterMark: 1 });
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
      const image = networkImage(await readRgb(path), job);
      const timeMs = (index * 1000) / job.fps;
      if (job.pace === 'real-time') await waitUntil(startMs + timeMs);
      const ptsNs = BigInt(Math.round(timeMs * 1e6));
      await write(formatGdpHeader({ kind: 'buffer', length: image.length, ptsNs, offset: BigInt(index) }));
      await write(image);
      index++;
    }
  } while (job.loop);
  send({ type: 'end' });
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
