import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { convolutionWithBias } from '../../../src/train/layers/convolution-with-bias.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { randomTensor } from '../gradient-check.js';

const cases = [
  { kernel: 3, stride: 1, padding: 'same', channels: [5, 7] },
  { kernel: 3, stride: 2, padding: 'same', channels: [3, 8] },
  { kernel: 5, stride: 2, padding: 'valid', channels: [3, 4] },
  { kernel: 1, stride: 1, padding: 'same', channels: [16, 1] },
] as const;

for (const { kernel, stride, padding, channels } of cases) {
  test(`convolution and bias, ${kernel}x${kernel}/${stride} ${padding}, agree with tfjs in value and gradients`, () => {
    const random = Random.fromSeed(21);
    const [from, to] = channels;
    const x = randomTensor(random, [2, 8, 12, from]);
    const filter = randomTensor(random, [kernel, kernel, from, to]);
    const bias = randomTensor(random, [1, 1, 1, to]).flatten() as tf.Tensor1D;
    const own = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
      convolutionWithBias(a as tf.Tensor4D, b as tf.Tensor4D, c as tf.Tensor1D, { stride, padding });
    const plain = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, padding).add(c!);
    assertClose(own(x, filter, bias), plain(x, filter, bias));
    const dy = randomTensor(random, own(x, filter, bias).shape as [number, number, number, number]);
    const found = tf.grads(own)([x, filter, bias], dy);
    for (const [index, expected] of tf.grads(plain)([x, filter, bias], dy).entries()) {
      assertClose(found[index]!, expected);
    }
  });
}

test('only the gradients that are asked for are computed, and nothing is left behind', async () => {
  const random = Random.fromSeed(22);
  const image = randomTensor(random, [1, 4, 6, 3]);
  const filter = randomTensor(random, [3, 3, 3, 2]);
  const bias = tf.zeros<tf.Rank.R1>([2]);
  const gradient = tf.grad((argument: tf.Tensor) =>
    convolutionWithBias(image, argument as tf.Tensor4D, bias, { stride: 1, padding: 'same' }).mean(),
  );
  gradient(filter).dispose();
  const before = tf.memory().numTensors;
  const { kernelNames } = await tf.profile(() => gradient(filter).dispose());
  assert.equal(kernelNames.includes('Conv2DBackpropFilter'), true);
  assert.equal(kernelNames.includes('Conv2DBackpropInput'), false);
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([image, filter, bias]);
});

/** Equal shapes, and values up to the order of sums. */
function assertClose(found: tf.Tensor, expected: tf.Tensor): void {
  assert.deepEqual(found.shape, expected.shape);
  const scale = expected.abs().max().dataSync()[0]!;
  const difference = found.sub(expected).abs().max().dataSync()[0]!;
  assert.ok(difference <= 1e-5 * scale, `differs by ${difference} of ${scale}`);
}
