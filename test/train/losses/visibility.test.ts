import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binaryCrossEntropy, dilateVisible, leftRightVisible } from '../../../src/train/losses/visibility.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { tinySample, tinySize } from '../../support/tiny-pairs.js';

test('cross-entropy from logits stays finite for large logits and is 0 where they are right', () => {
  tf.tidy(() => {
    const entropy = binaryCrossEntropy(tf.tensor1d([100, -100, 100, 0]), tf.tensor1d([1, 0, 0, 1]));
    const [right, rightToo, wrong, undecided] = entropy.dataSync();
    assert.ok(Math.abs(right!) < 1e-6 && Math.abs(rightToo!) < 1e-6);
    assert.ok(Math.abs(wrong! - 100) < 1e-3);
    assert.ok(Math.abs(undecided! - Math.LN2) < 1e-6);
  });
});

test('dilation removes occlusions thinner than three pixels, and counts outside as visible', () => {
  const thin = [1, 0, 0, 1, 1, 1];
  const wide = [1, 0, 0, 0, 0, 1];
  tf.tidy(() => {
    const rows = [thin, thin, thin, wide, wide, wide].flat();
    const dilated = dilateVisible(tf.tensor4d(rows, [1, 6, 6, 1])).arraySync();
    assert.deepEqual(dilated[0]![1]!.flat(), [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(dilated[0]![4]!.flat(), [1, 1, 0, 0, 1, 1]);
    assert.deepEqual(dilated[0]![5]!.flat(), [1, 1, 1, 1, 1, 1]);
  });
});

test('the left-right check of true disparities finds what is hidden, behind the object and at the border', () => {
  const { disparityLeft, disparityRight, visibleLeft } = tinySample(1);
  const shape: [number, number, number, number] = [1, tinySize.height, tinySize.width, 1];
  tf.tidy(() => {
    const visible = leftRightVisible(tf.tensor4d(disparityLeft!.data, shape), tf.tensor4d(disparityRight!.data, shape));
    assert.deepEqual(Array.from(visible.dataSync()), Array.from(visibleLeft!.data));
    assert.ok(visibleLeft!.data.includes(0));
  });
});
