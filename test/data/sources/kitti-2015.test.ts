import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '../../../src/base/errors.js';
import { isCyclopsError } from '../../../src/base/errors.js';
import type { SourceSpec } from '../../../src/data/sample.js';
import { openSource } from '../../../src/data/sources/index.js';
import { encodeJpeg, encodePng } from '../../../src/image/codec.js';
import { encodePng16 } from '../../../src/image/png16.js';
import { sharedData, skipWithout } from '../../support/shared-data.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinyCamera, tinySample, writeTinyFolder } from '../../support/tiny-pairs.js';

test('a written folder is read back exactly, both views', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const source = await openSource({ kind: 'kitti-2015', folder });
  assert.equal(source.length, 2);
  const expected = tinySample(1, 3, 9);
  const found = await source.read(1);
  assert.equal(found.id, expected.id);
  assert.deepEqual(found.camera, tinyCamera);
  assert.match(found.origin, /image_2\/000001_10\.png$/);
  for (const key of ['left', 'right', 'disparityLeft', 'disparityRight', 'visibleLeft', 'visibleRight'] as const) {
    assert.deepEqual(found[key], expected[key], key);
  }
});

test('JPEG, second frames, the folder itself as training folder', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const training = join(folder, 'training');
  for (const view of ['image_2', 'image_3']) {
    await rm(join(training, view, '000000_10.png'));
    await writeFile(join(training, view, '000000_10.jpg'), await encodeJpeg(tinySample(0).left, 95));
    await writeFile(join(training, view, '000000_11.jpg'), await encodeJpeg(tinySample(0).left, 95));
  }
  await rename(join(folder, 'cameras.json'), join(training, 'cameras.json'));
  const source = await openSource({ kind: 'kitti-2015', folder: training });
  assert.equal(source.length, 1, 'frame _11 has no disparity and is left out');
  assert.equal((await source.read(0)).id, '000000_10');
});

test('ids choose pairs, with or without the frame number', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 4);
  const source = await openSource({ kind: 'kitti-2015', folder, ids: ['000003', '000001_10'] });
  assert.deepEqual([(await source.read(0)).id, (await source.read(1)).id], ['000003_10', '000001_10']);
  await assert.rejects(openSource({ kind: 'kitti-2015', folder, ids: ['000009'] }), (error) =>
    isCyclopsError(error, 'FILE_MISSING'),
  );
});

test('with one kind of truth folder, visibility is as far as it tells', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const training = join(folder, 'training');
  await rm(join(training, 'disp_occ_0'), { recursive: true });
  const onlyVisible = await (await openSource({ kind: 'kitti-2015', folder })).read(0);
  const known = onlyVisible.disparityLeft!.data.map((d) => (Number.isNaN(d) ? 0 : 1));
  assert.deepEqual([...onlyVisible.visibleLeft!.data], [...known]);
  await rename(join(training, 'disp_noc_0'), join(training, 'disp_occ_0'));
  const onlyAll = await (await openSource({ kind: 'kitti-2015', folder })).read(0);
  assert.equal(onlyAll.visibleLeft, undefined);
  assert.notEqual(onlyAll.disparityLeft, undefined);
});

test('the fingerprint changes with the data, not with place, time or truth that labels replace', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, 'a');
  await writeTinyFolder(folder, 3);
  const open = (where = folder) => openSource({ kind: 'kitti-2015', folder: where });
  const first = await open();
  const isAs = async (where?: string): Promise<readonly [all: boolean, images: boolean]> => {
    const { fingerprint, imagesFingerprint } = await open(where);
    return [fingerprint === first.fingerprint, imagesFingerprint === first.imagesFingerprint];
  };

  await cp(folder, join(root, 'copy'), { recursive: true });
  await utimes(join(folder, 'training/image_2/000001_10.png'), 1, 1);
  for (const place of [folder, join(root, 'copy'), relative('.', folder), `${folder}/`]) {
    assert.deepEqual(await isAs(place), [true, true], place);
  }

  const some = await openSource({ kind: 'kitti-2015', folder, ids: ['000001'] });
  assert.notEqual(some.fingerprint, first.fingerprint);
  assert.equal(some.imagesFingerprint, first.imagesFingerprint, 'of the whole folder, whatever was chosen');

  const truth = join(folder, 'training/disp_occ_0_right/000002_10.png');
  const bytes = await readFile(truth);
  await rm(truth);
  assert.deepEqual(await isAs(), [false, true]);
  await writeFile(truth, bytes);
  assert.deepEqual(await isAs(), [true, true]);

  const cameras = join(folder, 'cameras.json');
  const text = await readFile(cameras, 'utf8');
  await writeFile(cameras, text.replace('0.5', '0.6'));
  assert.deepEqual(await isAs(), [false, false], 'as long as it was');
  await writeFile(cameras, text);
  await writeFile(join(folder, 'training/image_3/000000_10.png'), await encodePng(tinySample(9).right));
  assert.deepEqual(await isAs(), [false, false]);
});

test('the fingerprint knows the content of calibration files', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  await rm(join(folder, 'cameras.json'));
  await mkdir(join(folder, 'training/calib_cam_to_cam'));
  const fingerprintWith = async (text: string): Promise<string> => {
    await writeFile(join(folder, 'training/calib_cam_to_cam/000000.txt'), text);
    return (await openSource({ kind: 'kitti-2015', folder })).imagesFingerprint;
  };
  assert.notEqual(await fingerprintWith('P_rect_02: 1'), await fingerprintWith('P_rect_02: 2'));
});

test('ids are known before anything is read', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const specs: readonly SourceSpec[] = [
    { kind: 'kitti-2015', folder },
    { kind: 'synthetic', domain: 'street', seed: 1, count: 3, width: 64, height: 32, framesPerScene: 2 },
  ];
  for (const spec of specs) {
    const source = await openSource(spec);
    for (let index = 0; index < source.length; index++) {
      assert.equal(source.idAt(index), (await source.read(index)).id);
    }
    assert.throws(() => source.idAt(source.length));
  }
});

const damages: readonly [
  name: string,
  code: ErrorCode,
  expected: RegExp,
  damage: (training: string) => Promise<void>,
][] = [
  [
    'a missing right view',
    'FILE_MISSING',
    /image_3\/000000_10\.png: the right view of .*image_2\/000000_10\.png is missing/,
    (training) => rm(join(training, 'image_3/000000_10.png')),
  ],
  [
    'a truncated image',
    'IMAGE_INVALID',
    /image_2\/000000_10\.png/,
    async (training) => {
      const path = join(training, 'image_2/000000_10.png');
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length >> 1));
    },
  ],
  [
    'a pair of different sizes',
    'IMAGE_SIZE_MISMATCH',
    /image_3\/000000_10\.png: expected 96x48 like .*image_2.*, found 90x48/,
    async (training) =>
      writeFile(
        join(training, 'image_3/000000_10.png'),
        await encodePng({ width: 90, height: 48, data: new Uint8Array(90 * 48 * 3) }),
      ),
  ],
  [
    'truth of another size',
    'IMAGE_SIZE_MISMATCH',
    /disp_noc_0\/000000_10\.png: expected 96x48 like .*found 95x48/,
    async (training) =>
      writeFile(
        join(training, 'disp_noc_0/000000_10.png'),
        encodePng16({ width: 95, height: 48, data: new Float32Array(95 * 48).fill(2) }),
      ),
  ],
  [
    'truncated truth',
    'IMAGE_INVALID',
    /disp_occ_0\/000000_10\.png: the file ends early/,
    async (training) => {
      const path = join(training, 'disp_occ_0/000000_10.png');
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 40));
    },
  ],
  [
    'truth of 8 bits',
    'IMAGE_INVALID',
    /disp_occ_0\/000000_10\.png: expected a grey PNG/,
    async (training) => writeFile(join(training, 'disp_occ_0/000000_10.png'), await encodePng(tinySample(0).left)),
  ],
  [
    'a missing calibration',
    'FILE_MISSING',
    /calib_cam_to_cam\/000000\.txt: the calibration of pair 000000_10 is missing/,
    (training) => rm(join(training, '../cameras.json')),
  ],
  [
    'a calibration for another size',
    'IMAGE_SIZE_MISMATCH',
    /image_2\/000000_10\.png: expected 100x48 as its calibration says/,
    async (training) =>
      writeFile(join(training, '../cameras.json'), JSON.stringify({ '000000_10': { ...tinyCamera, width: 100 } })),
  ],
];

for (const [name, code, expected, damage] of damages) {
  test(`reading names the file: ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeTinyFolder(folder, 1);
    await damage(join(folder, 'training'));
    const source = await openSource({ kind: 'kitti-2015', folder });
    await assert.rejects(source.read(0), (error) => {
      assert.ok(isCyclopsError(error, code), String(error));
      assert.match(error.message, expected);
      return true;
    });
  });
}

test('opening tells an empty, missing or damaged folder', async (t) => {
  const folder = await temporaryFolder(t);
  const open = (path: string) => openSource({ kind: 'kitti-2015', folder: path });
  await assert.rejects(open(join(folder, 'gone')), (error) => isCyclopsError(error, 'FILE_MISSING'));
  await assert.rejects(open(folder), (error) => isCyclopsError(error, 'DATA_EMPTY'));
  await mkdir(join(folder, 'training/image_2'), { recursive: true });
  await assert.rejects(open(folder), (error) => isCyclopsError(error, 'DATA_EMPTY'));
  await writeTinyFolder(folder, 1);
  await writeFile(join(folder, 'cameras.json'), JSON.stringify({ '000000_10': { ...tinyCamera, baselineM: -1 } }));
  await assert.rejects(
    open(folder),
    (error) => isCyclopsError(error, 'CONFIG_INVALID') && /baselineM/.test(error.message),
  );
});

test('the real pairs open with the known rig', skipWithout('kitti2015'), async () => {
  const source = await openSource({ kind: 'kitti-2015', folder: sharedData('kitti2015')!, ids: ['000001', '000046'] });
  const first = await source.read(0);
  assert.deepEqual([first.left.width, first.left.height], [1242, 375]);
  assert.ok(Math.abs(first.camera.baselineM - 0.532725) < 1e-5);
  assert.notEqual(first.visibleLeft, undefined);
  assert.equal((await source.read(1)).visibleLeft, undefined);
});
