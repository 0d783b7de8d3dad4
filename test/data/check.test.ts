import assert from 'node:assert/strict';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { checkData } from '../../src/data/check.js';
import type { FolderSpec } from '../../src/data/sample.js';
import { layouts } from '../../src/data/sources/layouts/index.js';
import { encodePng } from '../../src/image/codec.js';
import { encodePng16 } from '../../src/image/png16.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyCamera, writeTinyFolder } from '../support/tiny-pairs.js';

const check = (spec: FolderSpec, count?: number) =>
  checkData(spec, layouts[spec.kind], { onSheet: 4, ...(count === undefined ? {} : { count }) });

test('a sound folder: counts, sizes, cameras, truth, a sheet and no damage', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 3);
  const { check: found, sheet } = await check({ kind: 'kitti-2015', folder });
  assert.deepEqual(found, {
    folder,
    layout: 'kitti-2015',
    pairs: 3,
    stereo: 3,
    mono: 3,
    withCamera: 3,
    sizes: [{ width: 96, height: 48, pairs: 3 }],
    cameras: [{ camera: tinyCamera, pairs: 3 }],
    truth: { disparityLeft: 3, visibleLeft: 3, disparityRight: 3, visibleRight: 3 },
    damage: [],
  });
  assert.ok(sheet !== undefined && sheet.width > 4 * 420);
});

test('a damaged tree is read to its end and all damage is told at once', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 7);
  const at = (place: string, pair: number): string => join(folder, 'training', place, `00000${pair}_10.png`);
  await truncate(at('image_2', 0), 300);
  await truncate(at('disp_occ_0', 0), 100);
  await rm(at('image_3', 1));
  await truncate(at('disp_occ_0', 2), 60);
  await truncate(at('disp_noc_0', 2), 60);
  await writeFile(at('image_3', 3), await encodePng({ width: 90, height: 48, data: new Uint8Array(90 * 48 * 3) }));
  await writeFile(at('disp_noc_0', 4), encodePng16({ width: 5, height: 5, data: new Float32Array(25).fill(1) }));
  await rm(at('image_2', 5));
  const cameras = JSON.parse(await readFile(join(folder, 'cameras.json'), 'utf8')) as Record<string, object>;
  cameras['000006_10'] = { ...tinyCamera, width: 100 };
  await writeFile(join(folder, 'cameras.json'), JSON.stringify(cameras));

  const { check: found } = await check({ kind: 'kitti-2015', folder });
  assert.equal(found.pairs, 6);
  const where = found.damage.map(({ path, id }) => `${id ?? '-'} ${path.slice(join(folder, 'training').length + 1)}`);
  assert.deepEqual(where.sort(), [
    '- disp_noc_0/000005_10.png',
    '- disp_noc_0_right/000005_10.png',
    '- disp_occ_0/000005_10.png',
    '- disp_occ_0_right/000005_10.png',
    '- image_3/000005_10.png',
    '000000_10 disp_occ_0/000000_10.png',
    '000000_10 image_2/000000_10.png',
    '000001_10 image_3/000001_10.png',
    '000002_10 disp_noc_0/000002_10.png',
    '000002_10 disp_occ_0/000002_10.png',
    '000003_10 image_3/000003_10.png',
    '000004_10 disp_occ_0/000004_10.png',
    '000006_10 image_2/000006_10.png',
  ]);
  for (const { path, reason } of found.damage) assert.ok(reason.includes(basename(path)), reason);
  const counts: Record<string, number> = {};
  for (const { kind } of found.damage) counts[kind] = (counts[kind] ?? 0) + 1;
  assert.deepEqual(counts, {
    'belongs to no left image': 5,
    'left view damaged': 1,
    'truth damaged': 4,
    'right view missing': 1,
    'views of different sizes': 1,
    'camera of another size': 1,
  });
  // Both views are there for all but the damaged left one and the missing right one, whatever the camera.
  assert.deepEqual([found.mono, found.stereo, found.withCamera], [5, 4, 4]);
  assert.match(found.damage.find(({ id }) => id === '000004_10')!.reason, /disp_noc_0\/000004_10\.png: expected 96x48/);
});

test('a damaged list of cameras, an empty folder, a list of images that are not there', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(check({ kind: 'kitti-2015', folder }), {
    code: 'DATA_EMPTY',
    message: /expected pairs in training\/image_2.*, found no images there/,
  });
  await assert.rejects(check({ kind: 'kitti-2015', folder: join(folder, 'nonexistent') }), {
    code: 'FILE_MISSING',
    message: /nonexistent: no such folder$/,
  });
  await writeTinyFolder(folder, 2);
  const list = join(folder, 'list.txt');
  await writeFile(list, '000001_10\n000008_10\n');
  const { check: listed } = await check({ kind: 'kitti-2015', folder, list });
  assert.equal(listed.pairs, 1);
  assert.match(listed.damage[0]!.reason, /000008_10: .*list\.txt names it/);
  await writeFile(join(folder, 'cameras.json'), '{"000000_10": 3}');
  const { check: broken } = await check({ kind: 'kitti-2015', folder });
  assert.match(broken.damage[0]!.reason, /cameras\.json/);
});

test('real KITTI raw: the sample has no right camera, and says so by name', skipWithout('kitti_raw'), async () => {
  const { check: found } = await check({ kind: 'kitti-raw', folder: sharedData('kitti_raw')! }, 3);
  assert.deepEqual([found.pairs, found.stereo, found.mono], [78, 0, 3]);
  assert.equal(found.damage.length, 3);
  assert.match(found.damage[0]!.reason, /image_03\/data\/0000000000\.png: the right view is missing/);
});
