import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { readCheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import { readRunLog } from '../../../src/train/run/run-log.js';
import { cyclops, startCyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

// Whole processes: what is tested is that nothing outside the checkpoint decides a step.

const stages = {
  teacher: '--stage teacher --width-multiplier 0.1 --size 64x64',
  student: '--stage student --network mono-vgg --width-multiplier 0.1 --supervision truth --size 64x32',
} as const;

const settings = `--batch 2 --learning-rate 1e-3 --milestones 4,9 --warmup-steps 3 --clip-norm 5 --workers 1 --checkpoint-every 5 \
--validate-every 4 --validation-count 2 --report-every 6 --log-every 1`;

/** Runs a command until the run in `folder` has logged a step, then sends it a signal. */
async function signalled(args: readonly string[], folder: string, step: number, signal: NodeJS.Signals) {
  const { child, ended } = startCyclops(args);
  while (child.exitCode === null) {
    const records = await readRunLog(join(folder, 'run.jsonl')).catch(() => []);
    if (records.some((record) => record.kind === 'step' && record.step >= step)) break;
    await setTimeout(20);
  }
  child.kill(signal);
  return ended;
}

/** What a run did, without what depends on time. */
async function numbersOf(folder: string) {
  const { head } = await readCheckpointHead(folder);
  const records = (await readRunLog(join(folder, 'run.jsonl'))).filter((record) => record.kind !== 'event');
  return {
    step: head.step,
    files: head.files,
    best: head.best,
    metrics: head.metrics,
    records: records.map((record) =>
      record.kind === 'step' ? { ...record, imagesPerS: 0, waitShare: 0, rssMiB: 0, tensors: 0 } : record,
    ),
  };
}

for (const [name, stage] of Object.entries(stages)) {
  test(`${name}: stopped and resumed, every loss and weight is bit for bit that of an uninterrupted run`, async (t) => {
    const root = await temporaryFolder(t);
    const [data, whole, parted] = [join(root, 'data'), join(root, 'whole'), join(root, 'parted')];
    await writeTinyFolder(data, 5);
    const common = `train ${stage} ${settings} --data ${data} --validation-data ${data}`.split(/\s+/);

    const first = await signalled([...common, '--steps', '100000', '-o', parted], parted, 3, 'SIGTERM');
    assert.equal(first.code, 0, first.stderr);
    const stoppedAt = Number(/stopped after step (\d+); to go on: cyclops train --resume/.exec(first.stdout)?.[1]);
    assert.equal((await readCheckpointHead(parted)).head.step, stoppedAt);

    // A second part that dies without a word, some steps after a checkpoint of its own.
    const second = await signalled(['train', '--resume', '-o', parted], parted, stoppedAt + 7, 'SIGKILL');
    assert.equal(second.signal, 'SIGKILL');
    const killedAt = (await readCheckpointHead(parted)).head.step;
    assert.ok(killedAt > stoppedAt);

    const steps = String(killedAt + 6);
    const third = await cyclops(['train', '--resume', '--steps', steps, '-o', parted]);
    assert.equal(third.code, 0, third.stderr);
    assert.match(third.stdout, new RegExp(`finished ${steps} steps`));

    const uninterrupted = await cyclops([...common, '--steps', steps, '-o', whole]);
    assert.equal(uninterrupted.code, 0, uninterrupted.stderr);
    const expected = await numbersOf(whole);
    assert.equal(expected.records.filter((record) => record.kind === 'step').length, Number(steps));
    assert.deepEqual(await numbersOf(parted), expected);
    assert.ok(existsSync(join(parted, 'report.html')));
  });
}
