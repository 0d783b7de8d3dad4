import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { cosineSimilarity1d } from '../../../src/train/layers/matching-cost.js';
import { SimilarityWindow, similarityWindow } from '../../../src/train/layers/similarity-window.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';

const shape = [2, 2, 10, 4] as const;
const disparityShape = [2, 2, 10, 1] as const;

/** Similarity of each left pixel with all right columns, far to near, to look the window's values up in. */
function allSimilarities(left: tf.Tensor4D, right: tf.Tensor4D): (pixel: number, column: number) => number {
  const width = shape[2];
  const volume = cosineSimilarity1d(left, right, width - 1).dataSync();
  const mirrored = cosineSimilarity1d(left.reverse(2), right.reverse(2), width - 1).dataSync();
  return (pixel, column) => {
    const x = pixel % width;
    if (column < 0 || column >= width) return 0;
    // Columns to the right of the pixel are to its left in mirrored views.
    const from = column <= x ? volume : mirrored;
    const at = column <= x ? pixel : pixel - x + (width - 1 - x);
    return from[at * width + (width - 1 - Math.abs(x - column))]!;
  };
}

for (const radius of [1, 4]) {
  test(`a window of radius ${radius} has the volume's similarities around the estimate, linear between columns`, () => {
    const random = Random.fromSeed(11);
    const [left, right] = [randomTensor(random, shape), randomTensor(random, shape)];
    // Beyond both ends of the row too.
    const disparity = randomTensor(random, disparityShape, [-8, 18]);
    const found = similarityWindow(left, right, disparity, radius);
    const taken = 2 * radius + 1;
    assert.deepEqual(found.shape, [2, 2, 10, taken]);
    const similarity = allSimilarities(left, right);
    const estimates = disparity.dataSync();
    for (const [i, value] of found.dataSync().entries()) {
      const pixel = Math.floor(i / taken);
      const x = (pixel % shape[2]) - estimates[pixel]! - radius + (i % taken);
      const column = Math.floor(x);
      const expected = similarity(pixel, column) * (1 - (x - column)) + similarity(pixel, column + 1) * (x - column);
      assert.ok(Math.abs(value - expected) < 1e-5, `element ${i}: found ${value}, expected ${expected}`);
    }
    tf.dispose([left, right, disparity, found]);
  });
}

test('gradients of both views and of the estimate agree with finite differences', () => {
  const random = Random.fromSeed(12);
  const [left, right] = [randomTensor(random, shape), randomTensor(random, shape)];
  // Away from whole columns, where the interpolation has its kinks.
  const disparity = tf.tidy(() => randomTensor(random, disparityShape, [-3, 12]).floor().add<tf.Tensor4D>(0.4));
  assertGradient((x) => similarityWindow(x, right, disparity, 2), left, { random });
  assertGradient((x) => similarityWindow(left, x, disparity, 2), right, { random });
  assertGradient((x) => similarityWindow(left, right, x, 2), disparity, { random });
  tf.dispose([left, right, disparity]);
});

test('as a layer it reads the estimate in its own unit, and survives saving', () => {
  const random = Random.fromSeed(13);
  const layer = new SimilarityWindow({ name: 'window', radius: 3, unitPx: 10 });
  const again = SimilarityWindow.fromConfig(SimilarityWindow, layer.getConfig()) as SimilarityWindow;
  tf.tidy(() => {
    const [left, right] = [randomTensor(random, shape), randomTensor(random, shape)];
    const estimate = randomTensor(random, disparityShape, [0, 0.8]);
    const found = again.apply([left, right, estimate]) as tf.Tensor4D;
    assert.deepEqual(layer.computeOutputShape([[...shape], [...shape], [...disparityShape]]), found.shape);
    const expected = similarityWindow(left, right, estimate.mul(10), 3);
    assert.equal(found.sub(expected).abs().max().dataSync()[0], 0);
  });
});
