import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CyclopsError, isCyclopsError } from '../../src/base/errors.js';
import {
  readBytes,
  readText,
  recoverFolder,
  writeAtomic,
  writeErrorFor,
  writeFolderAtomic,
  writeJsonAtomic,
} from '../../src/base/files.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('a file is written whole, its folders made, nothing left beside it', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a/b/c.json');
  await writeJsonAtomic(path, { x: 1 });
  await writeJsonAtomic(path, { x: 2 });
  assert.equal(await readText(path), '{\n  "x": 2\n}\n');
  assert.deepEqual(await readdir(join(folder, 'a/b')), ['c.json']);
});

test('a failed write keeps the old content and leaves no temporary file', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  await writeAtomic(path, 'old');
  // A value that the file system refuses midway: writeFile rejects after the temporary file was opened.
  await assert.rejects(writeAtomic(path, { broken: true } as unknown as string), (error) =>
    isCyclopsError(error, 'WRITE_FAILED'),
  );
  assert.equal(await readText(path), 'old');
  assert.deepEqual(await readdir(folder), ['file']);
});

test('a full disk is told apart from other failures', async (t) => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  assert.equal(writeErrorFor('x', full).code, 'DISK_FULL');
  assert.equal(writeErrorFor('x', full).cause, full);
  assert.equal(writeErrorFor('x', Object.assign(new Error('quota'), { code: 'EDQUOT' })).code, 'DISK_FULL');
  assert.equal(writeErrorFor('x', new Error('odd')).code, 'WRITE_FAILED');
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(writeAtomic(join(folder, 'file/below'), 'x'), (error) => isCyclopsError(error, 'WRITE_FAILED'));
});

test('a device that is really full', { skip: process.platform === 'linux' ? false : 'needs /dev/full' }, async () => {
  await assert.rejects(writeFile('/dev/full', 'x'), (error) => writeErrorFor('/dev/full', error).code === 'DISK_FULL');
});

test('a folder is put in place whole; when filling fails the old one stays', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'checkpoint');
  const fill = (content: string) => async (temporary: string) => {
    await writeFile(join(temporary, 'a'), content);
    await mkdir(join(temporary, 'sub'));
  };
  await writeFolderAtomic(path, fill('one'));
  await writeFolderAtomic(path, fill('two'));
  assert.equal(await readText(join(path, 'a')), 'two');
  const failure = new CyclopsError('DISK_FULL', 'full');
  await assert.rejects(
    writeFolderAtomic(path, async (temporary) => {
      await writeFile(join(temporary, 'a'), 'half');
      throw failure;
    }),
    (error) => error === failure,
  );
  assert.equal(await readText(join(path, 'a')), 'two');
  assert.deepEqual(await readdir(folder), ['checkpoint']);
});

test('a crash between the two renames is healed', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'checkpoint');
  await writeFolderAtomic(path, (temporary) => writeFile(join(temporary, 'a'), 'kept'));
  await rename(path, `${path}.previous`);
  await recoverFolder(path);
  assert.equal(await readFile(join(path, 'a'), 'utf8'), 'kept');
  await recoverFolder(path);
  await rm(path, { recursive: true });
});

test('what dead processes left half filled is removed; what a living one fills is not', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'checkpoint');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  await mkdir(join(folder, `checkpoint.tmp-${dead}-0123abcd/network`), { recursive: true });
  await mkdir(join(folder, `checkpoint.tmp-${process.ppid}-0123abcd`));
  await mkdir(join(folder, `other.tmp-${dead}-0123abcd`));
  await writeFolderAtomic(path, (temporary) => writeFile(join(temporary, 'a'), 'new'));
  assert.deepEqual((await readdir(folder)).sort(), [
    'checkpoint',
    `checkpoint.tmp-${process.ppid}-0123abcd`,
    `other.tmp-${dead}-0123abcd`,
  ]);
});

test('readers that heal a folder while it is exchanged disturb neither side', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'checkpoint');
  await writeFolderAtomic(path, (temporary) => writeFile(join(temporary, 'a'), 'first'));
  let isWriting = true;
  const reading = (async () => {
    while (isWriting) {
      await recoverFolder(path);
      await setImmediate();
    }
  })();
  for (let round = 0; round < 100; round++) {
    await writeFolderAtomic(path, (temporary) => writeFile(join(temporary, 'a'), String(round)));
  }
  isWriting = false;
  await reading;
  assert.equal(await readText(join(path, 'a')), '99');
});

test('reading tells missing, unreadable and oversized files apart', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  await writeFile(path, 'twelve bytes');
  assert.equal((await readBytes(path, 12)).length, 12);
  await assert.rejects(
    readBytes(path, 11),
    (error) => isCyclopsError(error, 'FILE_TOO_LARGE') && error.message.includes(path),
  );
  await assert.rejects(readBytes(join(folder, 'gone')), (error) => isCyclopsError(error, 'FILE_MISSING'));
  await assert.rejects(readBytes(folder), (error) => isCyclopsError(error, 'FILE_UNREADABLE'));
});
