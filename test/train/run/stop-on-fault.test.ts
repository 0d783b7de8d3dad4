import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SampleOrder } from '../../../src/data/batch.js';
import { openSource } from '../../../src/data/sources/index.js';
import { createFloatMap } from '../../../src/geometry/raster.js';
import { encodePng16 } from '../../../src/image/png16.js';
import { readCheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import { readRunLog } from '../../../src/train/run/run-log.js';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinySize, writeTinyFolder } from '../../support/tiny-pairs.js';

const student =
  '--stage student --network mono-vgg --width-multiplier 0.1 --supervision truth --size 64x32 --batch 2'.split(' ');
const quiet = ['--validation-data', 'none', '--report-every', '0', '--log-every', '1'];

test('a loss that is not finite stops with the step and the term; the last checkpoint stays', async (t) => {
  const root = await temporaryFolder(t);
  const run = join(root, 'run');
  await writeTinyFolder(join(root, 'data'), 4);
  const result = await cyclops([
    'train',
    ...student,
    ...quiet,
    '--data',
    join(root, 'data'),
    '-o',
    run,
    '--learning-rate',
    '1',
    '--warmup-steps',
    '40',
    '--steps',
    '2000',
    '--checkpoint-every',
    '2',
  ]);
  assert.equal(result.code, 6, result.stderr);
  const found =
    /step (\d+): (?:loss term "\w+" is|the loss is|the gradient norm is) -?(?:NaN|Infinity); the checkpoint of step (\d+) is kept in/.exec(
      result.stderr,
    );
  assert.ok(found, result.stderr);
  const { head } = await readCheckpointHead(run);
  assert.equal(head.step, Number(found[2]));
  assert.ok(head.step < Number(found[1]) && Number(found[1]) - head.step <= 2);
  const records = await readRunLog(join(run, 'run.jsonl'));
  assert.equal(records.at(-1)?.kind, 'event');
  assert.ok(records.every((record) => record.kind !== 'step' || Number.isFinite(record.loss)));
});

test('an image that cannot be read ends the run with its name; the steps before it are saved', async (t) => {
  const root = await temporaryFolder(t);
  const [data, run] = [join(root, 'data'), join(root, 'run')];
  await writeTinyFolder(data, 6);
  const spec = { kind: 'kitti-2015', folder: data } as const;
  const order = new SampleOrder(await openSource(spec), { seed: 1 });
  // The pair that the fifth sample is: the first slot of step 3.
  const id = `${String(order.at(4)).padStart(6, '0')}_10`;
  const path = join(data, 'training', 'image_2', `${id}.png`);
  await truncate(path, 200);
  const args = [...student, ...quiet, '--data', data, '-o', run, '--steps', '20', '--checkpoint-every', '100'];
  const result = await cyclops(['train', ...args, '--seed', '1']);
  assert.equal(result.code, 3, result.stderr);
  assert.match(result.stderr, new RegExp(`image_2/${id}\\.png: not a readable image .*\\[IMAGE_INVALID\\]`));
  assert.equal((await readCheckpointHead(run)).head.step, 2);
});

/** Makes the truth of both views of a tiny pair unknown. */
async function forgetTruth(data: string, pair: number): Promise<void> {
  const unknown = encodePng16(createFloatMap(tinySize.width, tinySize.height));
  for (const name of ['disp_occ_0', 'disp_noc_0', 'disp_occ_0_right', 'disp_noc_0_right']) {
    await writeFile(join(data, 'training', name, `00000${pair}_10.png`), unknown);
  }
}

test('truth without a usable pixel is an error before step 1; a few pairs without are counted', async (t) => {
  const root = await temporaryFolder(t);
  const [data, run] = [join(root, 'data'), join(root, 'run')];
  await writeTinyFolder(data, 3);
  for (const pair of [0, 1, 2]) await forgetTruth(data, pair);
  const args = [...student, ...quiet, '--batch', '1', '--data', data, '-o', run, '--steps', '9'];
  const refused = await cyclops(['train', ...args]);
  assert.equal(refused.code, 3, refused.stderr);
  assert.match(refused.stderr, /student learns from disparity.*found none in 3 of 3 pairs.*\[DATA_INVALID\]/);
  assert.equal(existsSync(run), false);

  await writeTinyFolder(data, 3);
  await forgetTruth(data, 1);
  const trained = await cyclops(['train', ...args]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stderr + trained.stdout, /no usable pixel of truth in 000001_10/);
  const last = (await readRunLog(join(run, 'run.jsonl'))).findLast((record) => record.kind === 'step');
  // Three epochs of three pairs.
  assert.equal(last?.kind === 'step' ? last.emptyBatches : undefined, 3);
});

test('resuming is refused when the data changed, or when a setting that decides the numbers is given anew', async (t) => {
  const root = await temporaryFolder(t);
  const [data, run] = [join(root, 'data'), join(root, 'run')];
  await writeTinyFolder(data, 4);
  const first = await cyclops(['train', ...student, ...quiet, '--data', data, '-o', run, '--steps', '2']);
  assert.equal(first.code, 0, first.stderr);

  const again = await cyclops(['train', ...student, ...quiet, '--data', data, '-o', run, '--steps', '2']);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /already holds a run; give --resume/);

  const changed = await cyclops(['train', '--resume', '-o', run, '--learning-rate', '0.5']);
  assert.equal(changed.code, 2);
  assert.match(changed.stderr, /a resumed run keeps its learningRate: it is 0.0001, found 0.5/);

  // Moved, the data are the same; with a byte more they are not.
  const elsewhere = join(root, 'elsewhere');
  await rename(data, elsewhere);
  const moved = await cyclops(['train', '--resume', '-o', run, '--steps', '3', '--data', elsewhere]);
  assert.equal(moved.code, 0, moved.stderr);
  assert.equal((await readCheckpointHead(run)).head.step, 3);
  await appendFile(join(elsewhere, 'training', 'image_2', '000001_10.png'), 'x');
  const other = await cyclops(['train', '--resume', '-o', run, '--steps', '4']);
  assert.equal(other.code, 3);
  assert.match(other.stderr, /the data changed since step 3/);
});
