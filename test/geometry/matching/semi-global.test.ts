import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { greyOf, matchingCost } from '../../../src/geometry/matching/matching-cost.js';
import { addPrior, aggregatePaths } from '../../../src/geometry/matching/semi-global.js';
import { createFloatMap, createRgbImage, type RgbImage } from '../../../src/geometry/raster.js';
import { slowCosts, slowSums } from './slow-matching.js';

const sizes = [
  [17, 9, 6],
  [5, 3, 4],
  [1, 7, 1],
  [9, 1, 12],
] as const;

function noise(width: number, height: number, seed: number): RgbImage {
  const image = createRgbImage(width, height);
  const random = Random.fromSeed(seed, 'matching');
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.floor(random.uniform(0, 256));
  return image;
}

for (const [width, height, levels] of sizes) {
  test(`costs of a ${width}x${height} pair are those of the equations, window by window, borders included`, () => {
    const [left, right] = [noise(width, height, 1), noise(width, height, 2)];
    assert.deepEqual([...matchingCost(left, right, levels).data], slowCosts(left, right, levels));
  });

  test(`sums over the paths of a ${width}x${height} image are those of the recursion`, () => {
    const left = noise(width, height, 3);
    const costs = matchingCost(left, noise(width, height, 4), levels);
    const smoothness = { small: 4, large: 60, largeLeast: 20 };
    const expected = slowSums([...costs.data], greyOf(left), [width, height, levels], smoothness);
    assert.deepEqual([...aggregatePaths(costs, greyOf(left), smoothness).data], expected);
  });
}

test('the prior costs nothing near it, no more than its penalty far from it, and its confidence scales that', () => {
  const costs = { width: 4, height: 1, levels: 12, data: new Uint8Array(48).fill(10) };
  const prior = { ...createFloatMap(4, 1, 2), data: Float32Array.of(2, 2, Number.NaN, 2) };
  const confidence = { ...createFloatMap(4, 1), data: Float32Array.of(1, 0.5, 1, 0) };
  addPrior(costs, prior, confidence, { penalty: 10, free: 3, slope: 5 });
  const told = (x: number): number[] => [...costs.data.subarray(x * 12, x * 12 + 12)].map((cost) => cost - 10);
  assert.deepEqual(told(0), [0, 0, 0, 0, 0, 0, 2, 4, 6, 8, 10, 10]);
  assert.deepEqual(told(1), [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 5]);
  assert.deepEqual(told(2), new Array(12).fill(0), 'unknown');
  assert.deepEqual(told(3), new Array(12).fill(0), 'no confidence');
});
