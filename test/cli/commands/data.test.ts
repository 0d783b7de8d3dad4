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
