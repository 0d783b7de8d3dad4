import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveTrainingConfig } from '../../../src/train/config/resolve-config.js';
import { train } from '../../../src/train/run/loop.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

test('a folder without validation data of its own still has a best network, and images in its report', async (t) => {
  const root = await temporaryFolder(t);
  const data = join(root, 'data');
  await writeTinyFolder(data, 20);
  const config = resolveTrainingConfig({
    stage: 'student',
    network: 'mono-vgg',
    widthMultiplier: 0.1,
    settings: { supervision: 'truth' },
    width: 64,
    height: 32,
    batch: 2,
    steps: 1,
    workers: 0,
    data,
  });
  const run = async (name: string) => {
    const folder = join(root, name);
    const options = { config, folder, resume: false, command: 'test', signal: new AbortController().signal };
    const { metrics } = await train(options);
    return {
      metrics,
      hasBest: existsSync(join(folder, 'best')),
      report: await readFile(join(folder, 'report.html'), 'utf8'),
    };
  };

  const measured = await run('measured');
  assert.ok(measured.metrics.valAbsRel! > 0);
  assert.equal(measured.hasBest, true);
  assert.ok(measured.report.includes(`1 pair held out of ${data}`));
  assert.match(measured.report, /alt="000010_10: input".*alt="000010_10: prediction.*alt="000010_10: target"/s);

  // The held-out pair has no truth now: nothing can be measured, but there is something to look at.
  for (const name of ['disp_occ_0', 'disp_noc_0']) await rm(join(data, 'training', name, '000010_10.png'));
  const unmeasured = await run('unmeasured');
  assert.deepEqual(unmeasured.metrics, {});
  assert.equal(unmeasured.hasBest, false);
  assert.match(unmeasured.report, /alt="000010_10: input".*alt="000010_10: prediction/s);
});
