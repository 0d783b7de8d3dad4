import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig, readConfig } from '../../../src/base/config.js';
import { isCyclopsError } from '../../../src/base/errors.js';
import { packageRoot } from '../../../src/base/paths.js';
import type { Augmentation } from '../../../src/data/augment.js';
import type { SingleSpec } from '../../../src/data/sample.js';
import { type PartialTrainingConfig, partialTrainingConfigSchema } from '../../../src/train/config/config.js';
import { resolveTrainingConfig, sourcesOf, stageOf } from '../../../src/train/config/resolve-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('defaults are those of the paper and of the network', async () => {
  const teacher = resolveTrainingConfig({ stage: 'teacher', data: 'flying:7:100' });
  assert.equal(teacher.network, 'dispnet-c');
  assert.deepEqual([teacher.width, teacher.height, teacher.batch, teacher.learningRate], [768, 384, 4, 1e-4]);
  assert.deepEqual(teacher.milestones, [0.5, 0.7, 0.9]);
  assert.ok(teacher.augmentation !== 'none');
  assert.deepEqual(teacher.augmentation.cropSide, [0.65, 1]);
  const sources = await sourcesOf(teacher);
  assert.deepEqual(sources.training, {
    kind: 'synthetic',
    domain: 'flying',
    seed: 7,
    count: 100,
    width: 960,
    height: 480,
    framesPerScene: 1,
  });
  assert.ok(sources.validation?.kind === 'synthetic' && sources.validation.seed !== 7);

  const tuned = { data: 'd', init: 'i' } as const;
  const unsup = resolveTrainingConfig({ ...tuned, stage: 'finetune-unsup' });
  assert.deepEqual(
    [stageOf(unsup).needs.target, unsup.steps, unsup.learningRate, unsup.pairs],
    ['none', 56_500, 2e-5, undefined],
  );
  const sup100 = resolveTrainingConfig({ ...tuned, stage: 'finetune-sup100' });
  assert.deepEqual([stageOf(sup100).needs.target, sup100.steps, sup100.pairs], ['truth', 5_000, 100]);

  const student = resolveTrainingConfig({ stage: 'student', data: 'd', labels: 'l' });
  assert.equal(student.network, 'mono-edge');
  assert.equal(student.validationData, 'held-out');
  const whole = { ...student, validationData: 'none' };
  assert.deepEqual((await sourcesOf(whole)).training, { kind: 'kitti-2015', folder: 'd', labels: 'l' });
  const { labels: _, ...unlabelled } = { ...whole, settings: { supervision: 'truth' } };
  assert.deepEqual((await sourcesOf(unlabelled)).training, { kind: 'kitti-2015', folder: 'd' });
});

const mirrored: Augmentation = {
  ...{ swap: 0, mirror: 0.5, cropSide: [1, 1] },
  color: { chance: 0, gamma: [1, 1], brightness: [1, 1], channelGain: [1, 1] },
};

const bad: readonly [config: PartialTrainingConfig, message: RegExp][] = [
  [{ data: 'flying:1:1' }, /stage: expected one of teacher, finetune-unsup, .*, student, found nothing/],
  [{ stage: 'student', method: 'guo', data: 'd' }, /method: expected one of guo-eccv18.*, found guo/],
  [{ stage: 'finetune-unsup', data: 'd' }, /init: expected the checkpoint of the stereo network/],
  [
    { stage: 'finetune-unsup', data: 'd', init: 'i', settings: { supervision: 'truth' } },
    /settings: unknown key "supervision"/,
  ],
  [
    { stage: 'finetune-unsup', data: 'd', init: 'i', network: 'mono-vgg' },
    /network: mono-vgg is a mono network, the stage finetune-unsup trains a stereo one/,
  ],
  [{ stage: 'teacher', data: 'd', frozen: { before: 'x' } }, /frozen\.before: the stage teacher takes none/],
  [{ stage: 'teacher', data: 'd', labels: 'l' }, /labels: teacher as it is set learns from ground truth/],
  [
    { stage: 'student', data: 'd', labels: 'l', settings: { supervision: 'truth' } },
    /labels: student as it is set learns from ground truth; expected nothing, found "l"/,
  ],
  [{ stage: 'teacher', data: 'd', encoder: 'e' }, /encoder: dispnet-c takes no weights from elsewhere/],
  [{ stage: 'student', data: 'd', labels: 'l', encoder: 'e', init: 'i' }, /encoder: with init the weights come from/],
  [{ stage: 'student', data: 'd', settings: { supervision: 'none' } }, /settings\.supervision: .*, found "none"/],
  [{ stage: 'teacher' }, /data: expected flying/],
  [
    { stage: 'teacher', data: 'd', network: 'mono-vgg' },
    /network: mono-vgg is a mono network, the stage teacher trains a stereo one/,
  ],
  [{ stage: 'teacher', data: 'd', width: 100 }, /width: expected a multiple of 64 for dispnet-c, found 100/],
  [{ stage: 'teacher', data: 'd', augmentation: mirrored }, /augmentation\.mirror: mirrors each view on its own/],
  [{ stage: 'student', data: 'd' }, /labels: expected the folder that cyclops label wrote/],
  [
    { stage: 'student', data: 'd', labels: 'l', network: 'mono-vgg', settings: { relativeWeight: 1 } },
    /settings\.relativeWeight: needs a network whose output is never negative/,
  ],
];
for (const [config, message] of bad) {
  test(`refused: ${message.source}`, () => {
    assert.throws(
      () => resolveTrainingConfig(config),
      (error: unknown) => isCyclopsError(error, 'CONFIG_INVALID') && message.test(error.message),
    );
  });
}

test('of a folder, one pair in twenty is held out, never trained on, and always the same', async (t) => {
  const folder = await temporaryFolder(t);
  for (const view of ['image_2', 'image_3']) await mkdir(join(folder, view));
  const add = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      for (const view of ['image_2', 'image_3']) await writeFile(join(folder, view, `${1000 + i}.png`), '');
    }
  };
  const config = resolveTrainingConfig({ stage: 'teacher', data: folder });
  await add(0, 19);
  assert.deepEqual(await sourcesOf(config), { training: { kind: 'kitti-2015', folder }, validation: undefined });

  const split = async (validationCount: number): Promise<{ training: readonly string[]; held: readonly string[] }> => {
    const { training, validation } = await sourcesOf({ ...config, validationCount });
    assert.ok(training.kind === 'kitti-2015' && validation?.kind === 'kitti-2015');
    return { training: training.ids!, held: validation.ids! };
  };
  await add(19, 20);
  assert.deepEqual((await split(16)).held, ['1010']);
  await add(20, 100);
  const five = await split(16);
  assert.deepEqual(five.held, ['1010', '1030', '1050', '1070', '1090']);
  assert.equal(five.training.length, 95);
  assert.equal(new Set([...five.training, ...five.held]).size, 100);
  assert.deepEqual(await split(16), five);
  assert.deepEqual((await split(2)).held, ['1025', '1075']);

  const rendered = resolveTrainingConfig({ stage: 'teacher', data: 'flying:1:100', validationData: 'held-out' });
  await assert.rejects(sourcesOf(rendered), /validationData: held-out is for data in a folder/);
});

test('of several folders, each gives its share of the pairs held out', async (t) => {
  const folder = await temporaryFolder(t);
  const folders = [join(folder, 'a'), join(folder, 'b')];
  for (const part of folders) {
    for (const view of ['image_2', 'image_3']) {
      await mkdir(join(part, view), { recursive: true });
      for (let i = 0; i < 40; i++) await writeFile(join(part, view, `${1000 + i}.png`), '');
    }
  }
  const config = resolveTrainingConfig({ stage: 'teacher', data: `${folders.join(' + ')} + flying:1:5` });
  const { training, validation } = await sourcesOf({ ...config, validationCount: 2 });
  assert.ok(training.kind === 'mixed' && validation?.kind === 'mixed');
  const ids = (part: SingleSpec): readonly string[] => (part.kind === 'synthetic' ? [] : part.ids!);
  assert.deepEqual(validation.parts.map(ids), [['1020'], ['1020']]);
  assert.deepEqual(
    training.parts.map((part) => ids(part).length),
    [39, 39, 0],
  );
  await assert.rejects(sourcesOf({ ...config, pairs: 3 }), /pairs: choose among one source, found data ".*flying:1:5"/);
});

test('labels need a data folder', async () => {
  const config = resolveTrainingConfig({ stage: 'student', data: 'street:1:10', labels: 'l' });
  await assert.rejects(sourcesOf(config), /labels: belong to a data folder, found data "street:1:10"/);
  const several = resolveTrainingConfig({ stage: 'student', data: 'a + b', labels: 'l' });
  await assert.rejects(sourcesOf(several), /labels: belong to one data folder, found data "a \+ b"/);
});

test('a config file is read strictly: unknown keys and wrong values are told with their line', () => {
  const text = 'stage: student\ndata: street:1:10\nlearningRat: 1e-3\nbatch: 0\n';
  assert.throws(
    () => parseConfig(text, 'run.yaml', partialTrainingConfigSchema),
    (error: unknown) =>
      isCyclopsError(error, 'CONFIG_INVALID') &&
      /run\.yaml:\d .*unknown key "learningRat"/.test(error.message) &&
      /run\.yaml:4 batch: .*found 0/.test(error.message),
  );
});

test('the shipped configurations are complete', async () => {
  const read = (name: string) =>
    readConfig(join(packageRoot(), 'configs', 'guo-eccv18', `${name}.yaml`), partialTrainingConfigSchema);
  assert.equal(resolveTrainingConfig(await read('teacher')).network, 'dispnet-c');
  const student = resolveTrainingConfig({ ...(await read('student')), data: 'd', labels: 'l' });
  assert.deepEqual([student.network, student.width, student.height], ['mono-vgg', 512, 256]);
});
