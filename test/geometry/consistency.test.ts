import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visibleInLeft, visibleInRight } from '../../src/geometry/consistency.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

const { width, height } = tinySize;

test('the check finds the occlusion that the geometry of a scene says, in both views', () => {
  const sample = tinySample(1, 3, 9);
  const left = visibleInRight(sample.disparityLeft!, sample.disparityRight!);
  const right = visibleInLeft(sample.disparityRight!, sample.disparityLeft!);
  assert.deepEqual(left, sample.visibleLeft);
  assert.deepEqual(right, sample.visibleRight);
  const hidden = left.data.filter((bit) => bit === 0).length;
  assert.equal(hidden, 3 * height + 22 * 6, 'a strip at the border and one of 9 - 3 px beside the square');
});

test('differences up to the tolerance pass, above they do not', () => {
  const left = createFloatMap(width, height, 5);
  const at = (d: number, tolerance?: number): number =>
    visibleInRight(left, createFloatMap(width, height, d), tolerance).data[50]!;
  assert.deepEqual([at(6), at(6.01), at(4), at(3.99), at(6.01, 2)], [1, 0, 1, 0, 1]);
});

test('unknown disparity on either side is not visible', () => {
  const known = createFloatMap(width, height, 5);
  const unknown = createFloatMap(width, height, Number.NaN);
  assert.ok(visibleInRight(unknown, known).data.every((bit) => bit === 0));
  assert.ok(visibleInRight(known, unknown).data.every((bit) => bit === 0));
});

test('a match between two pixels is read linearly', () => {
  const left = createFloatMap(10, 1, 2.5);
  const right = createFloatMap(10, 1, 2.5);
  right.data[3] = 1; // x = 6 matches 3.5: (1 + 2.5) / 2 = 1.75, off by 0.75
  assert.equal(visibleInRight(left, right, 0.8).data[6], 1);
  assert.equal(visibleInRight(left, right, 0.7).data[6], 0);
});
