import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { warpWithZeroBorder } from '../../../src/train/layers/warp-zero-border.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';

const [height, width, channels] = [3, 8, 2];
const shape = [2, height, width, channels] as const;

/** Disparities to both sides and beyond them, away from the kinks at integers by more than the finite step. */
function disparities(random: Random): tf.Tensor4D {
  const values = Float32Array.from(
    { length: 2 * height * width },
    () => random.integer(12) - 6 + random.uniform(0.1, 0.9),
  );
  return tf.tensor4d(values, [2, height, width, 1]);
}

test('it reads a source with zeros all around, linearly', () => {
  const random = Random.fromSeed(1);
  const source = randomTensor(random, shape);
  const disparity = disparities(random);
  const found = warpWithZeroBorder(source, disparity);
  assert.deepEqual(found.shape, [...shape]);
  const [s, d, out] = [source, disparity, found].map((tensor) => tensor.dataSync<'float32'>());
  let fading = 0;
  for (let pixel = 0; pixel < 2 * height * width; pixel++) {
    const x = (pixel % width) - d![pixel]!;
    const first = Math.floor(x);
    if (first === -1 || first === width - 1) fading++;
    for (let c = 0; c < channels; c++) {
      const at = (column: number) =>
        column < 0 || column >= width ? 0 : s![(pixel - (pixel % width) + column) * channels + c]!;
      const expected = at(first) * (first + 1 - x) + at(first + 1) * (x - first);
      assert.ok(Math.abs(out![pixel * channels + c]! - expected) < 1e-5, `${out![pixel * channels + c]}, ${expected}`);
    }
  }
  assert.ok(fading > 3, `${fading} pixels between the border and a column further out`);
});

test('gradients of source and disparity are those of the fading warp', () => {
  const random = Random.fromSeed(2);
  const source = randomTensor(random, shape);
  const disparity = disparities(random);
  assertGradient((moved) => warpWithZeroBorder(moved, disparity), source, { random });
  assertGradient((moved) => warpWithZeroBorder(source, moved), disparity, { random });
});
