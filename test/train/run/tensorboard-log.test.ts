import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunLog, RunRecord } from '../../../src/train/run/run-log.js';
import { scalarsOf, withTensorBoard } from '../../../src/train/run/tensorboard-log.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const step: RunRecord = {
  kind: 'step',
  step: 10,
  loss: 1.5,
  losses: { disparity: 1, visibility: 0.5 },
  learningRate: 1e-4,
  gradientNorm: 3,
  imagesPerS: Number.NaN,
  waitShare: 0.02,
  rssMiB: 700,
  tensors: 64,
};

function memoryLog(): RunLog {
  const records: RunRecord[] = [];
  return { records, append: async (record) => void records.push(record), close: async () => {} };
}

test('the curves of a record have a group and a name, and no value that is none', () => {
  assert.deepEqual(scalarsOf(step).slice(0, 4), [
    ['loss/total', 1.5],
    ['loss/disparity', 1],
    ['loss/visibility', 0.5],
    ['training/learningRate', 1e-4],
  ]);
  assert.ok(!scalarsOf(step).some(([name]) => name === 'speed/imagesPerS'));
  assert.deepEqual(scalarsOf({ kind: 'validation', step: 20, metrics: { valAbsRel: 0.1 } }), [
    ['validation/valAbsRel', 0.1],
  ]);
});

test('numbers are in an event file as soon as they are logged', async (t) => {
  const folder = join(await temporaryFolder(t), 'tensorboard');
  const log = withTensorBoard(memoryLog(), folder);
  await log.append(step);
  await log.append({ kind: 'validation', step: 20, metrics: { valAbsRel: 0.1 } });
  const [name, ...others] = await readdir(folder);
  assert.deepEqual(others, []);
  assert.match(name!, /^events\.out\.tfevents\./);
  const bytes = await readFile(join(folder, name!), 'latin1');
  for (const tag of ['loss/total', 'loss/disparity', 'training/gradientNorm', 'validation/valAbsRel']) {
    assert.ok(bytes.includes(tag), tag);
  }
  assert.equal(log.records.length, 2);
  await log.close();
});

test('where no event file can be made, the log goes on', async (t) => {
  const blocked = join(await temporaryFolder(t), 'a file');
  await writeFile(blocked, '');
  const log = withTensorBoard(memoryLog(), join(blocked, 'tensorboard'));
  await log.append(step);
  await log.append(step);
  assert.equal(log.records.length, 2);
});
