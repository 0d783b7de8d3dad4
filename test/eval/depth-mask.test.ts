import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipDepth, cropBounds, depthMask } from '../../src/eval/depth-mask.js';

test("Garg's crop has the published bounds for every KITTI size", () => {
  const published: readonly [width: number, height: number, rows: [number, number], columns: [number, number]][] = [
    [1242, 375, [153, 371], [44, 1197]],
    [1241, 376, [153, 372], [44, 1196]],
    [1238, 374, [152, 370], [44, 1193]],
    [1226, 370, [151, 366], [44, 1181]],
    [1224, 370, [151, 366], [43, 1180]],
  ];
  for (const [width, height, [top, bottom], [left, right]] of published) {
    assert.deepEqual(cropBounds('garg', width, height), { top, bottom, left, right });
  }
});

test("Eigen's crop has the published bounds", () => {
  const published: readonly [width: number, height: number, rows: [number, number], columns: [number, number]][] = [
    [1242, 375, [124, 342], [44, 1197]],
    [1241, 376, [124, 343], [44, 1196]],
    [1224, 370, [122, 337], [43, 1180]],
  ];
  for (const [width, height, [top, bottom], [left, right]] of published) {
    assert.deepEqual(cropBounds('eigen', width, height), { top, bottom, left, right });
  }
});

test('depth counts strictly between 1 mm and the cap, inside the crop', () => {
  const row = { width: 5, height: 1, data: Float32Array.of(Number.NaN, 0.0009, 5, 79.9, 80) };
  assert.deepEqual([...depthMask(row, { maxDepthM: 80, crop: 'none' }).data], [0, 0, 1, 1, 0]);
  const full = { width: 100, height: 50, data: new Float32Array(5000).fill(10) };
  const { width, height, data } = depthMask(full, { maxDepthM: 80, crop: 'garg' });
  assert.deepEqual([width, height], [100, 50]);
  assert.equal(
    data.reduce((sum, bit) => sum + bit, 0),
    (49 - 20) * (96 - 3),
  );
  assert.equal(data[20 * 100 + 3], 1);
  assert.equal(data[20 * 100 + 2], 0);
});

test('predictions are clipped; what has no depth is taken as the cap', () => {
  const data = Float32Array.of(0, 0.5, 100, Number.POSITIVE_INFINITY, Number.NaN, -2);
  const { data: clipped } = clipDepth({ width: 6, height: 1, data }, 80);
  assert.deepEqual(
    [...clipped].map((z) => Math.round(z * 1000) / 1000),
    [0.001, 0.5, 80, 80, 80, 80],
  );
});
