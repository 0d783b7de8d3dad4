import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { thinness } from '../../../src/train/losses/thinness.js';
import { tf } from '../../../src/train/tensorflow/tf.js';

const height = 40;
const width = 60;

/** [1,80,120,1] of 60x40 values, each of them four times. */
function twiceAsLarge(values: ArrayLike<number>): tf.Tensor4D {
  const map = tf.tensor4d(Float32Array.from(values), [1, height, width, 1]);
  return tf.image.resizeNearestNeighbor(map, [2 * height, 2 * width]);
}

/** Thinness of a map of 60x40 pairs of pixels, which are alike, one value for each. */
function thinnessOf(disparityPx: (x: number, y: number) => number): (x: number, y: number) => number {
  const values = Array.from({ length: height * width }, (_, i) => disparityPx(i % width, Math.floor(i / width)));
  const full = tf.tidy(() => thinness(twiceAsLarge(values)));
  assert.deepEqual(full.shape, [1, 2 * height, 2 * width, 1]);
  const found = full.dataSync();
  full.dispose();
  for (let i = 0; i < found.length; i++) {
    const [x, y] = [i % (2 * width), Math.floor(i / (2 * width))];
    assert.equal(found[i], found[(y - (y % 2)) * 2 * width + x - (x % 2)], 'both pixels of a halved one are alike');
  }
  return (x, y) => found[2 * y * 2 * width + 2 * x]!;
}

test('a pole and a railing are thin, the less so the nearer what is behind them, which is not', () => {
  const isPole = (x: number, y: number) => x >= 30 && x < 33 && y < 35;
  const isRailing = (x: number, y: number) => y >= 10 && y < 12 && x < 20;
  const at = thinnessOf((x, y) => (isPole(x, y) ? 16 : isRailing(x, y) ? 7.5 : 6));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const expected = isPole(x, y) ? 1 : isRailing(x, y) ? (1.5 / 11.5 - 0.05) / 0.2 : 0;
      assert.ok(Math.abs(at(x, y) - expected) < 1e-6, `${x},${y}: ${at(x, y)}, expected ${expected}`);
    }
  }
});

test('surfaces are not thin: a wide car, a road that comes nearer, a hole', () => {
  const road = thinnessOf((_, y) => 2 + y);
  const car = thinnessOf((x, y) => (x >= 20 && x < 40 && y >= 15 && y < 35 ? 20 : 5));
  const hole = thinnessOf((x, y) => (x >= 25 && x < 30 && y >= 5 && y < 30 ? 5 : 20));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      assert.equal(road(x, y), 0);
      assert.equal(car(x, y), 0);
      if (x >= 25 && x < 30 && y >= 5 && y < 30) assert.equal(hole(x, y), 0);
    }
  }
});

test('unknown disparity is no background: nothing known is thin before it, and it is not itself', () => {
  const random = Random.fromSeed(4, 'thinness');
  const sparse = thinnessOf(() => (random.uniform(0, 1) < 0.9 ? 0 : 9));
  const nothing = thinnessOf(() => 0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      assert.equal(sparse(x, y), 0);
      assert.equal(nothing(x, y), 0);
    }
  }
});

test('thinness is a share that an opening takes away, and leaves no tensor behind', () => {
  const random = Random.fromSeed(5, 'thinness');
  const values = Float32Array.from({ length: height * width }, () => random.uniform(20, 26));
  const map = tf.tidy(() => twiceAsLarge(values));
  const before = tf.memory().numTensors;
  const share = thinness(map);
  assert.equal(tf.memory().numTensors, before + 1);
  const found = share.dataSync();
  const side = 16;
  // The opening by its definition: the best lower bound that a square holding the pixel gives.
  for (const [x, y] of [
    [0, 0],
    [59, 39],
    [30, 20],
    [7, 33],
    [52, 3],
  ] as const) {
    let opened = 0;
    for (let top = Math.max(0, y - side + 1); top <= y; top++) {
      for (let left = Math.max(0, x - side + 1); left <= x; left++) {
        let least = Number.POSITIVE_INFINITY;
        for (let row = top; row < Math.min(height, top + side); row++) {
          for (let column = left; column < Math.min(width, left + side); column++) {
            least = Math.min(least, values[row * width + column]!);
          }
        }
        opened = Math.max(opened, least);
      }
    }
    const value = values[y * width + x]!;
    const expected = Math.min(1, Math.max(0, ((value - opened) / (value + 4) - 0.05) / 0.2));
    assert.ok(Math.abs(found[2 * y * 2 * width + 2 * x]! - expected) < 1e-5, `${x},${y}`);
  }
  tf.dispose([map, share]);
});
