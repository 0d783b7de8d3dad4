import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { packageRoot } from '../../src/base/paths.js';
import { type PlannedStep, readPlan } from '../../src/experiment/plan.js';
import { unusedFolders } from '../../src/experiment/state.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withoutTensorFlow } from '../support/tensorflow.js';
import { writeTinyFolder } from '../support/tiny-pairs.js';

const template = await readFile(join(packageRoot(), 'test', 'support', 'tiny-experiment.yaml'), 'utf8');

/** Names of the steps whose fingerprint differs between two texts of an experiment. */
async function changedSteps(folder: string, before: string, after: string): Promise<string[]> {
  const [first, second] = [join(folder, 'first.yaml'), join(folder, 'second.yaml')];
  await writeFile(first, before);
  await writeFile(second, after);
  const [old, now] = [await readPlan(first), await readPlan(second)];
  return now.steps.filter(({ fingerprint }, index) => old.steps[index]!.fingerprint !== fingerprint).map((s) => s.name);
}

test('a setting changes its step and all that build on it; what decides no number changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const edit = (from: string, to: string): Promise<string[]> => {
    assert.ok(template.includes(from), from);
    return changedSteps(folder, template, template.replace(from, to));
  };
  assert.deepEqual(await edit('stage: finetune-unsup, data', 'stage: finetune-godard, data'), [
    'unsup',
    'labels',
    'mono',
    'eval-mono',
  ]);
  assert.deepEqual(await edit('seed: 2', 'seed: 3'), [
    ...['target', 'stereo', 'unsup', 'labels', 'mono', 'eval-constant', 'eval-mono'],
  ]);
  assert.deepEqual(await edit('steps: 6, workers: 0', 'workers: 3, steps: 6, checkpointEvery: 7'), []);
  assert.deepEqual(await edit('network: mono-edge,', 'network: mono-edge, seed: 9,'), ['mono', 'eval-mono']);
  assert.deepEqual(await edit('stage: student, data', 'stage: student, settings: { thinWeight: 1 }, data'), [
    'mono',
    'eval-mono',
  ]);
  assert.deepEqual(await edit('title: Two domains, tiny', 'title: Other'), []);
});

test('data from outside count with what they hold', async (t) => {
  const folder = await temporaryFolder(t);
  const data = join(folder, 'data');
  await writeTinyFolder(data, 2);
  const text = template.replace('stage: teacher, data: $target', `stage: teacher, data: ${data}`);
  const file = join(folder, 'p.yaml');
  await writeFile(file, text);
  const fingerprints = async () => (await readPlan(file)).steps.map(({ fingerprint }) => fingerprint);
  const [target, stereo] = await fingerprints();
  await writeTinyFolder(data, 3);
  const [targetNow, stereoNow] = await fingerprints();
  assert.equal(targetNow, target);
  assert.notEqual(stereoNow, stereo);
});

test('references become paths, and what other settings made is listed, never used', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'p.yaml');
  await writeFile(file, template.replace('FOLDER', join(folder, 'out')));
  const plan = await readPlan(file);
  const [target, stereo, unsup] = plan.steps;
  assert.deepEqual(unsup!.needs, ['target', 'stereo']);
  assert.ok(unsup!.kind === 'train');
  assert.equal(unsup!.settings.init, stereo!.output);
  assert.equal(unsup!.settings.data, target!.output);
  const old = join(folder, 'out', 'unsup-0123abcd');
  await mkdir(old, { recursive: true });
  await mkdir(stereo!.folder, { recursive: true });
  assert.deepEqual(await unusedFolders(plan), [old]);
});

const faults: readonly [from: string, to: string, message: RegExp][] = [
  ['init: $stereo', 'init: $mono', /steps\.unsup\.train\.init: expected a step above this one, found \$mono, which/],
  ['init: $stereo', 'init: $sterio', /steps\.unsup\.train\.init: expected a step above this one, found \$sterio$/],
  ['teacher: $unsup', 'teacher: $target', /expected what a train step makes, found \$target, a render/],
  ['network: mono-edge,', 'network: mono-egde,', /steps\.mono\.train network: .*found "mono-egde"/],
  ['network: $mono', 'network: $labels', /expected what a train step makes, found \$labels, a label step/],
  ['count: 2', 'count: none', /steps\.target\.render count: expected number, found "none"/],
  ['baseline: constant, ', '', /steps\.eval-constant\.evaluate: expected one of network, labels, baseline, found none/],
  ['row: constant', 'row: StereoUnsupFt->Mono', /row: the row "Mono: StereoUnsupFt->Mono" is that of step eval-const/],
  ['lower: eval-mono', 'lower: mono', /claims\.0\.lower: expected the name of an evaluate step, found "mono"/],
  ['labels: { label:', 'labels: { lable:', /p\.yaml:\d+ steps\.labels: unknown key "lable"/],
];
for (const [from, to, message] of faults) {
  test(`refused: ${message.source}`, async (t) => {
    const file = join(await temporaryFolder(t), 'p.yaml');
    assert.ok(template.includes(from), from);
    await writeFile(file, template.replace(from, to));
    await assert.rejects(
      readPlan(file),
      (error: unknown) => isCyclopsError(error, 'CONFIG_INVALID') && message.test(error.message),
    );
  });
}

test('labels are made by a stereo network; one that fills in is mono', async (t) => {
  const file = join(await temporaryFolder(t), 'p.yaml');
  const more = '  again: { label: { teacher: $mono, data: $target } }\nclaims:';
  await writeFile(file, template.replace('claims:', more));
  await assert.rejects(
    readPlan(file),
    /steps\.again\.label\.teacher: expected a stereo network, found \$mono, which tr/,
  );
  await writeFile(file, template.replace('claims:', more.replace('$mono', '$unsup, mono: $mono')));
  const last = (await readPlan(file)).steps.at(-1)!;
  assert.deepEqual([...last.needs].sort(), ['mono', 'target', 'unsup']);
});

test('the shipped experiment has all rows of both tables, and settings that fit together', {
  skip: withoutTensorFlow,
}, async () => {
  const plan = await readPlan(join(packageRoot(), 'configs', 'guo-eccv18.yaml'));
  const { checkTraining } = await import('../../src/experiment/training-config.js');
  await checkTraining(plan);
  const rows = plan.steps.flatMap((step) => (step.kind === 'evaluate' ? [step.settings.row] : []));
  for (const teacher of ['StereoNoFt', 'StereoUnsupFt(Godard)', 'StereoUnsupFt', 'StereoSupFt100', 'StereoSupFtAll']) {
    assert.ok(rows.includes(teacher) && rows.includes(`${teacher}->Mono`), teacher);
  }
  for (const row of ['Direct S', 'Direct K', 'StereoUnsupFt->Mono C,K']) assert.ok(rows.includes(row), row);
  const broken = { ...plan, steps: plan.steps.map((step) => (step.name === 'mono-noft' ? withoutLabels(step) : step)) };
  await assert.rejects(checkTraining(broken), /guo-eccv18\.yaml steps\.mono-noft: .*labels: expected the folder/);
});

test('the shipped experiment of Goldman et al. fits together', { skip: withoutTensorFlow }, async () => {
  const plan = await readPlan(join(packageRoot(), 'configs', 'lsim-cvprw19.yaml'));
  const { checkTraining } = await import('../../src/experiment/training-config.js');
  await checkTraining(plan);
  const trained = plan.steps.flatMap((step) => (step.kind === 'train' ? [step.settings] : []));
  assert.ok(trained.every(({ method, labels }) => method === 'lsim-cvprw19' && labels === undefined));
});

function withoutLabels(step: PlannedStep): PlannedStep {
  assert.ok(step.kind === 'train');
  const { labels: _, ...settings } = step.settings;
  return { ...step, settings };
}
