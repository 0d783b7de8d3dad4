import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { unsupervisedLoss } from '../../../src/train/losses/unsupervised.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';
import { assertClose } from './reference.js';

const [height, width] = [16, 32];

/** A pair whose true disparity is 4 px everywhere, with smooth texture. */
function pair(seed: number) {
  const random = Random.fromSeed(seed);
  const phases = Array.from({ length: 3 }, () => random.uniform(0, 6));
  const view = (shift: number) => {
    const values: number[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const phase of phases) values.push(0.5 + 0.4 * Math.sin(0.35 * (x + shift) + 0.2 * y + phase));
      }
    }
    return tf.tensor4d(values, [1, height, width, 3]);
  };
  return { random, left: view(0), right: view(4) };
}

function heads(px: number): tf.Tensor4D[] {
  return [0, 1].map((s) => tf.fill([1, height >> s, width >> s, 1], px / 20));
}

function lossAt(px: number, referencePx: number, visible: number) {
  const { left, right } = pair(1);
  return unsupervisedLoss({
    disparityHeads: heads(px),
    outputFactorPx: 20,
    left,
    right,
    referencePx: tf.fill([1, height, width, 1], referencePx),
    visible: tf.fill([1, height, width, 1], visible),
  });
}

test('the photometric term is smallest at the true disparity', () => {
  const at = (px: number) => lossAt(px, px, 1).terms.photometric!.dataSync()[0]!;
  const truth = at(4);
  for (const px of [1, 2, 3, 5, 6, 8]) assert.ok(at(px) > truth, `${px} px: ${at(px)} against ${truth}`);
});

test('the regularization to the frozen network counts 1.1 where hidden and 0.1 where visible; hidden pixels have no colour term', () => {
  // Two scales weigh 1 + 1/2; the error is 3 px everywhere.
  assertClose(lossAt(4, 7, 0).terms.absolute!, 0.05 * 1.5 * 3 * 1.1);
  assertClose(lossAt(4, 7, 1).terms.absolute!, 0.05 * 1.5 * 3 * 0.1);
  assert.equal(lossAt(9, 7, 0).terms.photometric!.dataSync()[0], 0);
  assert.equal(lossAt(4, 7, 1).terms.relative!.dataSync()[0], 0);
});

test('the relative term compares slopes: half the mean absolute difference of both directions', () => {
  const ramp = tf.tidy(() => tf.range(0, width).tile([height]).reshape([1, height, width, 1]) as tf.Tensor4D);
  const { left, right } = pair(2);
  const loss = unsupervisedLoss({
    disparityHeads: [heads(4)[0]!],
    outputFactorPx: 20,
    left,
    right,
    referencePx: ramp,
    visible: tf.ones([1, height, width, 1]),
    relativeWeight: 2,
  });
  assertClose(loss.terms.relative!, 2 * 0.5 * (1 + 0));
});

test('gradients of the unsupervised loss agree with finite differences, and no tensors are left', () => {
  const { random, left, right } = pair(3);
  const head = randomTensor(random, [1, height >> 1, width >> 1, 1], [0.11, 0.19]);
  const fine = randomTensor(random, [1, height, width, 1], [0.11, 0.19]);
  const referencePx = randomTensor(random, [1, height, width, 1], [8, 20]);
  const visible = tf.ones<tf.Rank.R4>([1, height, width, 1]);
  const loss = (argument: tf.Tensor4D) =>
    unsupervisedLoss({ disparityHeads: [fine, argument], outputFactorPx: 20, left, right, referencePx, visible });
  const before = tf.memory().numTensors;
  tf.dispose(loss(head));
  assert.equal(tf.memory().numTensors, before);
  // Kinks of the warp at whole columns limit how closely finite differences can agree.
  assertGradient((x) => loss(x).total, head, { random, step: 2e-3, tolerance: 0.1 });
});
