import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { exportLayersModel } from '../../src/export/export-layers-model.js';
import { decodeOutline } from '../../src/export/graph/proto.js';
import { planLayersModel } from '../../src/export/plan.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withoutTensorFlow } from '../support/tensorflow.js';

/** A small segmentation network of open size with two outputs, saved in two weight files as tfjs saves large ones. */
async function writeSegmentation(context: TestContext): Promise<string> {
  const { tf } = await import('../../src/train/tf.js');
  const { savedModel } = await import('../support/parity/run-case.js');
  const image = tf.input({ name: 'image', shape: [null, null, 3] });
  const conv = (name: string, filters: number, strides = 1) =>
    tf.layers.conv2d({ name, filters, kernelSize: 3, strides, padding: 'same', useBias: false });
  const norm = tf.layers.batchNormalization({ name: 'norm', movingMeanInitializer: 'randomNormal' });
  const features = norm.apply(conv('stem', 4, 2).apply(image)) as typeof image;
  const up = tf.layers.conv2dTranspose({ name: 'up', filters: 5, kernelSize: 2, strides: 2 }).apply(features);
  const classes = tf.layers.softmax({ name: 'classes', axis: -1 }).apply(up) as typeof image;
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pooled' }).apply(features);
  const scene = tf.layers.dense({ name: 'scene', units: 2 }).apply(pooled) as typeof image;
  const model = tf.model({ inputs: image, outputs: [classes, scene] });
  const { json, weights } = await savedModel(tf, model);
  model.dispose();
  const folder = await temporaryFolder(context);
  const manifest = JSON.parse(json);
  manifest.weightsManifest[0].paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
  await writeFile(join(folder, 'group1-shard1of2.bin'), weights.subarray(0, 200));
  await writeFile(join(folder, 'group1-shard2of2.bin'), weights.subarray(200));
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return join(folder, 'model.json');
}

test("a user's own LayersModel becomes an ONNX file with its own tensors", {
  skip: withoutTensorFlow,
}, async (context) => {
  const path = await writeSegmentation(context);
  const output = join(path, '../out/segmentation.onnx');
  const options = { size: { width: 20, height: 12 }, version: '0.1.0' };
  const result = await exportLayersModel(path, output, options);
  assert.deepEqual(result.inputs, [{ name: 'image', type: 'float32', shape: [1, 12, 20, 3] }]);
  assert.deepEqual(result.outputs, [
    { name: 'classes', type: 'float32', shape: [1, 12, 20, 5] },
    { name: 'scene', type: 'float32', shape: [1, 2] },
  ]);
  assert.ok(result.parity !== undefined && result.parity.maxRelativeDifference < 1e-5);
  // The layers' own names; batch normalization is folded; axes move at the ends alone.
  const { nodes } = decodeOutline(await readFile(output), output);
  assert.deepEqual(
    nodes.map(({ name, op }) => `${name} ${op}`),
    [
      'image/nchw Transpose',
      'stem Conv',
      'up ConvTranspose',
      'classes Softmax',
      'pooled/pool GlobalAveragePool',
      'pooled Reshape',
      'scene Gemm',
      'classes/nhwc Transpose',
    ],
  );
  const plan = await planLayersModel(path, options.size);
  assert.deepEqual(plan.summary, result.summary);
  assert.deepEqual(plan.estimate.fallingBack, []);
  // Alive at the peak: the scores before and after their softmax, and the features for the pooling.
  assert.equal(plan.estimate.peakActivationBytes, 4 * (2 * 12 * 20 * 5 + 6 * 10 * 4));
});

test('what a LayersModel lacks is said, and nothing is written', { skip: withoutTensorFlow }, async (context) => {
  const path = await writeSegmentation(context);
  const output = join(path, '../out.onnx');
  const refuse = async (sentence: RegExp, target = output, size?: { width: number; height: number }) => {
    const options = { version: '0.1.0', parity: false, ...(size === undefined ? {} : { size }) };
    await assert.rejects(
      () => exportLayersModel(path, target, options),
      (error) => isCyclopsError(error) && sentence.test(error.message),
    );
  };
  await refuse(/layer "image": expected an input of a fixed size, found \[\?, \?, \?, 3\]; --size WxH/);
  await refuse(/--output: expected FILE\.onnx for a bare graph/, join(path, '../folder'), { width: 8, height: 8 });
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  manifest.weightsManifest[0].paths[1] = '../outside.bin';
  await writeFile(path, JSON.stringify(manifest));
  await refuse(/paths\.1: expected a plain file name beside model\.json, found "\.\.\/outside\.bin"/);
  await assert.rejects(stat(output), { code: 'ENOENT' });
});
