import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { type DistillationInput, distillationLoss } from '../../../src/train/losses/distillation.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';
import { assertClose, halved, halvedMean, valuesOf } from './reference.js';

const [height, width] = [8, 16];

/** Labels of which about a third are unknown, and a confidence. */
function example(seed: number) {
  const random = Random.fromSeed(seed);
  const labels = Array.from({ length: height * width }, () => (random.chance(0.3) ? 0 : random.uniform(1, 50)));
  const labelPx = tf.tensor4d(labels, [1, height, width, 1]);
  const confidence = randomTensor(random, [1, height, width, 1], [0, 1]);
  const outputs = [0, 1, 2].map((s) => randomTensor(random, [1, height >> s, width >> s, 1], [0.1, 3]));
  return { random, labelPx, confidence, outputs };
}

/** Mean of |a - b| over pixels with b > 0, weighted. */
function meanError(a: readonly number[], b: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  let total = 0;
  for (const [i, target] of b.entries()) {
    if (target <= 0) continue;
    sum += weights[i]! * Math.abs(a[i]! - target);
    total += weights[i]!;
  }
  return sum / total;
}

for (const weighted of [false, true]) {
  test(`distillation (8): L1 / 20 over labelled pixels, 2^-s a scale${weighted ? ', by confidence' : ''}`, () => {
    const { labelPx, confidence, outputs } = example(1);
    let labels = valuesOf(labelPx);
    let weights = weighted ? valuesOf(confidence) : labels.map(() => 1);
    let expected = 0;
    for (const [s, output] of outputs.entries()) {
      if (s > 0) labels = halved(labels, 1, height >> (s - 1), width >> (s - 1));
      if (s > 0) weights = halvedMean(weights, 1, height >> (s - 1), width >> (s - 1));
      const px = valuesOf(output).map((value) => 20 * value);
      expected += (2 ** -s * meanError(px, labels, weights)) / 20;
    }
    const before = tf.memory().numTensors;
    const loss = distillationLoss({ outputs, outputFactorPx: 20, labelPx, ...(weighted ? { confidence } : {}) });
    assert.deepEqual(Object.keys(loss.terms), ['disparity']);
    assertClose(loss.total, expected);
    tf.dispose(loss);
    assert.equal(tf.memory().numTensors, before, 'memory-clean');
  });
}

test('a half-size first output is enlarged to the labels, the next ones use the label pyramid', () => {
  const { labelPx, outputs } = example(2);
  const [, half, quarter] = outputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const large = tf.image.resizeBilinear(half, [height, width], false, true);
  const full = valuesOf(labelPx);
  const quarterLabels = halved(halved(full, 1, height, width), 1, height / 2, width / 2);
  const ones = full.map(() => 1);
  const scaled = (tensor: tf.Tensor) => valuesOf(tensor).map((value) => 10 * value);
  const expected =
    meanError(scaled(large), full, ones) / 20 + (0.5 * meanError(scaled(quarter), quarterLabels, ones)) / 20;
  const loss = distillationLoss({ outputs: [half, quarter], outputFactorPx: 10, labelPx });
  assertClose(loss.total, expected);
});

test('the relative and gradient terms of ours follow their definitions', () => {
  const { labelPx, outputs } = example(3);
  const loss = distillationLoss({
    outputs: [outputs[0]!],
    outputFactorPx: 20,
    labelPx,
    relativeWeight: 0.5,
    gradientWeight: 2,
  });
  const labels = valuesOf(labelPx);
  const px = valuesOf(outputs[0]!).map((value) => 20 * value);
  const known = labels.map((value) => value > 0);
  const log = (values: readonly number[]) => values.map((value) => Math.log(value + 1));
  const ratios = log(px).map((value, i) => Math.abs(value - log(labels)[i]!));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assertClose(loss.terms.relative!, 0.5 * mean(ratios.filter((_, i) => known[i])));

  const error = px.map((value, i) => value - labels[i]!);
  const steps = (offset: number, hasNext: (i: number) => boolean) =>
    error.flatMap((value, i) =>
      hasNext(i) && known[i] && known[i + offset] ? [Math.abs(error[i + offset]! - value)] : [],
    );
  const across = steps(1, (i) => i % width < width - 1);
  const down = steps(width, (i) => i < width * (height - 1));
  assertClose(loss.terms.gradient!, (2 * (mean(across) + mean(down))) / 20);
  const sum = Object.values(loss.terms).reduce((total, term) => total + term.dataSync()[0]!, 0);
  assertClose(loss.total, sum);
});

test('pixels of thin structures count more, in every term and at every scale', () => {
  const random = Random.fromSeed(7, 'thin');
  const [tall, wide] = [64, 80];
  const isPole = (x: number) => x >= 40 && x < 44;
  const labels = Array.from({ length: tall * wide }, (_, i) => (isPole(i % wide) ? 16 : 6));
  const labelPx = tf.tensor4d(labels, [1, tall, wide, 1]);
  const outputs = [1, 2].map((step) => randomTensor(random, [1, tall / step, wide / step, 1], [0.2, 0.9]));
  const loss = distillationLoss({
    outputs,
    outputFactorPx: 20,
    labelPx,
    relativeWeight: 1,
    gradientWeight: 1,
    thinWeight: 4,
  });
  const weights = labels.map((px) => (px === 16 ? 5 : 1));
  const [px, halfPx] = outputs.map((output) => valuesOf(output).map((value) => 20 * value)) as [number[], number[]];
  const half = (values: readonly number[]) => halved(values, 1, tall, wide);
  const expected = meanError(px, labels, weights) + 0.5 * meanError(halfPx, half(labels), half(weights));
  assertClose(loss.terms.disparity!, expected / 20);
  const logs = (values: readonly number[]) => values.map((value) => Math.log(value + 1));
  assertClose(loss.terms.relative!, meanError(logs(px), logs(labels), weights));

  const error = px.map((value, i) => value - labels[i]!);
  const meanStep = (offset: number, hasNext: (i: number) => boolean) => {
    const first = labels.map((_, i) => i).filter(hasNext);
    const counts = first.map((i) => Math.max(weights[i]!, weights[i + offset]!));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return first.reduce((sum, i, k) => sum + counts[k]! * Math.abs(error[i + offset]! - error[i]!), 0) / total;
  };
  const across = meanStep(1, (i) => i % wide < wide - 1);
  const down = meanStep(wide, (i) => i < wide * (tall - 1));
  assertClose(loss.terms.gradient!, (across + down) / 20);
});

test('labels that are all unknown give a loss and a gradient of 0', () => {
  const { outputs } = example(4);
  const labelPx = tf.zeros<tf.Rank.R4>([1, height, width, 1]);
  const { value, grad } = tf.valueAndGrad(
    (output) => distillationLoss({ outputs: [output as tf.Tensor4D], outputFactorPx: 20, labelPx }).total,
  )(outputs[0]!);
  assert.equal(value.dataSync()[0], 0);
  assert.ok(grad.dataSync().every((element) => element === 0));
});

test('gradients of the distillation loss agree with finite differences', () => {
  const { random, labelPx, confidence, outputs } = example(5);
  const shared: Omit<DistillationInput, 'outputs'> = {
    outputFactorPx: 20,
    labelPx,
    confidence,
    relativeWeight: 1,
    gradientWeight: 1,
  };
  const options = { random, step: 2e-3, tolerance: 0.02 };
  assertGradient((output) => distillationLoss({ ...shared, outputs: [output] }).total, outputs[1]!, options);
  assertGradient(
    (output) => distillationLoss({ ...shared, outputs: [outputs[0]!, output] }).total,
    outputs[2]!,
    options,
  );
});
