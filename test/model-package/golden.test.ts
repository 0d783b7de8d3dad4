import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { compareGolden, goldenFromDepth, goldenInput } from '../../src/model-package/golden.js';
import type { ModelPackage } from '../../src/model-package/schema.js';

function packageWith(golden: ModelPackage['golden'], width: number, height: number): ModelPackage {
  return { name: 'x', output: { width, height }, golden } as ModelPackage;
}

test('the golden image never changes: its bytes are part of the format', () => {
  const digest = createHash('sha256')
    .update(goldenInput(192, 640, 'RGB'))
    .digest('hex');
  assert.equal(digest, '8c0f58901be6b33d55dda3a3f8fcec2dcb45dccde2ebf4460c76f3bd7fb4e07c');
});

test('the golden image has the same colours in every byte order', () => {
  const rgb = goldenInput(31, 57, 'RGB');
  const rgba = goldenInput(31, 57, 'RGBA');
  const bgrx = goldenInput(31, 57, 'BGRx');
  for (let pixel = 0; pixel < 31 * 57; pixel++) {
    const [r, g, b] = rgb.subarray(pixel * 3, pixel * 3 + 3);
    assert.deepEqual([...rgba.subarray(pixel * 4, pixel * 4 + 4)], [r, g, b, 255]);
    assert.deepEqual([...bgrx.subarray(pixel * 4, pixel * 4 + 4)], [b, g, r, 255]);
  }
});

test('the golden image has contrast, at any size', () => {
  for (const [height, width] of [
    [16, 16],
    [192, 640],
    [375, 1242],
  ] as const) {
    const image = goldenInput(height, width, 'RGB');
    const mean = image.reduce((sum, value) => sum + value, 0) / image.length;
    const variance = image.reduce((sum, value) => sum + (value - mean) ** 2, 0) / image.length;
    assert.ok(mean > 60 && mean < 190, `mean ${mean}`);
    assert.ok(Math.sqrt(variance) > 30, `deviation ${Math.sqrt(variance)}`);
  }
});

test('probes lie inside the image and are spread over it', () => {
  for (const [height, width] of [
    [16, 16],
    [192, 640],
    [512, 32],
  ] as const) {
    const depth = Float32Array.from({ length: height * width }, (_, index) => 1 + index);
    const { probes } = goldenFromDepth(depth, { output: { width, height }, precision: 'fp32' });
    assert.ok(probes.length >= 8 && probes.length <= 256, `${probes.length} probes`);
    assert.equal(new Set(probes.map(({ index }) => index)).size, probes.length);
    for (const { index, depthM } of probes) assert.equal(depthM, 1 + index);
    const rows = probes.map(({ index }) => Math.floor(index / width));
    assert.ok(Math.max(...rows) - Math.min(...rows) >= height / 3);
  }
});

test('where there is room for no more, every pixel is a probe, row by row', () => {
  const depth = Float32Array.from({ length: 32 }, (_, index) => 1 + index);
  const { probes } = goldenFromDepth(depth, { output: { width: 8, height: 4 }, precision: 'fp32' });
  assert.deepEqual(
    probes,
    Array.from({ length: 32 }, (_, index) => ({ index, depthM: 1 + index })),
  );
});

test('of equal differences the first is named; a difference as large as the tolerance passes', () => {
  const depth = new Float32Array(32).fill(4);
  const golden = goldenFromDepth(depth, { output: { width: 8, height: 4 }, precision: 'fp32' });
  const found = compareGolden(packageWith(golden, 8, 4), new Float32Array(32).fill(5), 0.25);
  assert.deepEqual([found.ok, found.worst.index, found.maxRelativeDifference], [true, 0, 0.25]);
});

test('where depth is given for a part of the image alone, all probes lie there', () => {
  const output = { width: 100, height: 60 };
  const view = { x: 30, y: -4, width: 40, height: 24, networkWidth: 40, networkHeight: 24, depthScale: 1 };
  const depth = new Float32Array(100 * 60).fill(5);
  const { probes } = goldenFromDepth(depth, { output, view, precision: 'fp32' });
  assert.ok(probes.length >= 32);
  for (const { index } of probes) {
    const [x, y] = [index % 100, Math.floor(index / 100)];
    assert.ok(x >= 30 && x < 70 && y >= 0 && y < 20, `(${x}, ${y})`);
  }
});

test('an equal output passes, a shifted one fails and names the worst probe', () => {
  const depth = Float32Array.from({ length: 64 * 32 }, (_, index) => 2 + (index % 17));
  const model = packageWith(goldenFromDepth(depth, { output: { width: 64, height: 32 }, precision: 'fp32' }), 64, 32);
  assert.deepEqual(compareGolden(model, depth).maxRelativeDifference, 0);
  const probe = model.golden.probes[5]!;
  const wrong = depth.slice();
  wrong[probe.index] = probe.depthM * 1.02;
  const comparison = compareGolden(model, wrong);
  assert.equal(comparison.ok, false);
  assert.equal(comparison.worst.index, probe.index);
  assert.ok(Math.abs(comparison.maxRelativeDifference - 0.02) < 1e-6);
  assert.equal(compareGolden(model, wrong, 0.05).ok, true);
});

test('NaN and Infinity in the output fail', () => {
  const depth = new Float32Array(64 * 32).fill(3);
  const model = packageWith(goldenFromDepth(depth, { output: { width: 64, height: 32 }, precision: 'fp32' }), 64, 32);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const wrong = depth.slice();
    wrong[model.golden.probes[0]!.index] = bad;
    assert.equal(compareGolden(model, wrong).ok, false);
  }
});

test('an output of another size is a mismatch', () => {
  const depth = new Float32Array(64 * 32).fill(3);
  const model = packageWith(goldenFromDepth(depth, { output: { width: 64, height: 32 }, precision: 'fp32' }), 64, 32);
  assert.throws(
    () => compareGolden(model, depth.subarray(1)),
    (error) => isCyclopsError(error, 'MODEL_MISMATCH') && /64x32 = 2048 values, found 2047/.test(error.message),
  );
});
