import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { supervisedLoss } from '../../../src/train/losses/supervised.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';
import { assertClose, halved, halvedMean, valuesOf } from './reference.js';

const [batch, height, width] = [2, 8, 16];

function example(seed: number) {
  const random = Random.fromSeed(seed);
  const heads = [0, 1, 2, 3].map((s) => randomTensor(random, [batch, height >> s, width >> s, 1]));
  const logits = [0, 1, 2, 3].map((s) => randomTensor(random, [batch, height >> s, width >> s, 1]));
  const disparity = randomTensor(random, [batch, height, width, 1], [0, 60]);
  const flags = Array.from({ length: batch * height * width }, () => Number(random.chance(0.7)));
  const visible = tf.tensor4d(flags, [batch, height, width, 1]);
  return { random, heads, logits, disparity, visible };
}

test('the supervised loss is the sum over scales of 2^-s (L1 / 20 + cross-entropy)', () => {
  const { heads, logits, disparity, visible } = example(1);
  let disparityTerm = 0;
  let visibilityTerm = 0;
  let truth = valuesOf(disparity);
  let seen = valuesOf(visible);
  for (const [s, head] of heads.entries()) {
    if (s > 0) truth = halved(truth, batch, height >> (s - 1), width >> (s - 1));
    if (s > 0) seen = halvedMean(seen, batch, height >> (s - 1), width >> (s - 1));
    const said = valuesOf(head);
    const logit = valuesOf(logits[s]!);
    for (const [i, target] of truth.entries()) {
      const probability = 1 / (1 + Math.exp(-logit[i]!));
      const entropy = -seen[i]! * Math.log(probability) - (1 - seen[i]!) * Math.log(1 - probability);
      disparityTerm += (2 ** -s * Math.abs(20 * said[i]! - target)) / 20 / truth.length;
      visibilityTerm += (2 ** -s * entropy) / truth.length;
    }
  }
  const before = tf.memory().numTensors;
  const loss = supervisedLoss({
    disparityHeads: heads,
    visibilityLogits: logits,
    disparityPx: disparity,
    visible,
    outputFactorPx: 20,
  });
  assert.deepEqual(Object.keys(loss.terms), ['disparity', 'visibility']);
  assertClose(loss.terms.disparity!, disparityTerm);
  assertClose(loss.terms.visibility!, visibilityTerm);
  assertClose(loss.total, disparityTerm + visibilityTerm);
  tf.dispose(loss);
  assert.equal(tf.memory().numTensors, before, 'memory-clean');
});

test('sparse truth: only pixels with disparity above 0 count; none at all gives 0', () => {
  const random = Random.fromSeed(2);
  const head = randomTensor(random, [1, 2, 4, 1]);
  const truth = tf.tensor4d([0, 10, 0, 0, 30, 0, 0, 0], [1, 2, 4, 1]);
  const said = valuesOf(head);
  const loss = (disparityPx: tf.Tensor4D) =>
    supervisedLoss({ disparityHeads: [head], visibilityLogits: [], disparityPx, outputFactorPx: 20, sparse: true });
  const expected = (Math.abs(20 * said[1]! - 10) + Math.abs(20 * said[4]! - 30)) / 2 / 20;
  assertClose(loss(truth).total, expected);
  assert.equal(loss(tf.zerosLike(truth)).total.dataSync()[0], 0);
});

test('gradients of the supervised loss agree with finite differences', () => {
  const { random, heads, logits, disparity, visible } = example(3);
  const lossOf = (replaced: { head?: tf.Tensor4D; logit?: tf.Tensor4D }) =>
    supervisedLoss({
      disparityHeads: [heads[0]!, replaced.head ?? heads[1]!],
      visibilityLogits: [logits[0]!, replaced.logit ?? logits[1]!],
      disparityPx: disparity,
      visible,
      outputFactorPx: 20,
    }).total;
  assertGradient((head) => lossOf({ head }), heads[1]!, { random, tolerance: 0.02 });
  assertGradient((logit) => lossOf({ logit }), logits[1]!, { random, step: 0.1, tolerance: 0.02 });
});
