import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  colorAt,
  colorizeDepth,
  colorizeDisparity,
  colorizeError,
  depthPosition,
  depthScale,
  depthTicks,
} from '../../src/image/colormap.js';

const luma = ([r, g, b]: readonly number[]): number => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;

test('lightness falls steadily from near to far, and near is warm', () => {
  const colors = Array.from({ length: 256 }, (_, i) => colorAt(i / 255));
  for (let i = 8; i < 256; i += 8) assert.ok(luma(colors[i]!) < luma(colors[i - 8]!), `step ${i}`);
  assert.ok(colors[0]![0] > colors[0]![2] + 50, 'near: more red than blue');
  assert.ok(colors[255]![2] > colors[255]![0], 'far: more blue than red');
});

test('depth is placed by its logarithm, ends held', () => {
  const range = { minM: 2, maxM: 50 };
  assert.equal(depthPosition(10, range), 0.5);
  assert.equal(depthPosition(1, range), 0);
  const depth = { width: 5, height: 1, data: Float32Array.of(2, 10, 50, Number.POSITIVE_INFINITY, Number.NaN) };
  const { data } = colorizeDepth(depth, range);
  const color = (i: number): number[] => [...data.subarray(i * 3, i * 3 + 3)];
  assert.deepEqual(color(0), [...colorAt(0)]);
  assert.deepEqual(color(1), [...colorAt(128 / 255)]);
  assert.deepEqual(color(2), [...colorAt(1)]);
  assert.deepEqual(color(3), color(2));
  assert.equal(new Set(color(4)).size, 1, 'unknown is grey');
});

test('large disparity has the colour of near', () => {
  const { data } = colorizeDisparity({ width: 2, height: 1, data: Float32Array.of(100, 5) }, 5, 100);
  assert.deepEqual([...data.subarray(0, 3)], [...colorAt(0)]);
  assert.deepEqual([...data.subarray(3)], [...colorAt(1)]);
});

test('errors go from blue to red', () => {
  const { data } = colorizeError({ width: 2, height: 1, data: Float32Array.of(0, 9) }, 6);
  assert.ok(data[2]! > data[0]! && data[3]! > data[5]!);
});

test('ticks are round depths inside the range', () => {
  assert.deepEqual(depthTicks({ minM: 2, maxM: 80 }), [2, 5, 10, 20, 50]);
  assert.deepEqual(depthTicks({ minM: 0.4, maxM: 3 }), [0.5, 1, 2]);
});

test('the scale shows near on the left or at the bottom, with white labels', () => {
  const across = depthScale(600, 30, 2, 80);
  assert.deepEqual([...across.data.subarray(0, 3)], [...colorAt(0)]);
  assert.deepEqual([...across.data.subarray(599 * 3, 600 * 3)], [...colorAt(1)]);
  const upright = depthScale(60, 300, 2, 80);
  assert.deepEqual([...upright.data.subarray(0, 3)], [...colorAt(1)]);
  const lastRow = 299 * 60 * 3;
  assert.deepEqual([...upright.data.subarray(lastRow, lastRow + 3)], [...colorAt(0)]);
  for (const { data } of [across, upright]) {
    let white = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i] === 255 && data[i + 1] === 255 && data[i + 2] === 255) white++;
    assert.ok(white > 100, `${white} white pixels of labels`);
  }
});
