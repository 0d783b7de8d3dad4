import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLoader } from '../../../src/data/loader.js';
import { readCheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import type { PartialTrainingConfig } from '../../../src/train/config/config.js';
import { resolveTrainingConfig, sourcesOf, stageOf } from '../../../src/train/config/resolve-config.js';
import { networks } from '../../../src/train/networks/index.js';
import { trainableVariables } from '../../../src/train/networks/network.js';
import { createAdam } from '../../../src/train/run/adam.js';
import { train } from '../../../src/train/run/loop.js';
import { readRunLog } from '../../../src/train/run/run-log.js';
import { readStats, runStep, type StepValues } from '../../../src/train/run/step.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

type FinetuneStage = 'finetune-unsup' | 'finetune-godard' | 'finetune-supall';

/** Fine-tunes a fresh small network on one tiny pair. */
async function tune(folder: string, stage: FinetuneStage, network: 'dispnet-c' | 'stereo-softarg', steps: number) {
  const config = resolveTrainingConfig({
    ...{ stage, network, data: folder, init: 'elsewhere', augmentation: 'none' },
    ...{ widthMultiplier: 0.1, width: 64, height: 64, batch: 1, pairs: 1, validationData: 'none' },
  });
  const entry = networks[network];
  const create = (): tf.LayersModel => {
    const model = entry.create({ width: 0.1, widthPx: 64, height: 64, seed: 3 });
    // A fresh network calls nothing visible with certainty; this one all.
    const [, bias] = model.getLayer('visible0').trainableWeights;
    (bias!.read() as tf.Variable).assign(tf.tensor1d([5]));
    return model;
  };
  const [model, frozen] = [create(), create()];
  const adam = createAdam(trainableVariables(model), {}, undefined);
  const { training } = await sourcesOf(config);
  const loader = await openLoader({
    ...{ source: training, batchSize: 1, width: 64, height: 64, augmentation: 'none', seed: 1 },
    ...{ startStep: 0, workers: 0, prefetch: 1, clean: stageOf(config).needs.clean },
  });
  assert.equal(loader.samplesPerEpoch, 1);
  const context = { model, entry, widthPx: 64, frozen: { before: { model: frozen, entry } } };
  const loss = await stageOf(config).loss();
  const settings = (step: number) => ({ step, learningRate: 1e-3, clipNorm: 0, isEncoderResting: false });
  const values: StepValues[] = [];
  let tensors = 0;
  for (let step = 1; step <= steps; step++) {
    values.push(await readStats(runStep(loss, context, adam, await loader.next(), settings(step))));
    if (step === 1) tensors = tf.memory().numTensors;
  }
  assert.equal(tf.memory().numTensors, tensors, 'a step leaves tensors behind');
  model.dispose();
  frozen.dispose();
  adam.dispose();
  return values;
}

const cases: readonly [
  stage: FinetuneStage,
  network: 'dispnet-c' | 'stereo-softarg',
  terms: string[],
  falls: string,
][] = [
  ['finetune-unsup', 'stereo-softarg', ['photometric', 'absolute', 'relative'], 'photometric'],
  ['finetune-unsup', 'dispnet-c', ['photometric', 'absolute', 'relative'], 'photometric'],
  ['finetune-godard', 'stereo-softarg', ['photometric', 'smoothness', 'consistency'], 'photometric'],
  ['finetune-supall', 'stereo-softarg', ['disparity'], 'disparity'],
];
for (const [stage, network, terms, falls] of cases) {
  test(`${stage} of ${network}: its own terms, and a loss that falls`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeTinyFolder(folder, 2);
    const values = await tune(folder, stage, network, 12);
    const [first, last] = [values[0]!, values.at(-1)!];
    assert.deepEqual(Object.keys(first.losses), terms);
    assert.ok(last.loss < first.loss, `from ${first.loss} to ${last.loss}`);
    assert.ok(last.losses[falls]! < first.losses[falls]!);
    if (stage !== 'finetune-unsup') return;
    // At full size it begins as the frozen network itself; negatives and coarser scales differ, and it has moved since.
    assert.ok(last.losses.absolute! > 0 && last.losses.relative! > 0);
  });
}

test('pairs are evenly spaced in a folder, and the first ones of a rendered world', async (t) => {
  const folder = join(await temporaryFolder(t), 'data');
  await writeTinyFolder(folder, 6);
  const of = async (data: string, pairs: number) => {
    const config = { stage: 'finetune-sup100', init: 'i', validationData: 'none' } as const;
    return (await sourcesOf(resolveTrainingConfig({ ...config, data, pairs }))).training;
  };
  const spec = await of(folder, 3);
  assert.ok(spec.kind === 'kitti-2015');
  assert.deepEqual(spec.ids, ['000001_10', '000003_10', '000005_10']);
  assert.deepEqual(await of(folder, 6), { kind: 'kitti-2015', folder });
  const rendered = await of('street:1:500', 100);
  assert.ok(rendered.kind === 'synthetic' && rendered.count === 100);
});

test('resumed without the network it started from, every weight is bit for bit that of an uninterrupted run', async (t) => {
  const root = await temporaryFolder(t);
  const [data, pretrained, whole, parted] = ['data', 'pretrained', 'whole', 'parted'].map((name) => join(root, name));
  await writeTinyFolder(data!, 3);
  const run = (folder: string, settings: PartialTrainingConfig, resume = false) =>
    train({
      config: resolveTrainingConfig({
        ...{ data: data!, network: 'stereo-softarg', widthMultiplier: 0.1, width: 64, height: 64, batch: 1 },
        ...{ validationData: 'none', workers: 0, logEvery: 1, reportEvery: 0, checkpointEvery: 0, ...settings },
      }),
      ...{ folder, resume, command: 'test', signal: new AbortController().signal },
    });
  await run(pretrained!, { stage: 'teacher', steps: 1 });
  const tuning: PartialTrainingConfig = {
    stage: 'finetune-unsup',
    init: pretrained!,
    milestones: [2],
    learningRate: 1e-3,
  };
  await run(whole!, { ...tuning, steps: 5 });
  await run(parted!, { ...tuning, steps: 2 });
  await rm(pretrained!, { recursive: true });
  await run(parted!, { ...tuning, steps: 5 }, true);

  const [expected, found] = await Promise.all([whole!, parted!].map((folder) => readCheckpointHead(folder)));
  assert.equal(found!.head.step, 5);
  assert.equal(found!.head.inputs, 'stereo');
  assert.deepEqual(found!.head.files, expected!.head.files);
  const losses = async (folder: string) =>
    (await readRunLog(join(folder, 'run.jsonl'))).flatMap((record) => (record.kind === 'step' ? [record.losses] : []));
  assert.deepEqual(await losses(parted!), await losses(whole!));
});
