import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/base/random.js';
import type { AugmentationPlan, TrainingSample } from '../../src/data/augment.js';
import {
  type Augmentation,
  combineColors,
  drawAugmentation,
  isSparse,
  transformSample,
  writeColors,
} from '../../src/data/augment.js';
import type { StereoSample } from '../../src/data/sample.js';
import { depthFromDisparity } from '../../src/geometry/disparity.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

const { width, height } = tinySize;
const keep: AugmentationPlan = {
  swap: false,
  mirror: false,
  crop: { side: 1, x: 0, y: 0 },
  color: undefined,
  rightColor: undefined,
};

/** Mean colour error between left (x, y) and right (x - d, y), or x + d for `direction` 1, over visible pixels. */
function matchError(sample: TrainingSample, direction: -1 | 1 = -1): number {
  const { left, right, leftMaps } = sample;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < left.height; y++) {
    for (let x = 0; x < left.width; x++) {
      const i = y * left.width + x;
      const matchX = x + direction * leftMaps.disparity!.data[i]!;
      if (leftMaps.visible!.data[i] !== 1 || matchX < 0 || matchX > left.width - 1) continue;
      const floor = Math.min(left.width - 2, Math.floor(matchX));
      for (let channel = 0; channel < 3; channel++) {
        const a = right.data[(y * left.width + floor) * 3 + channel]!;
        const b = right.data[(y * left.width + floor + 1) * 3 + channel]!;
        sum += Math.abs(left.data[i * 3 + channel]! - (a + (b - a) * (matchX - floor)));
        count++;
      }
    }
  }
  return sum / count;
}

const plans: readonly [name: string, plan: Partial<AugmentationPlan>][] = [
  ['nothing', {}],
  ['swap', { swap: true }],
  ['crop', { crop: { side: 0.7, x: 0.6, y: 0.3 } }],
  ['swap and crop', { swap: true, crop: { side: 0.8, x: 0.1, y: 1 } }],
];

for (const [name, plan] of plans) {
  for (const [outWidth, outHeight] of [
    [width, height],
    [72, 40],
  ] as const) {
    test(`left still matches right: ${name}, to ${outWidth}x${outHeight}`, () => {
      const sample = transformSample(tinySample(4), { ...keep, ...plan }, outWidth, outHeight);
      const error = matchError(sample);
      // The texture changes by up to 60 steps a pixel, so resampling alone leaves some error; a wrong shift leaves 40.
      assert.ok(error < 12, `mean error ${error}`);
    });
  }
}

test('a swap makes the mirrored right view the left one', () => {
  const original = tinySample(4);
  const swapped = transformSample(original, { ...keep, swap: true }, width, height);
  for (const x of [0, 17, width - 1]) {
    const from = (20 * width + (width - 1 - x)) * 3;
    const to = (20 * width + x) * 3;
    assert.equal(swapped.left.data[to], original.right.data[from]);
    assert.equal(swapped.right.data[to + 2], original.left.data[from + 2]);
    assert.equal(swapped.leftMaps.disparity!.data[to / 3], original.disparityRight!.data[from / 3]);
  }
});

test('swapping twice, and swap with mirror, only exchange the views', () => {
  const original = tinySample(4);
  const both = transformSample(original, { ...keep, swap: true, mirror: true }, width, height);
  assert.deepEqual(both.left, original.right);
  assert.deepEqual(both.leftMaps.disparity, original.disparityRight);
  assert.ok(matchError(both, 1) < 1, 'the match now lies to the right');
});

test('a mirror keeps label on image; matches change side', () => {
  const original = tinySample(4);
  const mirrored = transformSample(original, { ...keep, mirror: true }, width, height);
  assert.ok(matchError(mirrored, 1) < 1);
  assert.equal(mirrored.leftMaps.disparity!.data[width - 1], original.disparityLeft!.data[0]);
});

test('metric depth of the same surface survives crop and resize', () => {
  const sample = transformSample(tinySample(4), { ...keep, crop: { side: 0.75, x: 0.5, y: 0.5 } }, 64, 40);
  const depth = depthFromDisparity(sample.leftMaps.disparity!, sample.camera);
  const expected = (60 * 0.5) / 9;
  assert.ok(Math.abs(depth.data[20 * 64 + 34]! - expected) < 1e-3, `${depth.data[20 * 64 + 34]} against ${expected}`);
});

test('the camera follows: a point projects to where its pixel went', () => {
  const original = { ...tinySample(4), camera: { ...tinySample(4).camera, doffsPx: 4 } };
  for (const swap of [false, true]) {
    const plan = { ...keep, swap, crop: { side: 0.75, x: 1, y: 0 } };
    const { camera } = transformSample(original, plan, 48, 24);
    // Of the leading view: the right camera's principal point lies doffs further right.
    const cx = original.camera.cxPx + (swap ? 4 : 0);
    const inCrop = (cx - 24 + 0.5) * (48 / 72) - 0.5;
    assert.ok(Math.abs(camera.cxPx - (swap ? 47 - inCrop : inCrop)) < 1e-9);
    assert.ok(Math.abs(camera.fxPx - 60 * (48 / 72)) < 1e-9);
    assert.ok(Math.abs(camera.doffsPx - 4 * (48 / 72)) < 1e-9);
    assert.deepEqual([camera.width, camera.height], [48, 24]);
  }
});

test('without right truth there is no swap, without any truth there is', () => {
  const { disparityRight: _, ...leftOnly } = tinySample(4);
  const { disparityLeft: __, ...none } = leftOnly;
  const plan = { ...keep, swap: true };
  assert.deepEqual(transformSample(leftOnly, plan, width, height).left, leftOnly.left);
  assert.notDeepEqual(transformSample(none as StereoSample, plan, width, height).left, none.left);
});

test('lidar is scattered, dense truth is not', () => {
  const sparse = createFloatMap(width, height, Number.NaN);
  for (let i = 0; i < sparse.data.length; i += 6) sparse.data[i] = 8;
  assert.equal(isSparse(sparse), true);
  assert.equal(isSparse(createFloatMap(width, height, 1)), false);
  const small = transformSample({ ...tinySample(1), disparityLeft: sparse }, keep, 24, 12).leftMaps.disparity!;
  const known = [...small.data].filter((d) => !Number.isNaN(d));
  // Every sixth column was measured: 16 of 96, which fall into 16 of the 24 columns left.
  assert.equal(known.length, 16 * 12);
  assert.ok(known.every((d) => d === 2));
});

const stereoRanges: Augmentation = {
  swap: 0.5,
  mirror: 0,
  cropSide: [0.65, 1],
  color: { chance: 1, gamma: [0.8, 1.2], brightness: [0.8, 1.2], channelGain: [0.95, 1.05] },
};
const monoRanges: Augmentation = {
  ...stereoRanges,
  mirror: 0.5,
  cropSide: [1, 1],
  color: { ...stereoRanges.color, chance: 0.5 },
};

test('draws stay inside the published ranges and kinds differ as they should', () => {
  let swaps = 0;
  let colors = 0;
  for (let i = 0; i < 400; i++) {
    const stereo = drawAugmentation(stereoRanges, Random.fromSeed(3, i), 0.1);
    assert.ok(stereo.crop.side >= 0.65 && stereo.crop.side <= 1);
    assert.equal(stereo.mirror, false);
    const { gamma, gains } = stereo.color!;
    assert.ok(gamma >= 0.8 && gamma <= 1.2);
    assert.ok(gains.every((gain) => gain >= 0.8 * 0.95 && gain <= 1.2 * 1.05));
    assert.ok(stereo.rightColor!.gains.every((gain) => gain >= 0.9 * 0.975 && gain <= 1.1 * 1.025));
    const mono = drawAugmentation(monoRanges, Random.fromSeed(3, i));
    assert.equal(mono.crop.side, 1);
    assert.equal(mono.rightColor, undefined);
    if (mono.swap) swaps++;
    if (mono.color !== undefined) colors++;
  }
  assert.ok(swaps > 150 && swaps < 250 && colors > 150 && colors < 250, `${swaps} swaps, ${colors} colours`);
  assert.deepEqual(drawAugmentation('none', Random.fromSeed(1)), keep);
});

test('colours: gamma, then gain, then clip', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 64, 128, 255, 200, 10) };
  const out = new Float32Array(6);
  writeColors(image, { gamma: 1.2, gains: [1.1, 0.9, 1] }, out);
  const gains = [1.1, 0.9, 1];
  image.data.forEach((value, i) => {
    assert.ok(Math.abs(out[i]! - Math.min(1, (value / 255) ** 1.2 * gains[i % 3]!)) < 1e-6);
  });
  writeColors(image, undefined, out);
  assert.ok(out.every((value, i) => Math.abs(value - image.data[i]! / 255) < 1e-7));
});

test('two changes in a row are one change', () => {
  const first = { gamma: 1.1, gains: [0.95, 1, 1.02] } as const;
  const second = { gamma: 0.9, gains: [1.1, 0.8, 1] } as const;
  const { gamma, gains } = combineColors(first, second)!;
  for (const value of [0.1, 0.4, 0.7]) {
    const inTurn = (value ** first.gamma * first.gains[0]) ** second.gamma * second.gains[0];
    assert.ok(Math.abs(value ** gamma * gains[0] - inTurn) < 1e-12);
  }
  assert.equal(combineColors(undefined, second), second);
});
