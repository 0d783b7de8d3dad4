import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { encodePng } from '../../../../src/image/codec.js';
import { probeSource } from '../../../../src/runtime/capture/probe.js';
import { sourceSchema } from '../../../../src/runtime/capture/sources/index.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const probe = (path: string) => probeSource(sourceSchema.parse({ kind: 'images', path }));

test('images come in natural order; hidden files and what macOS leaves beside them are none', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await encodePng({ width: 32, height: 16, data: new Uint8Array(32 * 16 * 3) });
  const names = ['frame10.png', 'frame2.png', 'frame1.JPG', 'frame02.png', 'a9b10.jpeg', 'a9b9.jpeg', 'zebra.png'];
  for (const name of names) await writeFile(join(folder, name), image);
  // AppleDouble files: named like images, but they are not.
  for (const name of ['._a9b9.jpeg', '._frame1.png', '.hidden.png', 'notes.txt']) {
    await writeFile(join(folder, name), 'x');
  }
  const { paths, width, height } = await probe(folder);
  assert.deepEqual(
    paths!.map((path) => basename(path)),
    [...['a9b9.jpeg', 'a9b10.jpeg', 'frame1.JPG', 'frame02.png', 'frame2.png', 'frame10.png', 'zebra.png']],
  );
  assert.deepEqual([width, height], [32, 16]);
});

test('a folder that is not there, is no folder, or has no images: each says so', async (t) => {
  const folder = await temporaryFolder(t);
  const missing = join(folder, 'frames');
  await assert.rejects(probe(missing), { code: 'FILE_MISSING', message: `${missing}: no such folder` });
  const file = join(folder, 'a.png');
  await writeFile(file, 'x');
  await assert.rejects(probe(file), { code: 'FILE_UNREADABLE', message: `${file}: not a folder` });
  const empty = join(folder, 'empty');
  await mkdir(empty);
  await writeFile(join(empty, '._a.png'), 'x');
  await assert.rejects(probe(empty), {
    code: 'DATA_EMPTY',
    message: `${empty}: expected PNG or JPEG images, found 1 other files`,
  });
});
