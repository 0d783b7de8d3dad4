import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPlan } from '../../src/experiment/plan.js';
import { writeReport } from '../../src/experiment/report.js';
import { type RunOptions, runExperiment } from '../../src/experiment/run.js';
import { readState } from '../../src/experiment/state.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// Steps that need no TensorFlow: a rendered folder and two baselines.

const text = `title: Baselines
about: Two <guesses>.
folder: FOLDER
defaults: { evaluate: { data: $target, table: T } }
steps:
  target: { render: { domain: street, seed: 2, count: 2, width: 64, height: 32, workers: 1 } }
  constant: { evaluate: { baseline: constant } }
  missing: { evaluate: { labels: LABELS } }
claims:
  - { say: One is one, lower: constant, than: constant, metric: absRel, within: 0.1, remark: It is the same <row> }
`;

test('a step that fails is told with its log; --from does it and what builds on it anew; one run at a time', async (t) => {
  const root = await temporaryFolder(t);
  const [file, folder, labels] = [join(root, 'p.yaml'), join(root, 'out'), join(root, 'labels')];
  const empty = {
    format: 'cyclops-labels',
    formatVersion: 2,
    producer: 'teacher',
    networks: { teacher: { checkpoint: 't', sha256: 'c' } },
    width: 64,
    height: 32,
  };
  await writeFile(file, text.replace('FOLDER', folder).replace('LABELS', labels));
  await assert.rejects(readPlan(file), /labels\.json: no such file/);
  await mkdir(labels);
  await writeFile(join(labels, 'labels.json'), JSON.stringify({ ...empty, dataFingerprint: 'd', settings: {} }));
  const plan = await readPlan(file);
  const events: string[] = [];
  const options: RunOptions = {
    command: 'test',
    signal: new AbortController().signal,
    onStep: ({ name }, event) => events.push(`${name} ${event}`),
  };
  await assert.rejects(
    runExperiment(plan, options),
    /step missing: .*disp_left.*has no label; log: .*missing-[0-9a-f]{8}\/log\.txt/,
  );
  assert.deepEqual(events.splice(0), [
    ...['target begins', 'target done', 'constant begins', 'constant done', 'missing begins'],
  ]);
  const [target, constant, missing] = plan.steps;
  assert.equal((await readState(missing!)).kind, 'started');
  assert.match(await readFile(join(missing!.folder, 'log.txt'), 'utf8'), /has no label/);

  assert.equal(await runExperiment(plan, { ...options, until: 'constant', from: 'constant' }), 'finished');
  assert.deepEqual(events.splice(0), ['target skipped', 'constant begins', 'constant done']);
  const kept = (await readdir(folder)).filter((name) => /\.\d+$/.test(name));
  assert.ok(kept.length === 1 && kept[0]!.startsWith('constant-'));
  assert.equal((await readState(target!)).kind, 'done');

  const { markdown, html } = await writeReport(plan, join(root, 'report.md'), 'test');
  const claim = /- \*\*holds\*\*: One is one \(Abs Rel: constant \d\.\d+, constant \d\.\d+\)\. It is the same <row>/;
  assert.match(await readFile(markdown, 'utf8'), claim);
  assert.match(await readFile(markdown, 'utf8'), /^# Baselines\n\nMade by `test`\.\n\nTwo <guesses>\.\n/);
  assert.match(await readFile(html, 'utf8'), /<p>Two &lt;guesses&gt;\.<\/p>[\s\S]*It is the same &lt;row&gt;/);
  assert.equal((await readState(constant!)).kind, 'done');

  await assert.rejects(
    runExperiment(plan, { ...options, until: 'constnat' }),
    /no step "constnat"; there are target, con/,
  );
  await writeFile(join(folder, 'running.pid'), String(process.pid));
  await assert.rejects(runExperiment(plan, options), /process \d+ runs this experiment already/);
  // Left by a process that is no more.
  await writeFile(join(folder, 'running.pid'), '999999999');
  assert.equal(await runExperiment(plan, { ...options, until: 'constant' }), 'finished');
});

const chain = `title: Chain
about: Two pairs of steps that do not need each other.
folder: FOLDER
steps:
  target: { render: { domain: street, seed: 2, count: 2, width: 64, height: 32, workers: 1 } }
  other: { render: { domain: flying, seed: 3, count: 2, width: 64, height: 32, workers: 1 } }
  constant: { evaluate: { baseline: constant, data: $target, table: T } }
  position: { evaluate: { baseline: position, data: $other, table: T } }
`;

test('--from does what builds on the step anew and nothing else; a step whose output is gone is not done', async (t) => {
  const root = await temporaryFolder(t);
  const [file, folder] = [join(root, 'p.yaml'), join(root, 'out')];
  await writeFile(file, chain.replace('FOLDER', folder));
  const plan = await readPlan(file);
  const events: string[] = [];
  const options: RunOptions = {
    command: 'test',
    signal: new AbortController().signal,
    onStep: ({ name }, event) => events.push(`${name} ${event}`),
  };
  assert.equal(await runExperiment(plan, options), 'finished');
  events.length = 0;
  assert.equal(await runExperiment(plan, { ...options, from: 'target' }), 'finished');
  assert.deepEqual(events.splice(0), [
    ...['target begins', 'target done', 'other skipped', 'constant begins', 'constant done', 'position skipped'],
  ]);

  const [, , constant] = plan.steps;
  await rm(constant!.output, { recursive: true });
  assert.equal((await readState(constant!)).kind, 'started');
  assert.equal(await runExperiment(plan, options), 'finished');
  assert.deepEqual(events.splice(0), [
    ...['target skipped', 'other skipped', 'constant goes on', 'constant done', 'position skipped'],
  ]);
  assert.equal((await readState(constant!)).kind, 'done');
});
