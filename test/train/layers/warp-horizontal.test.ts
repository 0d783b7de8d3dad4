import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { warpHorizontal } from '../../../src/train/layers/warp-horizontal.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';

const shape = [2, 3, 10, 2] as const;

/** Disparities whose fractions stay away from the kinks at integers by more than the finite step. */
function smoothDisparities(random: Random): tf.Tensor4D {
  const size = 2 * 3 * 10;
  const values = Float32Array.from({ length: size }, () => random.integer(14) - 3 + random.uniform(0.1, 0.9));
  return tf.tensor4d(values, [2, 3, 10, 1]);
}

test('warp follows its definition, and is 0 outside', () => {
  const random = Random.fromSeed(1);
  const source = randomTensor(random, shape);
  const disparity = smoothDisparities(random);
  const found = warpHorizontal(source, disparity);
  const [s, d, out] = [source, disparity, found].map((tensor) => tensor.dataSync<'float32'>());
  let outside = 0;
  for (let pixel = 0; pixel < 60; pixel++) {
    const x = (pixel % 10) - d![pixel]!;
    const inside = x >= 0 && x <= 9;
    if (!inside) outside++;
    for (let c = 0; c < 2; c++) {
      const at = (column: number) => s![(pixel - (pixel % 10) + column) * 2 + c]!;
      const x0 = Math.floor(x);
      const expected = inside ? at(x0) * (x0 + 1 - x) + at(x0 + 1) * (x - x0) : 0;
      assert.ok(Math.abs(out![pixel * 2 + c]! - expected) < 1e-5);
    }
  }
  assert.ok(outside > 5 && outside < 55, `both kinds of pixels occur, ${outside} outside`);
  tf.dispose([source, disparity, found]);
});

test('zero disparity gives the source, a whole one shifts it, and the last column counts as inside', () => {
  const source = randomTensor(Random.fromSeed(2), shape);
  const rows = source.dataSync<'float32'>();
  for (const px of [0, 2, -3]) {
    const shifted = tf.tidy(() => warpHorizontal(source, tf.fill([2, 3, 10, 1], px)).dataSync());
    for (const [index, value] of shifted.entries()) {
      const column = (Math.floor(index / 2) % 10) - px;
      const expected = column >= 0 && column <= 9 ? rows[index - 2 * px]! : 0;
      assert.ok(Math.abs(value - expected) < 1e-6, `disparity ${px}, element ${index}: ${value}, not ${expected}`);
    }
  }
  source.dispose();
});

test('gradients of the warp agree with finite differences', () => {
  const random = Random.fromSeed(3);
  const source = randomTensor(random, shape);
  const disparity = smoothDisparities(random);
  assertGradient((x) => warpHorizontal(x, disparity), source, { random });
  assertGradient((x) => warpHorizontal(source, x), disparity, { random });
  assertGradient((x) => warpHorizontal(source, x, { sourceGradient: false }), disparity, { random });
  tf.dispose([source, disparity]);
});

test('a NaN disparity shows in the result and does not crash', () => {
  const source = randomTensor(Random.fromSeed(4), shape);
  const values = tf.tidy(() => warpHorizontal(source, tf.fill([2, 3, 10, 1], Number.NaN)).dataSync());
  assert.ok(values.every(Number.isNaN));
  source.dispose();
});

test('warp and its gradient leave no tensors behind', () => {
  const random = Random.fromSeed(5);
  const source = randomTensor(random, shape);
  const disparity = smoothDisparities(random);
  const before = tf.memory().numTensors;
  for (const sourceGradient of [true, false]) {
    const gradient = tf.grad((x) => warpHorizontal(source, x as tf.Tensor4D, { sourceGradient }))(disparity);
    gradient.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([source, disparity]);
});
