import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { ConstantGain, cosineSimilarity1d, SoftArgmaxDisparity } from '../../../src/train/layers/matching-cost.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';

/** The definition, written out: the cosine of the angle between two feature vectors less their means. */
function cosine(a: Float32Array, b: Float32Array): number {
  const centred = (values: Float32Array): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [...values].map((value) => value - mean);
  };
  const [u, v] = [centred(a), centred(b)];
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(u, v) / Math.sqrt((dot(u, u) + 1e-6) * (dot(v, v) + 1e-6));
}

for (const [shape, reach] of [
  [[2, 3, 11, 5], 4],
  [[1, 2, 6, 3], 9], // reaches beyond the whole row
] as const) {
  test(`similarity of ${shape.join('x')} with reach ${reach} follows its definition`, () => {
    const random = Random.fromSeed(3);
    const left = randomTensor(random, shape);
    const right = randomTensor(random, shape);
    const found = cosineSimilarity1d(left, right, reach);
    assert.deepEqual(found.shape, [...shape.slice(0, 3), reach + 1]);
    const [, , width, channels] = shape;
    const [leftValues, rightValues] = [left.dataSync<'float32'>(), right.dataSync<'float32'>()];
    const features = (values: Float32Array, pixel: number): Float32Array =>
      values.subarray(pixel * channels, (pixel + 1) * channels);
    for (const [i, value] of found.dataSync().entries()) {
      const pixel = Math.floor(i / (reach + 1));
      const displacement = reach - (i % (reach + 1));
      const isInside = (pixel % width) - displacement >= 0;
      const expected = isInside ? cosine(features(leftValues, pixel), features(rightValues, pixel - displacement)) : 0;
      assert.ok(Math.abs(value - expected) < 1e-5, `element ${i}: found ${value}, expected ${expected}`);
    }
    tf.dispose([left, right, found]);
  });
}

test('neither brightness nor contrast of a view changes the similarity', () => {
  const random = Random.fromSeed(4);
  const left = randomTensor(random, [1, 2, 9, 6]);
  const right = randomTensor(random, [1, 2, 9, 6]);
  tf.tidy(() => {
    const before = cosineSimilarity1d(left, right, 3).dataSync();
    const after = cosineSimilarity1d(left, right.mul<tf.Tensor4D>(3).add<tf.Tensor4D>(7), 3).dataSync();
    for (const [i, value] of after.entries()) assert.ok(Math.abs(value - before[i]!) < 1e-4);
    const same = cosineSimilarity1d(left, left, 0).dataSync();
    for (const value of same) assert.ok(Math.abs(value - 1) < 1e-4);
  });
  tf.dispose([left, right]);
});

test('features that are all alike, as of a black image, give a similarity of 0 and a finite gradient', () => {
  tf.tidy(() => {
    const flat: tf.Tensor4D = tf.zeros([1, 1, 4, 3]);
    assert.ok(
      cosineSimilarity1d(flat, flat, 2)
        .dataSync()
        .every((value) => value === 0),
    );
    const gradient = tf.grad((x) => cosineSimilarity1d(x as tf.Tensor4D, flat, 2).sum())(flat);
    assert.ok(gradient.dataSync().every(Number.isFinite));
  });
});

test('gradients of the similarity agree with finite differences', () => {
  const random = Random.fromSeed(5);
  const left = randomTensor(random, [2, 2, 7, 4]);
  const right = randomTensor(random, [2, 2, 7, 4]);
  assertGradient((x) => cosineSimilarity1d(x, right, 4), left, { random });
  assertGradient((x) => cosineSimilarity1d(left, x, 4), right, { random });
  tf.dispose([left, right]);
});

test('the soft-argmax is the mean displacement: a clear winner is itself, two equal ones meet in the middle', () => {
  const layer = new SoftArgmaxDisparity({ step: 0.2 });
  // Scores run from displacement 3 to 0.
  const scores = tf.tensor4d([0, 60, 0, 0, 0, 0, 0, 60, 60, 0, 60, 0, 5, 5, 5, 5], [1, 2, 2, 4]);
  const found = layer.apply(scores) as tf.Tensor4D;
  assert.deepEqual(found.shape, [1, 2, 2, 1]);
  const expected = [2, 0, 2, 1.5].map((displacement) => displacement * 0.2);
  for (const [i, value] of found.dataSync().entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5);
  tf.dispose([scores, found]);
});

test('gradients of the soft-argmax agree with finite differences', () => {
  const random = Random.fromSeed(6);
  const scores = randomTensor(random, [1, 2, 3, 5]);
  const layer = new SoftArgmaxDisparity({ step: 0.2 });
  assertGradient((x) => layer.apply(x) as tf.Tensor, scores, { random });
  scores.dispose();
});

test('a constant gain multiplies, and passes its gradient on multiplied', () => {
  const layer = new ConstantGain({ gain: 14 });
  tf.tidy(() => {
    const input = tf.tensor4d([1, -2], [1, 1, 2, 1]);
    assert.deepEqual([...(layer.apply(input) as tf.Tensor).dataSync()], [14, -28]);
    const gradient = tf.grad((x) => (layer.apply(x) as tf.Tensor).sum())(input);
    assert.deepEqual([...gradient.dataSync()], [14, 14]);
  });
});

test('the similarity and the soft-argmax leave no tensors behind', () => {
  const random = Random.fromSeed(7);
  const left = randomTensor(random, [1, 2, 9, 4]);
  const layer = new SoftArgmaxDisparity({ step: 1 });
  const before = tf.memory().numTensors;
  const similarity = cosineSimilarity1d(left, left, 5);
  (layer.apply(similarity) as tf.Tensor).dispose();
  similarity.dispose();
  assert.equal(tf.memory().numTensors, before);
  left.dispose();
});
