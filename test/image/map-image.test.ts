import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFloatMap } from '../../src/geometry/raster.js';
import { greyImage, middleRange } from '../../src/image/map-image.js';

test('shares become grey, unknown becomes black', () => {
  const data = Float32Array.of(0, 0.5, 1, Number.NaN);
  const image = greyImage({ width: 4, height: 1, data });
  assert.deepEqual([...image.data], [0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0]);
});

test('a range of colours leaves out wild pixels, and is never empty', () => {
  const data = Float32Array.from({ length: 1000 }, (_, i) => 10 + i / 50);
  data[0] = 4000;
  data[1] = Number.NaN;
  const { low, high } = middleRange({ width: 100, height: 10, data });
  assert.ok(low > 10 && low < 11 && high > 29 && high < 30.1, `${low} to ${high}`);
  assert.deepEqual(middleRange(createFloatMap(2, 2)), { low: 0.5, high: 1 });
  assert.deepEqual(middleRange(createFloatMap(2, 2, 8)), { low: 8, high: 12 });
});
