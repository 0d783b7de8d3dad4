import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import type { Batch, LoaderOptions } from '../../src/data/loader.js';
import { openLoader } from '../../src/data/loader.js';
import { errorFromPlain, plainFromError } from '../../src/data/loader-messages.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyFolder } from '../support/tiny-pairs.js';

function optionsFor(folder: string): LoaderOptions {
  return {
    source: { kind: 'kitti-2015', folder },
    batchSize: 3,
    width: 64,
    height: 32,
    augmentation: {
      ...{ swap: 0.5, mirror: 0, cropSide: [0.65, 1] },
      color: { chance: 1, gamma: [0.8, 1.2], brightness: [0.8, 1.2], channelGain: [0.95, 1.05] },
    },
    seed: 5,
    startStep: 0,
    workers: 2,
    prefetch: 3,
    rightJitter: 0.05,
  };
}

/** Everything in a batch but the time. */
function digest({ waitMs: _, ...batch }: Batch): string {
  const hash = createHash('sha256');
  for (const [key, value] of Object.entries(batch)) {
    hash.update(key).update(value instanceof Float32Array ? value : JSON.stringify(value));
  }
  return hash.digest('hex');
}

async function digests(options: LoaderOptions, count: number): Promise<string[]> {
  const loader = await openLoader(options);
  try {
    const found: string[] = [];
    for (let i = 0; i < count; i++) found.push(digest(await loader.next()));
    return found;
  } finally {
    await loader.close();
  }
}

test('bytes depend on source, seed and step, not on threads or where loading began', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 5);
  const options = optionsFor(folder);
  const direct = await digests({ ...options, workers: 0 }, 7);
  assert.equal(new Set(direct).size, 7, 'no two steps alike');
  assert.deepEqual(await digests({ ...options, workers: 1, prefetch: 1 }, 7), direct);
  assert.deepEqual(await digests({ ...options, workers: 3, prefetch: 5 }, 7), direct);
  assert.deepEqual(await digests({ ...options, startStep: 4 }, 3), direct.slice(4));
  assert.notDeepEqual(await digests({ ...options, seed: 6 }, 7), direct);
});

test('with only one view of truth decoded, the rest of a batch stays as it was', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 5);
  // Pair 1 has no truth of the right view: swapping it is left out either way.
  for (const name of ['disp_occ_0_right', 'disp_noc_0_right'])
    await rm(join(folder, 'training', name, '000001_10.png'));
  const both = await openLoader({ ...optionsFor(folder), workers: 0 });
  const left = await openLoader({ ...optionsFor(folder), truth: 'left' });
  t.after(() => left.close());
  for (let step = 0; step < 6; step++) {
    const { disparityRight: _d, visibleRight: _v, ...expected } = { ...(await both.next()), waitMs: 0 };
    assert.deepEqual({ ...(await left.next()), waitMs: 0 }, expected);
  }
});

test('every epoch holds every pair once, in another order', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 6);
  const loader = await openLoader({ ...optionsFor(folder), augmentation: 'none', workers: 1 });
  t.after(() => loader.close());
  assert.equal(loader.samplesPerEpoch, 6);
  const epochs: string[] = [];
  for (let epoch = 0; epoch < 4; epoch++) {
    const ids = [...(await loader.next()).ids, ...(await loader.next()).ids];
    assert.equal(new Set(ids).size, 6);
    epochs.push(ids.join());
  }
  assert.ok(new Set(epochs).size > 1);
});

test('a batch has the promised arrays, units and cameras', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 4);
  const loader = await openLoader({ ...optionsFor(folder), startStep: 9 });
  t.after(() => loader.close());
  const batch = await loader.next();
  assert.equal(batch.step, 9);
  const pixels = 3 * 64 * 32;
  for (const key of ['left', 'right'] as const) {
    assert.equal(batch[key].length, pixels * 3);
    assert.ok(batch[key].every((value) => value >= 0 && value <= 1));
  }
  for (const key of ['disparityLeft', 'disparityRight', 'visibleLeft', 'visibleRight'] as const) {
    assert.equal(batch[key]!.length, pixels);
  }
  assert.equal(batch.confidenceLeft, undefined);
  assert.ok(batch.visibleLeft!.every((value) => value === 0 || value === 1));
  assert.ok(batch.waitMs >= 0);
  assert.equal(batch.cameras.length, 3);
  batch.cameras.forEach((camera, slot) => {
    // The far plane of the tiny pairs is at 2 to 4 px of 60 px focal length and 0.5 m: 7.5 to 15 m, whatever the crop.
    const far = batch.disparityLeft!.subarray(slot * 64 * 32, slot * 64 * 32 + 64);
    const depth = (camera.fxPx * camera.baselineM) / far[0]!;
    assert.ok(
      [7.5, 10, 15].some((expected) => Math.abs(depth - expected) < 1e-3),
      `${depth} m`,
    );
  });
});

test('an error in a thread rejects next() with its own code and file, at its step', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 4);
  const path = join(folder, 'training/image_3/000002_10.png');
  await writeFile(path, (await readFile(path)).subarray(0, 99));
  for (const workers of [0, 2]) {
    const loader = await openLoader({ ...optionsFor(folder), batchSize: 1, augmentation: 'none', workers });
    const ids: string[] = [];
    const failure = await (async () => {
      for (;;) ids.push(...(await loader.next()).ids);
    })().catch((error: unknown) => error);
    assert.ok(isCyclopsError(failure, 'IMAGE_INVALID'), String(failure));
    assert.ok(failure.message.includes(path));
    assert.ok(ids.length < 4 && !ids.includes('000002_10'));
    await loader.close();
  }
});

test('a source that cannot be opened is told at once', async (t) => {
  const folder = await temporaryFolder(t);
  await assert.rejects(openLoader(optionsFor(folder)), (error) => isCyclopsError(error, 'DATA_EMPTY'));
});

test('closing ends a waiting next() and leaves nothing running', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const loader = await openLoader(optionsFor(folder));
  await loader.next();
  await loader.close();
  await assert.rejects(loader.next(), /closed/);
  await loader.close();
  const other = await openLoader({ ...optionsFor(folder), workers: 1, prefetch: 1, batchSize: 8 });
  const waiting = assert.rejects(other.next(), /closed/);
  await other.close();
  await waiting;
});

test('errors keep code, details and stack on their way between threads', () => {
  const error = errorFromPlain(plainFromError(new TypeError('broken')));
  assert.equal(error.message, 'broken');
  assert.match(error.stack!, /TypeError: broken/);
});
