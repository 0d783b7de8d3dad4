import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import type { StereoSample, StereoSource, ViewSample } from '../../src/data/sample.js';
import { openSource } from '../../src/data/sources/index.js';
import { constantBaseline, leftOnly, positionBaseline } from '../../src/eval/baselines.js';
import type { Rules } from '../../src/eval/evaluate.js';
import { evaluateDisparity } from '../../src/eval/evaluate.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

const options: Rules = { pixels: 'all', maxDepthM: 80, crop: 'none' };

function sourceOf(samples: readonly StereoSample[]): StereoSource {
  return {
    spec: { kind: 'kitti-2015', folder: 'in memory' },
    length: samples.length,
    fingerprint: 'test',
    imagesFingerprint: 'test',
    idAt: (index) => samples[index]!.id,
    read: async (index) => samples[index]!,
  };
}

const tiny = sourceOf([tinySample(0, 3, 9), tinySample(1, 3, 9), tinySample(2, 4, 12)]);

test('the truth itself has no error', async () => {
  const found = await evaluateDisparity(tiny, async ({ disparityLeft }) => disparityLeft!, options);
  assert.equal(found.images.length, 3);
  assert.equal(found.depth.absRel, 0);
  assert.equal(found.depth.delta1, 1);
  assert.deepEqual([found.disparity.epePx, found.disparity.d1], [0, 0]);
  assert.equal(found.disparity.pixels, 3 * tinySize.width * tinySize.height);
});

test('a disparity 10 % too large everywhere has the errors arithmetic says', async () => {
  const found = await evaluateDisparity(
    tiny,
    async ({ disparityLeft }) => ({ ...disparityLeft!, data: disparityLeft!.data.map((d) => d * 1.1) }),
    options,
  );
  assert.ok(Math.abs(found.depth.absRel - (1 - 1 / 1.1)) < 1e-6);
  assert.ok(found.depth.silog < 1e-2);
  const near = 20 * 22;
  const far = tinySize.width * tinySize.height - near;
  const expected = (0.3 * far + 0.9 * near + 0.3 * far + 0.9 * near + 0.4 * far + 1.2 * near) / (3 * (far + near));
  assert.ok(Math.abs(found.disparity.epePx - expected) < 1e-5);
  // fx * B = 30: the far planes lie at 10, 10 and 7.5 m, the squares at 3.3, 3.3 and 2.5 m.
  assert.deepEqual(
    found.ranges.map(({ pixels }) => pixels),
    [far + 3 * near, 2 * far, 0, 0],
  );
});

test('noc leaves out what the right view does not see, and pairs that do not tell', async () => {
  const { visibleLeft: _, ...untold } = tinySample(1, 3, 9);
  const source = sourceOf([tinySample(0, 3, 9), untold]);
  const found = await evaluateDisparity(source, async ({ disparityLeft }) => disparityLeft!, {
    ...options,
    pixels: 'noc',
  });
  const visible = tinySample(0, 3, 9).visibleLeft!.data.reduce((sum, bit) => sum + bit, 0);
  assert.equal(found.disparity.pixels, visible);
  assert.deepEqual(
    found.skipped.map(({ id }) => id),
    ['000001_10'],
  );
});

test('where nothing was predicted nothing is measured, and the reason is told', async () => {
  const nowhere = ({ left }: { left: { width: number; height: number } }, value: number) =>
    createFloatMap(left.width, left.height, value);
  const predictNothing = (sample: { left: { width: number; height: number } }) => nowhere(sample, Number.NaN);
  await assert.rejects(
    evaluateDisparity(tiny, async (sample) => predictNothing(sample), options),
    { code: 'DATA_INVALID', message: /none of 3 pairs can be measured: nothing was predicted: it has no value/ },
  );
  await assert.rejects(
    evaluateDisparity(tiny, async (sample) => nowhere(sample, -36.4), options),
    {
      code: 'DATA_INVALID',
      message: /nothing was predicted: the largest disparity is -36\.4 px, expected 0 px or more/,
    },
  );
  const some = await evaluateDisparity(
    tiny,
    async (sample) => (sample.id === '000001_10' ? predictNothing(sample) : sample.disparityLeft!),
    options,
  );
  assert.equal(some.images.length, 2);
  assert.equal(some.depth.absRel, 0);
  assert.deepEqual(
    some.skipped.map(({ id }) => id),
    ['000001_10'],
  );
});

test('with principal points apart a disparity below 0 is a depth, down to -doffs', async () => {
  const samples = [tinySample(0, 3, 9)].map((sample) => ({ ...sample, camera: { ...sample.camera, doffsPx: 5 } }));
  const found = await evaluateDisparity(
    sourceOf(samples),
    async ({ left }) => createFloatMap(left.width, left.height, -2),
    options,
  );
  // fx * B = 30: -2 px is 30 / (-2 + 5) = 10 m, where the truth is 30 / (3 + 5) and 30 / (9 + 5) m.
  assert.equal(found.density, 1);
  const [far, near] = [30 / 8, 30 / 14];
  const nearShare = (20 * 22) / (tinySize.width * tinySize.height);
  const expected = (1 - nearShare) * (10 / far - 1) + nearShare * (10 / near - 1);
  assert.ok(Math.abs(found.depth.absRel - expected) < 1e-5, `${found.depth.absRel} is not ${expected}`);
  await assert.rejects(
    evaluateDisparity(sourceOf(samples), async ({ left }) => createFloatMap(left.width, left.height, -6), options),
    { message: /the largest disparity is -6\.0 px, expected -5\.0 px or more/ },
  );
});

test('gaps are filled before scoring, and told as density', async () => {
  const found = await evaluateDisparity(
    tiny,
    async ({ disparityLeft }) => ({
      ...disparityLeft!,
      data: disparityLeft!.data.map((d, i) => (i % 2 ? Number.NaN : d)),
    }),
    options,
  );
  assert.ok(found.images.every(({ density }) => density === 0.5));
  assert.ok(found.disparity.d1 < 0.02 && Number.isFinite(found.depth.absRel));
});

test('a prediction of another size, or no truth at all, is an error by name', async () => {
  await assert.rejects(
    evaluateDisparity(tiny, async () => createFloatMap(10, 10, 3), options),
    (error) => {
      assert.ok(isCyclopsError(error, 'IMAGE_SIZE_MISMATCH'));
      assert.match(error.message, /tiny pair 0: expected 96x48 like the image, found 10x10/);
      return true;
    },
  );
  const { disparityLeft: _, ...blind } = tinySample(0);
  await assert.rejects(
    evaluateDisparity(sourceOf([blind]), async () => createFloatMap(96, 48), options),
    (error) => isCyclopsError(error, 'DATA_INVALID'),
  );
});

test('baselines are fitted on the other images only', async () => {
  const constant = await constantBaseline(tiny);
  // Of images 0 and 1 most pixels are at 3 px; of 1 and 2 the median lies among the 4s, and of all three among the 3s.
  assert.equal((await constant(tinySample(2))).data[0], 3);
  assert.equal((await constant(tinySample(0, 3, 9))).data[0], 4);
  const position = await positionBaseline(tiny);
  const map = await position(tinySample(2));
  assert.ok(Math.abs(map.data[24 * 96 + 50]! - 9) < 1e-4, 'the square of the others');
  assert.ok(Math.abs(map.data[0]! - 3) < 1e-4, 'their plane');
  await assert.rejects(constantBaseline(sourceOf([tinySample(0)])), (error) => isCyclopsError(error, 'DATA_INVALID'));
});

test('neither baseline has seen the image that it is asked for', async () => {
  const [near, far] = [tinySample(0, 4, 12), tinySample(1, 2, 6)];
  const source = sourceOf([near, far]);
  for (const [asked, plane, square] of [
    [near, 2, 6],
    [far, 4, 12],
  ] as const) {
    const constant = await (await constantBaseline(source))(asked);
    assert.ok(constant.data.every((value) => value === plane));
    const position = await (await positionBaseline(source))(asked);
    assert.ok(Math.abs(position.data[24 * 96 + 50]! - square) < 1e-4);
    assert.ok(Math.abs(position.data[0]! - plane) < 1e-4);
  }
});

test('left-only shows the network the left image twice', async () => {
  const sample = tinySample(0);
  const shown: ViewSample[] = [];
  const prediction = createFloatMap(1, 1);
  const predict = leftOnly(async (given) => {
    shown.push(given);
    return prediction;
  });
  assert.equal(await predict(sample), prediction);
  assert.equal(shown.length, 1);
  assert.equal(shown[0]!.left, sample.left);
  assert.equal(shown[0]!.right, sample.left);
  assert.equal(shown[0]!.id, sample.id);
});

test(
  'on real pairs the baselines are as bad as they should be, position knowing more than nothing',
  skipWithout('kitti2015'),
  async () => {
    const ids = ['000001', '000007', '000024'];
    const source = await openSource({ kind: 'kitti-2015', folder: sharedData('kitti2015')!, ids });
    const constant = await evaluateDisparity(source, await constantBaseline(source), { ...options, pixels: 'noc' });
    const position = await evaluateDisparity(source, await positionBaseline(source), { ...options, pixels: 'noc' });
    // Straightforward recomputation of the constant's error on the first image.
    const [first, ...others] = await Promise.all([0, 1, 2].map((i) => source.read(i)));
    const values = others
      .flatMap(({ disparityLeft }) => {
        const known = [...disparityLeft!.data].filter((d) => d > 0);
        return Array.from({ length: 5000 }, (_, i) => known[Math.floor((i * known.length) / 5000)]!);
      })
      .sort((a, b) => a - b);
    const middle = values[values.length >> 1]!;
    const truth = [...first!.disparityLeft!.data].filter((d) => d > 0);
    const epe = truth.reduce((sum, d) => sum + Math.abs(d - middle), 0) / truth.length;
    const image = constant.images[0]!.disparity;
    assert.equal(image.pixels, truth.length);
    assert.ok(Math.abs(image.sumAbsPx / image.pixels - epe) < 0.05, `${image.sumAbsPx / image.pixels} against ${epe}`);
    assert.ok(constant.disparity.d1 > 0.7);
    assert.ok(position.disparity.d1 < constant.disparity.d1 && position.depth.absRel < constant.depth.absRel);
  },
);
