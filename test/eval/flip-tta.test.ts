import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFlipTta } from '../../src/eval/flip-tta.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { tinyCamera, tinySample, tinySize } from '../support/tiny-pairs.js';

const { width } = tinySize;

test('the middle is the mean, the outer twentieths come from one answer alone', async () => {
  const seen: number[] = [];
  const average = withFlipTta(async ({ left, camera }) => {
    seen.push(left.data[0]!, camera.cxPx);
    // The first answer is 10 everywhere, that of the mirrored image 20.
    return createFloatMap(left.width, left.height, seen.length === 2 ? 10 : 20);
  });
  const sample = tinySample(0);
  const row = (await average(sample)).data.subarray(0, width);
  assert.deepEqual(seen, [
    sample.left.data[0],
    tinyCamera.cxPx,
    sample.left.data[(width - 1) * 3],
    width - 1 - tinyCamera.cxPx,
  ]);
  assert.equal(row[width >> 1], 15);
  assert.deepEqual([row[0], row[4], row[width - 1], row[width - 5]], [20, 20, 10, 10]);
  // Half-way up the ramp the edge's answer weighs 3/4.
  const at = 0.075 * (width - 1);
  assert.ok(row[Math.floor(at)]! > 17 && row[Math.ceil(at)]! < 18.2);
});

test('the mirrored answer is turned back, and a gap in one is filled by the other', async () => {
  let calls = 0;
  const average = withFlipTta(async ({ left }) => {
    const map = createFloatMap(left.width, left.height, 8);
    if (calls++ === 0) map.data[50] = Number.NaN;
    else map.data[left.width - 1 - 40] = Number.NaN;
    return map;
  });
  const { data } = await average(tinySample(0));
  assert.ok(data.every((value) => value === 8));
});
