import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { depthFromDisparity } from '../../../src/geometry/disparity.js';
import { writeCheckpoint } from '../../../src/train/checkpoint/checkpoint.js';
import type { CheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import { networks } from '../../../src/train/networks/index.js';
import { createNetwork } from '../../../src/train/networks/network.js';
import { openPredictor } from '../../../src/train/predict/predict.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinyCamera, tinySample, tinySize } from '../../support/tiny-pairs.js';

const common = {
  format: 'cyclops-checkpoint',
  formatVersion: 2,
  method: 'guo-eccv18',
  parameters: 1,
  height: 64,
  seed: 1,
  step: 1,
  outputStride: 1,
  config: {},
  data: 'none',
  dataFingerprint: 'x',
  metrics: {},
  versions: {},
  command: 'test',
  startedAt: '',
  savedAt: '',
  trainedSeconds: 0,
} as const;

/** A checkpoint whose finest disparity output is `output` everywhere: all weights 0 but that head's bias. */
async function writeConstantNetwork(folder: string, network: 'dispnet-c' | 'mono-vgg', width: number, output: number) {
  const entry = networks[network];
  const head: CheckpointHead = {
    ...common,
    inputs: entry.inputs,
    network,
    widthMultiplier: 0.1,
    width,
    camera: { ...tinyCamera, width, height: 64 },
    inputMean: [...entry.inputMean],
    inputStd: [...entry.inputStd],
    outputFactorPx: entry.outputFactorPx(width),
  };
  const model = createNetwork(head, head);
  tf.tidy(() => {
    model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
    model
      .getLayer('disparity0')
      .setWeights([tf.zeros(model.getLayer('disparity0').getWeights()[0]!.shape), tf.tensor1d([output])]);
  });
  await writeCheckpoint(folder, head, model);
  model.dispose();
}

test("disparity is px at the image's width, whatever the network's", async (t) => {
  const root = await temporaryFolder(t);
  // 1.5 * 20 = 30 px at 192 px width are 15 px at the image's 96.
  await writeConstantNetwork(join(root, 'student'), 'mono-vgg', 192, 1.5);
  const student = await openPredictor(join(root, 'student'));
  const map = await student.predict(tinySample(1));
  assert.deepEqual([map.width, map.height], [tinySize.width, tinySize.height]);
  assert.ok(map.data.every((value) => Math.abs(value - 15) < 1e-4));
  student.close();

  // A teacher looks at full size: 96x48 rounded up to 128x64, so 20 px there are 15 px at the image.
  await writeConstantNetwork(join(root, 'teacher'), 'dispnet-c', 64, 1);
  const teacher = await openPredictor(join(root, 'teacher'));
  const { left, right } = await teacher.predictBoth(tinySample(1));
  for (const view of [left, right]) {
    assert.ok(view.disparity.data.every((value) => Math.abs(value - 15) < 1e-4));
    assert.ok(view.visible.data.every((value) => Math.abs(value - 0.5) < 1e-6));
  }
  teacher.close();
});

test("a student's depth is that of the sample's camera: focal ratio and baseline count, the teacher's matches do not", async (t) => {
  const root = await temporaryFolder(t);
  // Trained camera: fx 60 px at 192 px width, baseline 0.5 m; 1.5 * 20 = 30 px are 1 m.
  await writeConstantNetwork(join(root, 'student'), 'mono-vgg', 192, 1.5);
  const student = await openPredictor(join(root, 'student'));
  // Another rig: fx 45 px at 96 px width is 90 px at the network's width, so the same image shows 1.5 times the depth.
  const camera = { ...tinyCamera, fxPx: 45, baselineM: 0.2, doffsPx: 1 };
  const map = await student.predict({ ...tinySample(1), camera });
  const { data } = depthFromDisparity(map, camera);
  assert.ok(
    data.every((z) => Math.abs(z - 1.5) < 1e-4),
    `found ${data[0]} m`,
  );
  student.close();

  await writeConstantNetwork(join(root, 'teacher'), 'dispnet-c', 64, 1);
  const teacher = await openPredictor(join(root, 'teacher'));
  assert.ok((await teacher.predict({ ...tinySample(1), camera })).data.every((value) => Math.abs(value - 15) < 1e-4));
  teacher.close();
});

test('what is not above 0 is unknown', async (t) => {
  const root = await temporaryFolder(t);
  await writeConstantNetwork(join(root, 'student'), 'mono-vgg', 96 + 32, -0.5);
  const student = await openPredictor(join(root, 'student'));
  assert.ok((await student.predict(tinySample(1))).data.every((value) => Number.isNaN(value)));
  student.close();
});

test('predicting again and again keeps no tensors', async (t) => {
  const root = await temporaryFolder(t);
  await writeConstantNetwork(join(root, 'teacher'), 'dispnet-c', 64, 1);
  const teacher = await openPredictor(join(root, 'teacher'));
  await teacher.predictBoth(tinySample(1));
  const before = tf.memory().numTensors;
  for (let index = 0; index < 3; index++) await teacher.predictBoth(tinySample(index));
  await teacher.predict(tinySample(1));
  assert.equal(tf.memory().numTensors, before);
  teacher.close();
});
