import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../src/base/random.js';
import type { StereoSample } from '../../src/data/sample.js';
import type { StereoCamera } from '../../src/geometry/camera.js';
import { createFloatMap, createMaskMap, createRgbImage } from '../../src/geometry/raster.js';
import { encodePng } from '../../src/image/codec.js';
import { encodePng16 } from '../../src/image/png16.js';

/** Size of the tiny pairs, px. */
export const tinySize = { width: 96, height: 48 } as const;

/** The camera of the tiny pairs. */
export const tinyCamera: StereoCamera = {
  ...tinySize,
  fxPx: 60,
  fyPx: 60,
  cxPx: 45,
  cyPx: 22,
  baselineM: 0.5,
  doffsPx: 0,
};

/**
 * A pair made by arithmetic: a smooth colour texture on a plane at `farPx`, and in front of it a square at `nearPx`
 * whole px, in the middle of the left view. Everything about it is known exactly, occlusion included.
 */
export function tinySample(seed: number, farPx = 3, nearPx = 9): StereoSample {
  const { width, height } = tinySize;
  const random = Random.fromSeed(seed, 'tiny');
  const waves = Array.from({ length: 9 }, () => [
    random.uniform(0.1, 0.6),
    random.uniform(-0.4, 0.4),
    random.uniform(0, 6),
  ]);
  const texture = (surface: number, x: number, y: number, channel: number): number => {
    const [a, b, phase] = waves[channel + surface * 3]!;
    return Math.round(128 + 100 * Math.sin(a! * x + b! * y + phase! + surface));
  };
  const isNear = (x: number, y: number): boolean => x >= 40 && x < 60 && y >= 14 && y < 36;
  const left = createRgbImage(width, height);
  const right = createRgbImage(width, height);
  const disparityLeft = createFloatMap(width, height);
  const disparityRight = createFloatMap(width, height);
  const visibleLeft = createMaskMap(width, height);
  const visibleRight = createMaskMap(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const leftPx = isNear(x, y) ? nearPx : farPx;
      const rightPx = isNear(x + nearPx, y) ? nearPx : farPx;
      disparityLeft.data[i] = leftPx;
      disparityRight.data[i] = rightPx;
      // A far left pixel lands at x - far; it is hidden where the square covers that place of the right view.
      const isHidden = leftPx === farPx && isNear(x - farPx + nearPx, y);
      visibleLeft.data[i] = x - leftPx >= 0 && !isHidden ? 1 : 0;
      const isHiddenInLeft = rightPx === farPx && isNear(x + farPx, y);
      visibleRight.data[i] = x + rightPx < width && !isHiddenInLeft ? 1 : 0;
      for (let channel = 0; channel < 3; channel++) {
        left.data[i * 3 + channel] = texture(leftPx === nearPx ? 1 : 0, x, y, channel);
        right.data[i * 3 + channel] = texture(rightPx === nearPx ? 1 : 0, x + rightPx, y, channel);
      }
    }
  }
  return {
    id: `${String(seed).padStart(6, '0')}_10`,
    left,
    right,
    camera: tinyCamera,
    disparityLeft,
    disparityRight,
    visibleLeft,
    visibleRight,
    origin: `tiny pair ${seed}`,
  };
}

/** Writes tiny pairs 0 .. count-1 as a KITTI 2015 folder with `cameras.json` and truth for both views. */
export async function writeTinyFolder(folder: string, count: number): Promise<void> {
  const training = join(folder, 'training');
  const subfolders = ['image_2', 'image_3', 'disp_occ_0', 'disp_noc_0', 'disp_occ_0_right', 'disp_noc_0_right'];
  for (const name of subfolders) await mkdir(join(training, name), { recursive: true });
  const cameras: Record<string, StereoCamera> = {};
  for (let seed = 0; seed < count; seed++) {
    const sample = tinySample(seed, 2 + (seed % 3), 8 + (seed % 5));
    const seen = (view: 'Left' | 'Right') => {
      const disparity = sample[`disparity${view}`]!;
      const visible = sample[`visible${view}`]!;
      return { ...disparity, data: disparity.data.map((d, i) => (visible.data[i] === 1 ? d : Number.NaN)) };
    };
    const contents = [
      await encodePng(sample.left),
      await encodePng(sample.right),
      encodePng16(sample.disparityLeft!),
      encodePng16(seen('Left')),
      encodePng16(sample.disparityRight!),
      encodePng16(seen('Right')),
    ];
    for (const [i, name] of subfolders.entries())
      await writeFile(join(training, name, `${sample.id}.png`), contents[i]!);
    cameras[sample.id] = sample.camera;
  }
  await writeFile(join(folder, 'cameras.json'), JSON.stringify(cameras));
}
