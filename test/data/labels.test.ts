import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import type { LabelsInfo } from '../../src/data/labels.js';
import { openLabelWriter, readPairLabels } from '../../src/data/labels.js';
import { openSource } from '../../src/data/sources/index.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinySample, tinySize, writeTinyFolder } from '../support/tiny-pairs.js';

const info: LabelsInfo = {
  format: 'cyclops-labels',
  formatVersion: 2,
  producer: 'teacher',
  networks: { teacher: { checkpoint: 'runs/teacher', sha256: 'ab'.repeat(32) } },
  ...tinySize,
  dataFingerprint: 'f',
  settings: { tolerancePx: 1 },
};

/** `labels.json` for the images of a folder. */
async function infoFor(folder: string): Promise<LabelsInfo> {
  return { ...info, dataFingerprint: (await openSource({ kind: 'kitti-2015', folder })).imagesFingerprint };
}

test('labels take the place of ground truth, exactly as they were written', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const { disparityLeft, disparityRight, visibleLeft, visibleRight, id } = tinySample(77, 4, 11);
  const confidenceLeft = createFloatMap(tinySize.width, tinySize.height, 0.6);
  const labels = join(folder, 'labels');
  const writer = await openLabelWriter(labels, await infoFor(folder));
  assert.equal(writer.isDone('000000_10'), false);
  await writer.write('000000_10', {
    disparityLeft: disparityLeft!,
    disparityRight: disparityRight!,
    visibleLeft: visibleLeft!,
    visibleRight: visibleRight!,
    confidenceLeft,
  });
  assert.equal(writer.isDone('000000_10'), true);
  assert.equal(writer.isDone(id), false);
  const sample = await (await openSource({ kind: 'kitti-2015', folder, labels })).read(0);
  assert.deepEqual(sample.disparityLeft, disparityLeft);
  assert.deepEqual(sample.disparityRight, disparityRight);
  assert.deepEqual(sample.visibleLeft, visibleLeft);
  assert.ok(sample.confidenceLeft!.data.every((value) => Math.abs(value - 0.6) < 1 / 255));
  assert.equal(sample.confidenceRight, undefined);
});

test('labels of another size are brought to the size of the images', async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await openLabelWriter(folder, info);
  await writer.write('a', { disparityLeft: createFloatMap(48, 24, 6), confidenceLeft: createFloatMap(48, 24, 1) });
  const labels = await readPairLabels(folder, 'a', { width: 96, height: 48 });
  assert.equal(labels.disparityLeft!.data.length, 96 * 48);
  assert.ok(
    labels.disparityLeft!.data.every((d) => d === 12),
    'twice the width, twice the disparity',
  );
  assert.ok(labels.confidenceLeft!.data.every((value) => value === 1));
});

test('labelling goes on where it stopped, and refuses to mix teachers', async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await openLabelWriter(folder, info);
  await writer.write('a', { disparityLeft: createFloatMap(48, 24, 6) });
  assert.equal(
    (
      await openLabelWriter(folder, {
        ...info,
        networks: { teacher: { ...info.networks.teacher!, checkpoint: 'moved/teacher' } },
      })
    ).isDone('a'),
    true,
  );
  for (const other of [
    { networks: { teacher: { checkpoint: 'other', sha256: 'cd'.repeat(32) } } },
    { producer: 'fused' },
    { width: 50 },
    { settings: {} },
    { dataFingerprint: 'g' },
  ]) {
    await assert.rejects(openLabelWriter(folder, { ...info, ...other }), (error) => {
      assert.ok(isCyclopsError(error, 'DATA_INVALID'));
      assert.ok(error.message.includes(Object.keys(other)[0]!), error.message);
      return true;
    });
  }
});

test('a pair without label, or a folder without labels.json, is an error by name', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const labels = join(folder, 'labels');
  await assert.rejects(
    openSource({ kind: 'kitti-2015', folder, labels }),
    (error) => isCyclopsError(error, 'FILE_MISSING') && error.message.includes('labels.json'),
  );
  await openLabelWriter(labels, await infoFor(folder));
  const source = await openSource({ kind: 'kitti-2015', folder, labels });
  await assert.rejects(
    source.read(0),
    (error) => isCyclopsError(error, 'FILE_MISSING') && error.message.includes('disp_left/000000_10.png'),
  );
  await rm(labels, { recursive: true });
});

test('labels of other images or another camera are refused, whatever becomes of the truth', async (t) => {
  const root = await temporaryFolder(t);
  const [folder, labels] = [join(root, 'data'), join(root, 'labels')];
  await writeTinyFolder(folder, 2);
  await openLabelWriter(labels, await infoFor(folder));
  const open = () => openSource({ kind: 'kitti-2015', folder, labels });
  const first = (await open()).fingerprint;
  await rm(join(folder, 'training/disp_occ_0'), { recursive: true });
  assert.equal((await open()).fingerprint, first);
  assert.equal((await openSource({ kind: 'kitti-2015', folder, labels, ids: ['000001'] })).length, 1);

  const isRefused = (error: unknown): boolean =>
    isCyclopsError(error, 'DATA_INVALID') &&
    error.message.includes('labels.json dataFingerprint: these labels were made from other images or cameras than');
  const cameras = join(folder, 'cameras.json');
  const text = await readFile(cameras, 'utf8');
  await writeFile(cameras, text.replace('0.5', '0.6'));
  await assert.rejects(open(), isRefused);
  await writeFile(cameras, text);
  await open();
  await writeTinyFolder(folder, 3);
  await assert.rejects(open(), isRefused);
});
