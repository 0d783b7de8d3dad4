import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { type EngineInfo, engineCacheKey } from '../../../src/model-package/tensorrt/engine-key.js';
import { EngineCache } from '../../../src/runtime/engine/cache.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const machine = {
  onnxruntime: '1.30.0',
  tensorrt: '10.3.0',
  cuda: '12.6',
  l4t: 'none',
  gpu: 'Orin',
  computeCapability: '8.7',
};

function factsOf(number: number, model = 'a'): EngineInfo {
  return { modelSha256: model, options: { trt_builder_optimization_level: String(number) }, machine };
}

/** Builds an entry of two small files. */
async function fill(cache: EngineCache, facts: EngineInfo): Promise<void> {
  await cache.build(facts, async (folder) => {
    await writeFile(join(folder, 'one.engine'), 'first');
    await writeFile(join(folder, 'two.profile'), 'second');
  });
}

/** The last change of an entry, days ago. */
async function age(cache: EngineCache, facts: EngineInfo, days: number): Promise<void> {
  const time = new Date(Date.UTC(2026, 0, 30) - days * 86_400_000);
  await utimes(join(cache.folder, engineCacheKey(facts)), time, time);
}

test('an engine is found by its facts alone, and only while every file is as it was', async (t) => {
  const cache = new EngineCache(await temporaryFolder(t));
  assert.equal(await cache.find(factsOf(1)), undefined);
  await fill(cache, factsOf(1));
  const found = await cache.find(factsOf(1));
  assert.deepEqual(found?.facts, factsOf(1));
  assert.equal(await readFile(join(found!.folder, 'one.engine'), 'utf8'), 'first');
  assert.equal(await cache.find(factsOf(2)), undefined);
  assert.equal(await cache.find({ ...factsOf(1), machine: { ...machine, cuda: '12.7' } }), undefined);

  const second = join(found!.folder, 'two.profile');
  await writeFile(second, 'secone');
  assert.equal(await cache.find(factsOf(1)), undefined, 'changed at equal length');
  await writeFile(second, 'second');
  assert.notEqual(await cache.find(factsOf(1)), undefined);
  await rm(second);
  assert.equal(await cache.find(factsOf(1)), undefined, 'a file is gone');
});

test('an entry under the name of another one is not taken for it', async (t) => {
  const cache = new EngineCache(await temporaryFolder(t));
  await fill(cache, factsOf(1));
  const from = join(cache.folder, engineCacheKey(factsOf(1)));
  const to = join(cache.folder, engineCacheKey(factsOf(2)));
  await mkdir(to);
  for (const name of await readdir(from)) await writeFile(join(to, name), await readFile(join(from, name)));
  assert.equal(await cache.find(factsOf(2)), undefined);
});

test('a build that fails leaves the entry as it was, and is its own error', async (t) => {
  const cache = new EngineCache(await temporaryFolder(t));
  await fill(cache, factsOf(1));
  const fault = new Error('out of GPU memory');
  await assert.rejects(
    cache.build(factsOf(1), async (folder) => {
      await writeFile(join(folder, 'one.engine'), 'half');
      throw fault;
    }),
    fault,
  );
  const found = await cache.find(factsOf(1));
  assert.equal(await readFile(join(found!.folder, 'one.engine'), 'utf8'), 'first');
});

test('of nine engines the oldest goes; never the one just built, nor the last good one of a model', async (t) => {
  const cache = new EngineCache(await temporaryFolder(t));
  // Built in an order that is not that of their age.
  const days = [3, 8, 1, 6, 4, 7, 2, 5];
  for (const day of days) {
    await fill(cache, factsOf(day));
    await age(cache, factsOf(day), day);
  }
  const left = async (): Promise<number[]> => {
    const names = await readdir(cache.folder);
    return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].filter((number) => names.includes(engineCacheKey(factsOf(number))));
  };
  assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6, 7, 8], 'eight are kept');
  await cache.markGood(factsOf(8));
  await fill(cache, factsOf(9));
  await age(cache, factsOf(9), 9);
  assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6, 7, 8, 9], 'the last good one is beyond the bound');
  await fill(cache, factsOf(10));
  await age(cache, factsOf(10), 0);
  assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6, 7, 8, 10]);
  await fill(cache, factsOf(11));
  assert.deepEqual(await left(), [1, 2, 3, 4, 5, 6, 8, 10, 11]);
});

test('rolled back is to an engine of other settings for the same model and machine', async (t) => {
  const cache = new EngineCache(await temporaryFolder(t));
  await fill(cache, factsOf(1));
  assert.equal(await cache.lastGood(factsOf(2)), undefined, 'none was found good');
  await cache.markGood(factsOf(1));
  const good = await cache.lastGood(factsOf(2));
  assert.equal(basename(good!.folder), engineCacheKey(factsOf(1)));
  assert.equal(await cache.lastGood(factsOf(1)), undefined, 'the same settings are no way back');
  assert.equal(await cache.lastGood(factsOf(2, 'b')), undefined, 'another model');
  assert.equal(await cache.lastGood({ ...factsOf(2), machine: { ...machine, gpu: 'L4' } }), undefined);
});
