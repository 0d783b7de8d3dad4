import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CyclopsError } from '../base/errors.js';
import { openSource } from '../data/sources/index.js';
import { parseSourceSpec } from '../data/sources/parse-spec.js';
import type { CalibrationFrames } from '../export/index.js';
import type { Intrinsics } from '../geometry/camera.js';
import { networkView } from '../geometry/network-view.js';
import { readRgb } from '../image/codec.js';
import type { ChannelOrder } from '../model-package/schema.js';
import { networkInput } from '../runtime/network-input.js';

const imageExtensions = new Set(['.png', '.jpg', '.jpeg']);

/** What the frames shall fit: the network's camera at its input size, and the order of bytes. */
export interface CalibrationTarget {
  readonly camera: Intrinsics;
  readonly channels: ChannelOrder;
}

/**
 * Frames for calibration as the runtime would hand them to the graph, spread evenly over what there is.
 * @param text a folder of PNG or JPEG images (frames of a video, say), a folder of stereo pairs, or `street:SEED:COUNT`.
 * @param count at most so many frames.
 * @throws CyclopsError `DATA_EMPTY` for a folder without images or pairs; errors of the data source and of images.
 */
export async function readCalibrationFrames(
  text: string,
  { camera, channels }: CalibrationTarget,
  count: number,
): Promise<CalibrationFrames> {
  const { width, height } = camera;
  const input = { width, height, channels };
  const images = await imagesIn(text);
  if (images.length > 0) {
    const frames: Uint8Array[] = [];
    for (const index of spread(images.length, count)) {
      const image = await readRgb(join(text, images[index]!));
      frames.push(networkInput(image, networkView(camera, image).crop, input));
    }
    return { frames, source: text };
  }
  const source = await openSource(parseSourceSpec(text, { width, height, framesPerScene: 1 }));
  const frames: Uint8Array[] = [];
  for (const index of spread(source.length, count)) {
    const sample = await source.read(index);
    frames.push(networkInput(sample.left, networkView(camera, sample.camera).crop, input));
  }
  if (frames.length === 0) throw new CyclopsError('DATA_EMPTY', `${text}: expected frames for calibration, found none`);
  return { frames, source: text };
}

/** Images right in a folder, by name; none where it is no folder. */
async function imagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => imageExtensions.has(extname(name).toLowerCase())).sort();
}

/** At most `count` indices of 0 .. length-1, evenly apart. */
function spread(length: number, count: number): number[] {
  const taken = Math.min(length, count);
  return Array.from({ length: taken }, (_, index) => Math.floor((index * length) / taken));
}
