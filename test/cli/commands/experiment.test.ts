import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { packageRoot } from '../../../src/base/paths.js';
import { readPlan } from '../../../src/experiment/plan.js';
import { readState } from '../../../src/experiment/state.js';
import { cyclops, startCyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';

test('an experiment stopped in the middle goes on, skips what is done, and ends with its report', {
  skip: withoutTensorFlow,
}, async (t) => {
  const root = await temporaryFolder(t);
  const [file, folder] = [join(root, 'tiny.yaml'), join(root, 'out')];
  const template = await readFile(join(packageRoot(), 'test', 'support', 'tiny-experiment.yaml'), 'utf8');
  await writeFile(file, template.replace('FOLDER', folder));
  const plan = await readPlan(file);
  const states = async () => (await Promise.all(plan.steps.map(readState))).map(({ kind }) => kind);

  const first = startCyclops(['experiment', 'run', file]);
  const [target, stereo] = [plan.steps[0]!, plan.steps[1]!];
  while (first.child.exitCode === null && !existsSync(join(stereo.output, 'run.jsonl'))) await setTimeout(20);
  first.child.kill('SIGTERM');
  const stopped = await first.ended;
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /stopped; to go on: cyclops experiment run/);
  assert.deepEqual((await states()).slice(2), Array(5).fill('waiting'));
  const rendered = await stat(join(target.folder, 'step.json'));

  const whole = await cyclops(['experiment', 'run', file]);
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(whole.stderr, /\[1\/7\] target: done before/);
  assert.deepEqual(await states(), Array(7).fill('done'));
  assert.equal((await stat(join(target.folder, 'step.json'))).mtimeMs, rendered.mtimeMs);
  for (const step of plan.steps) assert.match(await readFile(join(step.folder, 'log.txt'), 'utf8'), /finished after/);

  const report = await readFile(join(folder, 'report.md'), 'utf8');
  assert.match(report, /^\| StereoUnsupFt->Mono +\| +2 \| +\d/m);
  assert.match(report, /^\| constant +\| +2 \| +\d/m);
  assert.match(report, /\*\*(holds|does not hold)\*\*: The student beats a constant \(Abs Rel: StereoUnsupFt->Mono \d/);
  const images = [...report.matchAll(/!\[.*\]\((report\/.*)\)/g)].map((match) => match[1]!);
  assert.ok(images.some((name) => name.endsWith('.svg')) && images.some((name) => name.endsWith('.jpg')));
  for (const name of images) assert.ok(existsSync(join(folder, name)), name);
  assert.match(await readFile(join(folder, 'report.html'), 'utf8'), /StereoUnsupFt-&gt;Mono/);

  // All is done: nothing is trained, and nothing new appears.
  const before = (await readdir(folder)).sort();
  const again = await cyclops(['experiment', 'run', file]);
  assert.equal(again.code, 0, again.stderr);
  assert.equal([...again.stderr.matchAll(/: done before/g)].length, 7);
  assert.deepEqual((await readdir(folder)).sort(), before);
});
