import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { correlate1d } from '../../../src/train/layers/correlation-1d.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';

/** The definition, written out. */
function reference(left: Float32Array, right: Float32Array, [b, h, w, c]: readonly number[], reach: number): number[] {
  const out: number[] = [];
  for (let row = 0; row < b! * h!; row++) {
    for (let x = 0; x < w!; x++) {
      for (let k = 0; k <= reach; k++) {
        const other = x - (reach - k);
        let sum = 0;
        for (let i = 0; i < c! && other >= 0; i++) {
          sum += left[(row * w! + x) * c! + i]! * right[(row * w! + other) * c! + i]!;
        }
        out.push(sum / c!);
      }
    }
  }
  return out;
}

for (const [shape, reach] of [
  [[2, 3, 11, 5], 4],
  [[1, 2, 8, 3], 12], // reaches beyond the whole row
  [[1, 1, 5, 1], 0],
] as const) {
  test(`correlation of ${shape.join('x')} with reach ${reach} follows its definition`, () => {
    const random = Random.fromSeed(3);
    const left = randomTensor(random, shape);
    const right = randomTensor(random, shape);
    const found = correlate1d(left, right, reach);
    assert.deepEqual(found.shape, [...shape.slice(0, 3), reach + 1]);
    const expected = reference(left.dataSync<'float32'>(), right.dataSync<'float32'>(), shape, reach);
    for (const [i, value] of found.dataSync().entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5);
    tf.dispose([left, right, found]);
  });
}

test('gradients of the correlation agree with finite differences', () => {
  const random = Random.fromSeed(4);
  const left = randomTensor(random, [2, 2, 9, 4]);
  const right = randomTensor(random, [2, 2, 9, 4]);
  assertGradient((x) => correlate1d(x, right, 5), left, { random });
  assertGradient((x) => correlate1d(left, x, 5), right, { random });
  tf.dispose([left, right]);
});

test('the correlation leaves no tensors behind', () => {
  const random = Random.fromSeed(5);
  const left = randomTensor(random, [1, 2, 9, 4]);
  const before = tf.memory().numTensors;
  correlate1d(left, left, 5).dispose();
  assert.equal(tf.memory().numTensors, before);
  left.dispose();
});
