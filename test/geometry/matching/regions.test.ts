import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { median5x5, medianOfThree, rejectSpeckles } from '../../../src/geometry/matching/regions.js';
import { createFloatMap, createMaskMap } from '../../../src/geometry/raster.js';

test('regions that hang together over too few pixels are taken back, others stay', () => {
  const [width, height] = [8, 4];
  const map = createFloatMap(width, height, 5);
  const accepted = createMaskMap(width, height);
  accepted.data.fill(1);
  // A block of 2x2 by itself; a column that changes by 2 px a row hangs together, and with the rest.
  for (const i of [9, 10, 17, 18]) map.data[i] = 20;
  for (let y = 0; y < height; y++) map.data[y * width + 7] = 6 + 2 * y;
  rejectSpeckles(map, accepted, { pixels: 5, stepPx: 2 });
  const rejected = [...accepted.data.keys()].filter((i) => accepted.data[i] === 0);
  assert.deepEqual(rejected, [9, 10, 17, 18]);

  accepted.data.fill(1);
  rejectSpeckles(map, accepted, { pixels: 4, stepPx: 2 });
  assert.ok(
    accepted.data.every((bit) => bit === 1),
    'four are enough',
  );
});

test('what is not accepted joins nothing', () => {
  const map = createFloatMap(5, 1, 3);
  const accepted = { width: 5, height: 1, data: Uint8Array.of(1, 1, 0, 1, 1) };
  rejectSpeckles(map, accepted, { pixels: 3, stepPx: 2 });
  assert.deepEqual([...accepted.data], [0, 0, 0, 0, 0]);
});

test('medians are those of sorting', () => {
  const random = Random.fromSeed(1, 'median');
  for (const [width, height] of [
    [7, 6],
    [2, 1],
  ] as const) {
    const map = createFloatMap(width, height);
    for (let i = 0; i < map.data.length; i++) map.data[i] = Math.floor(random.uniform(0, 9));
    const clamp = (value: number, length: number): number => Math.min(length - 1, Math.max(0, value));
    const expected = [...map.data.keys()].map((i) => {
      const window = Array.from({ length: 25 }, (_, k) => {
        const x = clamp((i % width) + (k % 5) - 2, width);
        const y = clamp(Math.floor(i / width) + Math.floor(k / 5) - 2, height);
        return map.data[y * width + x]!;
      });
      return window.sort((a, b) => a - b)[12]!;
    });
    assert.deepEqual([...median5x5(map).data], expected);
  }
  const threes = [
    [1, 2, 3],
    [2, 1, 3],
    [3, 1, 2],
    [2, 2, 9],
  ] as const;
  for (const [a, b, c] of threes) assert.equal(medianOfThree(a, b, c), 2);
});
