import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRgb } from '../../../src/image/codec.js';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const cyclopsData = (...args: string[]) => cyclops(['data', ...args]);

test('data check prints what it found, writes the sheet, and its exit code says whether anything is wrong', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const sheet = join(folder, 'sheet.png');
  const sound = await cyclopsData('check', folder, '--sheet', sheet);
  assert.equal(sound.code, 0, sound.stderr);
  assert.match(sound.stdout, /layout kitti-2015\npairs +2 found, 2 with both views/);
  assert.match(sound.stdout, /size +96x48: 2\n/);
  assert.match(sound.stdout, /camera +fx 60\.00 px, baseline 0\.5000 m: 2\n/);
  assert.match(sound.stdout, /damage +none\n/);
  assert.ok((await readRgb(sheet)).width > 400);
  await rm(join(folder, 'training/image_3/000001_10.png'));
  const damaged = await cyclopsData('check', folder, '--json', '--layout', 'kitti-2015');
  assert.equal(damaged.code, 3);
  assert.equal((JSON.parse(damaged.stdout) as { damage: unknown[] }).damage.length, 1);
  assert.equal((await cyclopsData('mend', folder)).code, 2);
});

test('damage is counted by kind, with examples or in full; a missing or empty folder is an error', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 6);
  for (let i = 0; i < 5; i++) await rm(join(folder, `training/image_3/00000${i}_10.png`));
  const few = await cyclopsData('check', folder);
  assert.equal(few.code, 3, few.stderr);
  assert.match(few.stdout, /pairs +6 found, 1 with both views, 5 with the left one only\n/);
  assert.match(
    few.stdout,
    /damage +5 files or names\n {2}right view missing: 5\n( {4}.*_10\.png: .*\n){3} {4}and 2 more; --all/,
  );
  const all = await cyclopsData('check', folder, '--all');
  assert.equal(all.stdout.match(/: the right view is missing/g)?.length, 5);

  const missing = await cyclopsData('check', join(folder, 'nonexistent'));
  assert.deepEqual([missing.code, missing.stdout], [3, '']);
  assert.match(missing.stderr, /^cyclops: .*nonexistent: no such folder \[FILE_MISSING\]\n$/);
  const unknown = await cyclopsData('check', 'images:frames');
  assert.match(unknown.stderr, /images:frames: no such folder \("images" is no layout: kitti-2012, /);
  const empty = await cyclopsData('check', join(folder, 'training', 'image_2'));
  assert.equal(empty.code, 3);
  assert.match(empty.stderr, /found no images there \[DATA_EMPTY\]/);
});
