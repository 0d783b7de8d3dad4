import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { networkNames } from '../../../src/train/checkpoint/checkpoint-schema.js';
import { networkCost } from '../../../src/train/networks/cost.js';
import { networks } from '../../../src/train/networks/index.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { randomTensor } from '../gradient-check.js';

const small = { width: 0.25, height: 64, widthPx: 128 };

/** Runs a model on images drawn from a seed. */
function outputsOf(model: tf.LayersModel, imageSeed: number, batch = 1): tf.Tensor4D[] {
  const random = Random.fromSeed(imageSeed);
  const images = model.inputs.map(({ shape }) => randomTensor(random, [batch, shape[1]!, shape[2]!, 3], [0, 1]));
  const outputs = model.predict(images) as tf.Tensor4D[];
  tf.dispose(images);
  return outputs;
}

for (const [name, size, millionParameters, gmacs] of [
  ['dispnet-c', { height: 256, widthPx: 832 }, 41.7, 24.2],
  ['dispnet-c', { height: 384, widthPx: 1280 }, 41.7, 55.7],
  ['mono-vgg', { height: 256, widthPx: 512 }, 19.9, 45.4],
] as const) {
  test(`${name} has the paper's ${millionParameters} M parameters, ${gmacs} GMAC at ${size.widthPx}x${size.height}`, () => {
    const model = networks[name].create({ ...size, seed: 1 });
    const cost = networkCost(model);
    model.dispose();
    assert.equal((cost.parameters / 1e6).toFixed(1), millionParameters.toFixed(1));
    assert.equal((cost.multiplyAccumulates / 1e9).toFixed(1), gmacs.toFixed(1));
  });
}

test('mono-edge keeps its budget at 640x192: 2.5 M parameters, 12 MB, 2 GMAC, and operators that TensorRT fuses', () => {
  const model = networks['mono-edge'].create({ height: 192, widthPx: 640, seed: 1 });
  const cost = networkCost(model);
  const kinds = new Set(cost.layers.map((layer) => layer.kind));
  model.dispose();
  assert.ok(cost.parameters <= 2.5e6, `${cost.parameters} parameters`);
  assert.ok(cost.weightBytes <= 12e6, `${cost.weightBytes} bytes`);
  assert.ok(cost.multiplyAccumulates <= 2e9, `${cost.multiplyAccumulates} multiply-accumulates`);
  const allowed = ['InputLayer', 'Conv2D', 'Activation', 'LeakyReLU', 'Add', 'Concatenate', 'UpSampling2D'];
  assert.deepEqual(
    [...kinds].filter((kind) => !allowed.includes(kind)),
    [],
  );
});

for (const name of networkNames) {
  const entry = networks[name];

  test(`${name}: one output a scale, each half the sides of the one before`, () => {
    const model = entry.create({ ...small, seed: 1 });
    const outputs = outputsOf(model, 2, 2);
    const finest = small.height / entry.outputStride;
    const expected = Array.from({ length: entry.scales }, (_, scale) => [
      2,
      finest / 2 ** scale,
      (2 * finest) / 2 ** scale,
      1,
    ]);
    const twice = entry.inputs === 'stereo' ? [...expected, ...expected] : expected;
    assert.deepEqual(
      outputs.map((output) => output.shape),
      twice,
    );
    if (entry.positive) for (const output of outputs) assert.ok(output.dataSync().every((value) => value > 0));
    tf.dispose(outputs);
    model.dispose();
  });

  test(`${name}: a seed fixes the weights, another seed gives others`, () => {
    const values = [1, 1, 2].map((seed) => {
      const model = entry.create({ ...small, seed });
      const outputs = outputsOf(model, 3);
      const data = outputs.map((output) => Array.from(output.dataSync()));
      tf.dispose(outputs);
      model.dispose();
      return data;
    });
    assert.deepEqual(values[0], values[1]);
    assert.notDeepEqual(values[0], values[2]);
  });

  test(`${name}: saved and loaded, it gives identical outputs`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-network-'));
    try {
      const model = entry.create({ ...small, seed: 4 });
      await model.save(`file://${folder}`);
      const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
      const [before, after] = [model, loaded].map((each) => {
        const outputs = outputsOf(each, 5);
        const data = outputs.map((output) => Array.from(output.dataSync()));
        tf.dispose(outputs);
        each.dispose();
        return data;
      });
      assert.deepEqual(after, before);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test('the transposed convolution of the decoders has the geometry of PyTorch: kernel 4, stride 2, padding 1', () => {
  const kernel = tf.tensor4d(
    Array.from({ length: 16 }, (_, i) => i + 1),
    [4, 4, 1, 1],
  );
  const impulse = tf.tidy(() => tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3, 1]));
  const found = tf.tidy(() => tf.conv2dTranspose(impulse, kernel, [1, 6, 6, 1], 2, 'same').dataSync());
  // An input pixel (i, j) spreads kernel (a, b) to output (2i - 1 + a, 2j - 1 + b).
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 6; x++) {
      const [a, b] = [y - 1, x - 1];
      const expected = a >= 0 && a < 4 && b >= 0 && b < 4 ? a * 4 + b + 1 : 0;
      assert.equal(found[y * 6 + x], expected);
    }
  }
  tf.dispose([kernel, impulse]);
});
