import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { packageRoot } from '../../../src/base/paths.js';
import { openLoader } from '../../../src/data/loader.js';
import { lossWeight } from '../../../src/train/config/config.js';
import { resolveTrainingConfig } from '../../../src/train/config/resolve-config.js';
import { godardLoss } from '../../../src/train/losses/godard.js';
import { methods } from '../../../src/train/methods/index.js';
import { defineStage, needed, type Stage } from '../../../src/train/methods/method.js';
import { networks } from '../../../src/train/networks/index.js';
import { applyNetwork, trainableVariables } from '../../../src/train/networks/network.js';
import { createAdam } from '../../../src/train/run/adam.js';
import { readStats, runStep } from '../../../src/train/run/step.js';
import type { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const folder = join(packageRoot(), 'src', 'train', 'methods');
/** The contract and the table. */
const noPapers = ['method.ts', 'index.ts'];

test('each paper has its file, its losses and its line in the table', async () => {
  const files = (await readdir(folder)).filter((name) => !noPapers.includes(name)).sort();
  const expected = Object.keys(methods).flatMap((name) => [`${name}-loss.ts`, `${name}.ts`]);
  assert.deepEqual(
    files,
    expected.sort(),
    'src/train/methods: a paper is NAME.ts, NAME-loss.ts and a line in index.ts',
  );
});

for (const [name, method] of Object.entries(methods)) {
  test(`${name} keeps the contract of a method`, async () => {
    assert.equal(method.name, name);
    assert.match(method.paper, /\d{4}$/, 'authors, title, venue and year');
    assert.ok(Object.keys(method.stages).length > 0);
    for (const [stageName, stage] of Object.entries(method.stages)) {
      assert.match(stageName, /^[a-z][a-z0-9-]*$/);
      await assertStage(`${name} ${stageName}`, stage);
    }
  });
}

async function assertStage(name: string, stage: Stage): Promise<void> {
  const { trained, frozen = {} } = stage.networks;
  assert.equal(networks[trained.default].inputs, trained.inputs, `${name}: the default network sees other inputs`);
  for (const [setting, field] of Object.entries(stage.settings.shape)) {
    assert.equal(typeof (field as z.ZodType).meta()?.help, 'string', `${name}: ${setting} has no help`);
  }
  assert.throws(() => stage.configure({ noSuchSetting: 1 }), `${name}: settings are not strict`);
  const { needs } = stage.configure({});
  const config = resolveTrainingConfig({
    ...{ method: name.split(' ')[0]!, stage: name.split(' ')[1]!, data: 'd' },
    ...(trained.start === 'checkpoint' ? { init: 'i' } : {}),
    ...(needs.target === 'labels' ? { labels: 'l' } : {}),
    frozen: Object.fromEntries(
      Object.entries(frozen).flatMap(([role, { from }]) => (from === 'checkpoint' ? [[role, 'f']] : [])),
    ),
  });
  assert.deepEqual(resolveTrainingConfig(config), config, `${name}: a complete configuration changes when read again`);
  assert.equal(typeof (await stage.configure({}).loss()), 'function');
}

test('the loop, the loader and the command line name no paper, stage or setting of one', async () => {
  const words = Object.values(methods).flatMap(({ name, stages }) => [
    name,
    ...Object.keys(stages).filter((stage) => stage.includes('-')),
    // Words of one part, such as `images`, mean other things elsewhere.
    ...Object.values(stages).flatMap(({ settings }) => Object.keys(settings.shape).filter((key) => /[A-Z]/.test(key))),
  ]);
  const pattern = new RegExp(`'(${[...new Set(words)].join('|')})'|\\.(${[...new Set(words)].join('|')})\\b`);
  const { readFile } = await import('node:fs/promises');
  const train = join(folder, '..');
  const rooms = ['checkpoint', 'config', 'labels', 'predict', 'report', 'run'].map((room) => join(train, room));
  const listed = await Promise.all(rooms.map(async (room) => (await readdir(room)).map((name) => join(room, name))));
  const files = listed.flat().filter((file) => file.endsWith('.ts'));
  for (const file of [...files, join(train, '../cli/commands/train.ts'), join(train, '../data/augment.ts')]) {
    const line = (await readFile(file, 'utf8'))
      .split('\n')
      .find((text) => pattern.test(text) && !/^ *\/?\*/.test(text));
    assert.equal(line, undefined, `${file} knows of a paper`);
  }
});

/** What no paper here has: a stereo network that learns from nothing but its images, and looks at both views' truth. */
const selfSupervised = defineStage({
  title: 'self-supervised stereo, with both truths beside it',
  networks: { trained: { inputs: 'stereo', default: 'stereo-softarg', start: 'anew' } },
  settings: z.strictObject({ truthWeight: lossWeight.default(0).meta({ help: 'Weight of the truth of both views' }) }),
  of: ({ truthWeight }) => ({
    needs: { clean: true, target: truthWeight > 0 ? 'truth' : 'none', rightTarget: 'required' },
    defaults: {
      augmentation: { swap: 0, mirror: 0, cropSide: [1, 1], color: { chance: 0, ...unchanged } },
      ...{ batch: 1, steps: 10, learningRate: 1e-3, milestones: [{ at: 0.5, factor: 0.1 }], warmupSteps: 0 },
    },
    loss: async () => (context, batch) => () => {
      const { left, right } = needed(batch.clean);
      const view = (from: tf.Tensor4D, to: tf.Tensor4D) =>
        applyNetwork(context.model, context.entry, [from, to], { training: true }).slice(0, context.entry.scales);
      const [own, mirrored] = [view(left, right), view(right.reverse(2), left.reverse(2))];
      const rightHeads = mirrored.map((head) => head.reverse(2) as tf.Tensor4D);
      const outputFactorPx = context.entry.outputFactorPx(context.widthPx);
      const loss = godardLoss({ leftHeads: own, rightHeads, outputFactorPx, left, right });
      if (truthWeight === 0) return loss;
      const pull = (head: tf.Tensor4D, truth: tf.Tensor4D): tf.Scalar =>
        head.mul(outputFactorPx).sub(truth).abs().mean();
      const truth = pull(own[0]!, needed(batch.disparityLeft)).add<tf.Scalar>(
        pull(rightHeads[0]!, needed(batch.disparityRight)),
      );
      return { total: loss.total.add<tf.Scalar>(truth.mul(truthWeight)), terms: { ...loss.terms, truth } };
    },
  }),
});

const unchanged = { gamma: [1, 1], brightness: [1, 1], channelGain: [1, 1] } satisfies Record<string, [number, number]>;

for (const truthWeight of [0, 0.01]) {
  test(`a self-supervised stereo stage, truth of both views weighed ${truthWeight}, trains by the common step`, async (t) => {
    const data = await temporaryFolder(t);
    await writeTinyFolder(data, 1);
    const stage = selfSupervised.configure({ truthWeight });
    const { needs } = stage;
    const loader = await openLoader({
      source: { kind: 'kitti-2015', folder: data },
      ...{ batchSize: 1, width: 64, height: 64, augmentation: stage.defaults.augmentation, seed: 1 },
      ...{ startStep: 0, workers: 0, prefetch: 1, clean: needs.clean },
      truth: needs.target === 'none' ? 'none' : 'both',
    });
    const entry = networks['stereo-softarg'];
    const model = entry.create({ width: 0.1, widthPx: 64, height: 64, seed: 3 });
    const adam = createAdam(trainableVariables(model), {}, undefined);
    const context = { model, entry, widthPx: 64, frozen: {} };
    const loss = await stage.loss();
    const losses: number[] = [];
    for (let step = 1; step <= 12; step++) {
      const batch = await loader.next();
      assert.equal(batch.disparityRight !== undefined, truthWeight > 0, 'no truth is read that no loss needs');
      const settings = { step, learningRate: 1e-3, clipNorm: 0, isEncoderResting: false };
      losses.push((await readStats(runStep(loss, context, adam, batch, settings))).loss);
    }
    assert.ok(losses.at(-1)! < losses[0]!, losses.join(', '));
    model.dispose();
    adam.dispose();
  });
}
