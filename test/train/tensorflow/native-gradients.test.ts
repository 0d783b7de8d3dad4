import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient } from '../gradient-check.js';

/** Values that keep away from the kink at 0. */
function values(random: Random): tf.Tensor4D {
  const data = Float32Array.from({ length: 24 }, () => (random.chance(0.5) ? 1 : -1) * random.uniform(0.1, 2));
  return tf.tensor4d(data, [1, 4, 3, 2]);
}

test('the native gradients of ReLU and LeakyReLU agree with finite differences', () => {
  const random = Random.fromSeed(9);
  const x = values(random);
  assertGradient((argument) => tf.relu(argument), x, { random });
  assertGradient((argument) => tf.leakyRelu(argument, 0.1), x, { random });
  assertGradient((argument) => tf.leakyRelu(argument, 0.3), x, { random });
  x.dispose();
});

test('the gradient of bilinear resizing agrees with finite differences, with and without half-pixel centres', () => {
  const random = Random.fromSeed(11);
  const x = values(random);
  for (const [alignCorners, halfPixelCenters] of [
    [false, true],
    [false, false],
    [true, false],
  ] as const) {
    assertGradient((argument) => tf.image.resizeBilinear(argument, [9, 6], alignCorners, halfPixelCenters), x, {
      random,
    });
  }
  x.dispose();
});

test('the gradient of the absolute value is its slope, -1 at 0', () => {
  const gradient = tf.tidy(() =>
    tf.grad((argument) => tf.abs(argument))(tf.tensor1d([-2, 0, 3]), tf.tensor1d([5, 7, 11])),
  );
  assert.deepEqual([...gradient.dataSync()], [-5, -7, 11]);
  gradient.dispose();
});

test('the gradients of sums and means repeat along the axes that went', () => {
  const random = Random.fromSeed(12);
  const x = values(random);
  for (const axis of [undefined, 3, [1, 2], [0, -1]]) {
    for (const keepDims of [false, true]) {
      assertGradient((argument) => tf.sum(argument, axis, keepDims), x, { random });
      assertGradient((argument) => tf.mean(argument, axis, keepDims), x, { random });
    }
  }
  const scalar = tf.scalar(3);
  const gradient = tf.grad((argument) => tf.mean(argument))(scalar);
  assert.deepEqual([gradient.shape, gradient.dataSync()[0]], [[], 1]);
  tf.dispose([x, scalar, gradient]);
});

test('native gradients leave no tensors behind', () => {
  const x = values(Random.fromSeed(10));
  const before = tf.memory().numTensors;
  tf.grad((argument) =>
    tf.image.resizeBilinear(tf.leakyRelu(tf.relu(argument).abs(), 0.1) as tf.Tensor4D, [9, 6]).mean(),
  )(x).dispose();
  assert.equal(tf.memory().numTensors, before);
  x.dispose();
});
