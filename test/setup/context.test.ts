import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/base/paths.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { fillFolder, withSignOfLife } = (await import(pathToFileURL(join(packageRoot(), 'setup/context.mjs')).href)) as {
  fillFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<void>;
  withSignOfLife(say: (text: string) => void, work: () => Promise<unknown>, everyMs?: number): Promise<void>;
};

test('a folder of the cache is whole or not there; what was abandoned a day ago goes', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, 'library');
  const [abandoned, young] = [`${folder}.partial-abcdef`, `${folder}.partial-ghijkl`];
  await mkdir(join(abandoned, 'lib'), { recursive: true });
  await mkdir(young);
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  await utimes(abandoned, twoDaysAgo, twoDaysAgo);

  const failure = new Error('the download broke off');
  await assert.rejects(
    fillFolder(folder, async (temporary) => {
      await writeFile(join(temporary, 'half'), '');
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(await readdir(root), ['library.partial-ghijkl']);

  for (const content of ['one', 'two']) {
    await fillFolder(folder, (temporary) => writeFile(join(temporary, 'file'), content));
    assert.equal(await readFile(join(folder, 'file'), 'utf8'), content);
  }
  assert.deepEqual((await readdir(root)).sort(), ['library', 'library.partial-ghijkl']);
});

test('two set-ups at once end with a whole folder', async (t) => {
  const folder = join(await temporaryFolder(t), 'library');
  await Promise.all(
    ['one', 'two', 'three'].map((content) =>
      fillFolder(folder, async (temporary) => {
        await writeFile(join(temporary, 'a'), content);
        await writeFile(join(temporary, 'b'), content);
      }),
    ),
  );
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), await readFile(join(folder, 'b'), 'utf8'));
});

test('a long step says now and then that it goes on, until it ends or fails', async () => {
  const said: string[] = [];
  await withSignOfLife(
    (text) => void said.push(text),
    () => sleep(90),
    20,
  );
  assert.ok(said.length >= 2 && said.every((text) => /^\.\.\. \d+ s so far; .*setup\.log$/.test(text)), said.join());
  const count = said.length;
  await assert.rejects(
    withSignOfLife(
      (text) => void said.push(text),
      () => Promise.reject(new Error('no')),
      20,
    ),
    /no/,
  );
  await sleep(50);
  assert.equal(said.length, count);
});
