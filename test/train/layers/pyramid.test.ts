import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halveByMax, halveByMean, pyramid, resizeBilinear } from '../../../src/train/layers/pyramid.js';
import { tf } from '../../../src/train/tensorflow/tf.js';

const map = () => tf.tensor4d([0, 3, 1, 2, 5, 0, 0, 0, 1, 1, 8, 4, 1, 1, 0, 0], [1, 4, 4, 1]);

test('disparities halve by the largest of four, masks by the mean', () => {
  tf.tidy(() => {
    assert.deepEqual([...halveByMax(map()).dataSync()], [5, 2, 1, 8]);
    assert.deepEqual([...halveByMean(map()).dataSync()], [2, 0.75, 1, 3]);
    const levels = pyramid(map(), 3, halveByMax);
    assert.deepEqual(
      levels.map((level) => level.shape[1]),
      [4, 2, 1],
    );
    assert.deepEqual([...levels[2]!.dataSync()], [8]);
  });
});

test('bilinear resizing uses half-pixel centres', () => {
  tf.tidy(() => {
    const wide = resizeBilinear(tf.tensor4d([0, 4], [1, 1, 2, 1]), 1, 4);
    assert.deepEqual([...wide.dataSync()], [0, 1, 3, 4]);
  });
});
