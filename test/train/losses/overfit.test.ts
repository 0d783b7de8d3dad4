import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { distillationLoss } from '../../../src/train/losses/distillation.js';
import { supervisedLoss } from '../../../src/train/losses/supervised.js';
import { networks } from '../../../src/train/networks/index.js';
import { trainableVariables } from '../../../src/train/networks/network.js';
import { createAdam } from '../../../src/train/run/adam.js';
import { tf } from '../../../src/train/tensorflow/tf.js';

const [height, widthPx, steps] = [64, 128, 30];

/** One pair: random columns in two planes, the nearer one 12 px, the farther one 4 px; truth of the left view. */
function tinyPair(seed: number) {
  const random = Random.fromSeed(seed);
  const texture = Float32Array.from({ length: height * (widthPx + 16) * 3 }, () => random.uniform());
  const disparityAt = (y: number, x: number) => (y > 20 && y < 50 && x > 40 && x < 90 ? 12 : 4);
  const left = new Float32Array(height * widthPx * 3);
  const right = new Float32Array(height * widthPx * 3);
  const truth = new Float32Array(height * widthPx);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < widthPx; x++) {
      truth[y * widthPx + x] = disparityAt(y, x);
      for (let c = 0; c < 3; c++) {
        const value = texture[(y * (widthPx + 16) + x) * 3 + c]!;
        left[(y * widthPx + x) * 3 + c] = value;
        const to = x - disparityAt(y, x);
        if (to >= 0) right[(y * widthPx + to) * 3 + c] = value;
      }
    }
  }
  const image = (data: Float32Array) => tf.tensor4d(data, [1, height, widthPx, 3]);
  return { left: image(left), right: image(right), truth: tf.tensor4d(truth, [1, height, widthPx, 1]) };
}

for (const [name, width, share] of [
  ['dispnet-c', 0.25, 0.5],
  ['mono-vgg', 0.25, 0.5],
  ['mono-edge', 1, 0.7], // starts at about the mean disparity, so there is less to gain
] as const) {
  test(`${name}: ${steps} steps on one sample bring the loss below ${share} of its start`, () => {
    const entry = networks[name];
    const model = entry.create({ width, height, widthPx, seed: 1 });
    const { left, right, truth } = tinyPair(2);
    const variables = trainableVariables(model);
    const adam = createAdam(variables);
    const outputFactorPx = entry.outputFactorPx(widthPx);
    const lossNow = (): tf.Scalar => {
      const outputs = model.apply(entry.inputs === 'stereo' ? [left, right] : left, {
        training: true,
      }) as tf.Tensor4D[];
      if (entry.inputs === 'mono') return distillationLoss({ outputs, outputFactorPx, labelPx: truth }).total;
      return supervisedLoss({
        disparityHeads: outputs.slice(0, entry.scales),
        visibilityLogits: outputs.slice(entry.scales),
        disparityPx: truth,
        visible: tf.onesLike(truth),
        outputFactorPx,
      }).total;
    };
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(lossNow, variables);
        const gradients = variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
        adam.apply(gradients, step, 1e-3, 0);
        losses.push(value.dataSync()[0]!);
      });
    }
    const [first, last] = [losses[0]!, losses[steps - 1]!];
    assert.ok(last < share * first, `from ${first} to ${last}`);
    tf.dispose([left, right, truth]);
    adam.dispose();
    model.dispose();
  });
}
