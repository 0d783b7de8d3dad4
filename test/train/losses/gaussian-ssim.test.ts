import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { gaussianSsimDistance } from '../../../src/train/losses/gaussian-ssim.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { grid, type Pixels, ssimDistance } from './lsim-reference.js';

const random = Random.fromSeed(7);
const noise = (): Pixels => grid(14, 17, () => [random.uniform(), random.uniform(), random.uniform()]);
const batch = (images: readonly Pixels[]): tf.Tensor4D => tf.tensor(images as number[][][][]) as tf.Tensor4D;

test('each image of a batch gets the distance that loops over its windows give', () => {
  const first = noise();
  const second = noise();
  // One image like the first, one like nothing, one that is the negative of the first and so less than unlike it.
  const others = [
    grid(14, 17, (y, x) => first[y]![x]!.map((value) => 0.8 * value + 0.1 * random.uniform())),
    noise(),
    grid(14, 17, (y, x) => first[y]![x]!.map((value) => 1 - value)),
  ];
  const own = [first, second, first];
  const found = gaussianSsimDistance(batch(own), batch(others)).dataSync();
  const expected = own.map((image, i) => ssimDistance(image, others[i]!));
  assert.ok(expected[0]! < 0.1 && expected[1]! > 0.3 && expected[2]! > 0.6, `cases of all kinds: ${expected}`);
  for (const [i, value] of found.entries())
    assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${value}, ${expected[i]}`);
});

test('equal images are at distance 0, and images smaller than the window are refused', () => {
  const image = batch([noise()]);
  assert.ok(gaussianSsimDistance(image, image).dataSync()[0]! < 1e-6);
  const small = tf.zeros<tf.Rank.R4>([1, 10, 20, 3]);
  assert.throws(() => gaussianSsimDistance(small, small), /at least 11 px a side, found 20x10/);
});
