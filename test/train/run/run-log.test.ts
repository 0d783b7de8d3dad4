import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { openRunLog, type RunRecord, readRunLog } from '../../../src/train/run/run-log.js';

const record = (step: number): RunRecord => ({ kind: 'validation', step, metrics: { valAbsRel: 1 / step } });

describe('run log', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cyclops-log-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('drops what a resumed run repeats, and appends', async () => {
    const path = join(folder, 'a.jsonl');
    const first = await openRunLog(path, 0);
    for (const step of [10, 20, 30]) await first.append(record(step));
    await first.close();
    const second = await openRunLog(path, 20);
    await second.append(record(25));
    await second.close();
    assert.deepEqual(
      (await readRunLog(path)).map(({ step }) => step),
      [10, 20, 25],
    );
    assert.equal((await readFile(path, 'utf8')).split('\n').length, 4);
  });

  it('leaves out a last line that a crash cut short, and names any other broken line', async () => {
    const path = join(folder, 'b.jsonl');
    await writeFile(path, `${JSON.stringify(record(1))}\n{"kind":"st`);
    assert.equal((await readRunLog(path)).length, 1);
    await writeFile(path, `{"kind":"st\n${JSON.stringify(record(1))}\n`);
    await assert.rejects(
      readRunLog(path),
      (error: unknown) => isCyclopsError(error, 'DATA_INVALID') && error.message.includes('b.jsonl:1'),
    );
  });
});
