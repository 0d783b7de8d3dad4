import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import type { Batch } from '../../../src/data/loader.js';
import { resolveTrainingConfig, stageOf } from '../../../src/train/config/resolve-config.js';
import { encoderVariables, loadEncoder } from '../../../src/train/networks/encoder.js';
import { networks } from '../../../src/train/networks/index.js';
import { trainableVariables } from '../../../src/train/networks/network.js';
import { createAdam } from '../../../src/train/run/adam.js';
import { readStats, runStep } from '../../../src/train/run/step.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const entry = networks['mono-vgg'];
const size = { widthPx: 64, height: 32 } as const;

function student(t: TestContext, seed: number): tf.LayersModel {
  const model = entry.create({ ...size, width: 0.1, seed });
  t.after(() => model.dispose());
  return model;
}

/** Weights by name, as they stand in the file. */
type Named = [name: string, shape: number[], values: Float32Array][];

function encoderWeights(model: tf.LayersModel, rename: (name: string) => string = (name) => name): Named {
  return encoderVariables(model, entry).map((variable) => [
    rename(variable.name.replace(/_\d+$/, '')),
    variable.shape,
    variable.dataSync() as Float32Array,
  ]);
}

/** Writes a LayersModel's model.json with its weights in two files, as the converter of tfjs shards them. */
async function writeModel(folder: string, weights: Named): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bytes = Buffer.concat(
    weights.map(([, , { buffer, byteOffset, byteLength }]) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  const cut = Math.floor(bytes.length / 2) + 1;
  await writeFile(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, cut));
  await writeFile(join(folder, 'group1-shard2of2.bin'), bytes.subarray(cut));
  const manifest = {
    paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
    weights: weights.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify({ weightsManifest: [manifest] }));
}

const kerasName = (name: string): string => name.replace(/^enc(\d)_(\d)/, 'block$1_conv$2');

test('an encoder under our own names comes over as it is; the decoder stays', async (t) => {
  const folder = await temporaryFolder(t);
  const [from, into] = [student(t, 5), student(t, 6)];
  await writeModel(folder, encoderWeights(from));
  const encoder = new Set(encoderVariables(into, entry).map(({ name }) => name));
  assert.equal(encoder.size, 26);
  const before = trainableVariables(into).map((variable) => variable.dataSync().slice());
  await loadEncoder(into, entry, folder);
  assert.deepEqual(
    encoderWeights(into).map(([, , values]) => values),
    encoderWeights(from).map(([, , values]) => values),
  );
  for (const [index, variable] of trainableVariables(into).entries()) {
    if (!encoder.has(variable.name)) assert.deepEqual(variable.dataSync(), before[index]);
  }
});

test("Keras' first layer, which sees B,G,R less the mean, gives the same for R,G,B normalised", async (t) => {
  const folder = await temporaryFolder(t);
  const [from, into] = [student(t, 7), student(t, 8)];
  const weights = encoderWeights(from, kerasName);
  await writeModel(folder, weights);
  await loadEncoder(into, entry, folder);
  const [, shape, values] = weights.find(([name]) => name === 'block1_conv1/kernel')!;
  const random = Random.fromSeed(3);
  const rgb01 = tf.tensor4d(
    Float32Array.from({ length: 8 * 8 * 3 }, () => random.uniform()),
    [1, 8, 8, 3],
  );
  const mean = tf.tensor1d([...entry.inputMean]);
  const theirs = tf.conv2d(
    rgb01.sub(mean).mul<tf.Tensor4D>(255).reverse(3),
    tf.tensor4d(values, shape as [number, number, number, number]),
    1,
    'same',
  );
  const kernel = encoderVariables(into, entry)[0]! as tf.Tensor as tf.Tensor4D;
  const ours = tf.conv2d(rgb01.sub(mean).div<tf.Tensor4D>(tf.tensor1d([...entry.inputStd])), kernel, 1, 'same');
  const largest = theirs.abs().max().dataSync()[0]!;
  assert.ok(largest > 1);
  assert.ok(theirs.sub(ours).abs().max().dataSync()[0]! < 1e-5 * largest);
});

test('what does not fit is told by file and layer', async (t) => {
  const folder = await temporaryFolder(t);
  const into = student(t, 1);
  await assert.rejects(loadEncoder(into, entry, folder), /expected a tfjs LayersModel \(model\.json and its weights\)/);
  const weights = encoderWeights(into, kerasName);
  await writeModel(folder, weights.slice(0, 4));
  await assert.rejects(
    loadEncoder(into, entry, folder),
    /model\.json: expected enc2_1\/kernel of shape .*, found none/,
  );
  const wide = entry.create({ ...size, width: 0.2, seed: 1 });
  t.after(() => wide.dispose());
  await assert.rejects(
    loadEncoder(wide, entry, folder),
    /model\.json enc1_1\/kernel: expected shape \[3, 3, 3, 16\], found \[3, 3, 3, 8\]/,
  );
  await writeFile(join(folder, 'group1-shard2of2.bin'), '');
  await assert.rejects(loadEncoder(into, entry, folder), /expected \d+ bytes in group1-shard1of2\.bin.*, found \d+/);
});

test('an encoder from elsewhere rests until the decoder has learned to use it', async (t) => {
  const model = student(t, 1);
  const config = resolveTrainingConfig({
    stage: 'student',
    network: 'mono-vgg',
    settings: { supervision: 'truth' },
    data: 'd',
    encoder: 'e',
    steps: 100,
    width: 64,
    height: 32,
    batch: 1,
  });
  assert.equal(config.encoderFrozenSteps, 2);
  const loss = await stageOf(config).loss();
  const random = Random.fromSeed(1);
  const noise = (length: number): Float32Array => Float32Array.from({ length }, () => random.uniform());
  const left = noise(64 * 32 * 3);
  const truth = noise(64 * 32).map((value) => 1 + 5 * value);
  const batch: Batch = {
    ...{ step: 0, ids: ['x'], batchSize: 1, width: 64, height: 32, cameras: [], waitMs: 0 },
    ...{ left, right: left, disparityLeft: truth },
  };
  const variables = trainableVariables(model);
  const adam = createAdam(variables, {}, undefined);
  t.after(() => adam.dispose());
  const now = (): Float32Array[] => encoderWeights(model).map(([, , values]) => values.slice());
  const start = now();
  const head = variables.at(-1)!.dataSync().slice();
  for (const step of [1, 2, 3]) {
    const isEncoderResting = step <= config.encoderFrozenSteps!;
    const settings = { step, learningRate: 1e-3, clipNorm: 0, isEncoderResting };
    await readStats(runStep(loss, { model, entry, widthPx: 64, frozen: {} }, adam, batch, settings));
    if (step === 2) assert.deepEqual(now(), start);
  }
  assert.notDeepEqual(variables.at(-1)!.dataSync(), head);
  assert.notDeepEqual(now(), start);
});
