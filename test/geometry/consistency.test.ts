import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disparityOfMatch } from '../../src/geometry/disparity.js';
import type { FloatMap } from '../../src/geometry/raster.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

function rowOf(...values: number[]): FloatMap {
  return { width: values.length, height: 1, data: Float32Array.from(values) };
}

test('both views of a scene agree exactly where both see the surface', () => {
  const { disparityLeft, disparityRight, visibleLeft, visibleRight } = tinySample(1, 3, 9);
  for (let y = 0; y < tinySize.height; y++) {
    for (let x = 0; x < tinySize.width; x++) {
      const i = y * tinySize.width + x;
      const agrees = (own: FloatMap, other: FloatMap, direction: -1 | 1): number =>
        disparityOfMatch(own, other, x, y, direction) === own.data[i] ? 1 : 0;
      assert.equal(agrees(disparityLeft!, disparityRight!, -1), visibleLeft!.data[i], `left ${x}, ${y}`);
      assert.equal(agrees(disparityRight!, disparityLeft!, 1), visibleRight!.data[i], `right ${x}, ${y}`);
    }
  }
});

test('a match between two columns is read linearly; outside and unknown are NaN', () => {
  const own = createFloatMap(10, 1, 2.5);
  const other = createFloatMap(10, 1, 2.5);
  other.data[3] = 1; // x = 6 matches 3.5.
  assert.equal(disparityOfMatch(own, other, 6, 0, -1), 1.75);
  assert.equal(disparityOfMatch(own, other, 1, 0, 1), 1.75);
  assert.equal(disparityOfMatch(own, other, 2, 0, -1), Number.NaN);
  assert.equal(disparityOfMatch(own, other, 7, 0, 1), Number.NaN);
  other.data[4] = Number.NaN;
  assert.equal(disparityOfMatch(own, other, 6, 0, -1), Number.NaN);
  assert.equal(disparityOfMatch(createFloatMap(10, 1, Number.NaN), own, 6, 0, -1), Number.NaN);
});

test('on a column exactly, its neighbours do not count', () => {
  const unknown = Number.NaN;
  assert.equal(disparityOfMatch(rowOf(0, 0, 0, 2), rowOf(unknown, 2, unknown, 5), 3, 0, -1), 2);
  assert.equal(disparityOfMatch(rowOf(0, 0, 0, 0), rowOf(1, 1, unknown, 5), 3, 0, -1), 5, 'the last column');
});

test('in an image one pixel wide nothing is read from other rows', () => {
  const own = { width: 1, height: 3, data: new Float32Array(3) };
  const other = { width: 1, height: 3, data: Float32Array.of(Number.NaN, 4, Number.NaN) };
  assert.deepEqual(
    [0, 1, 2].map((y) => disparityOfMatch(own, other, 0, y, -1)),
    [Number.NaN, 4, Number.NaN],
  );
});
