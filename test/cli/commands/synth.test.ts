import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSource } from '../../../src/data/sources/index.js';
import { renderPair } from '../../../src/data/synthetic/render-pair.js';
import { readRgb } from '../../../src/image/codec.js';
import { type CommandResult, cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const synth = (...args: readonly string[]): Promise<CommandResult> => cyclops(['synth', ...args]);

async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const common = ['--domain', 'street', '--count', '4', '--seed', '9', '--size', '128x48', '--frames-per-scene', '2'];

test('a data set on two threads: layout, truth, poses; one thread writes the same bytes; a lost file comes back', async (t) => {
  const folder = await temporaryFolder(t);
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  const result = await synth(...common, '-o', two, '--workers', '2', '--json', '--preview', join(folder, 'sheet.png'));
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(JSON.parse(result.stdout.split('\n')[0]!), { status: 'finished', written: 4, skipped: 0, total: 4 });
  assert.ok((await readRgb(join(folder, 'sheet.png'))).width > 400);

  const files = await filesBelow(two);
  assert.ok(files.includes('cameras.json') && files.includes('poses/street-000001.txt'));
  assert.equal(files.filter((name) => name.startsWith('training/')).length, 4 * 6);
  assert.equal((await readFile(join(two, 'poses/street-000000.txt'), 'utf8')).trim().split('\n').length, 2);

  const source = await openSource({ kind: 'kitti-2015', folder: two });
  assert.equal(source.length, 4);
  const read = await source.read(3);
  const rendered = renderPair({ domain: 'street', seed: 9, scene: 1, frame: 1, width: 128, height: 48 });
  assert.equal(read.id, rendered.id);
  assert.deepEqual(read.camera, rendered.camera);
  assert.deepEqual(read.left.data, rendered.left.data);
  assert.ok(read.disparityRight!.data.every((d, i) => Math.abs(d - rendered.disparityRight.data[i]!) <= 1 / 256));
  assert.deepEqual([...read.visibleLeft!.data], [...rendered.visibleLeft.data]);

  assert.equal((await synth(...common, '-o', one, '--workers', '1')).code, 0);
  for (const name of files) {
    if (name === 'synth.json') continue;
    assert.deepEqual(await readFile(join(one, name)), await readFile(join(two, name)), name);
  }

  const lost = join(two, 'training/disp_noc_0/street-000000-0001.png');
  const kept = join(two, 'training/image_2/street-000000-0000.png');
  const before = (await stat(kept)).mtimeMs;
  await rm(lost);
  const again = await synth(...common, '-o', two, '--json');
  assert.deepEqual(JSON.parse(again.stdout), { status: 'finished', written: 1, skipped: 3, total: 4 });
  assert.ok(existsSync(lost));
  assert.equal((await stat(kept)).mtimeMs, before);

  const fewer = await synth(...common.map((word) => (word === '4' ? '3' : word)), '-o', two, '--json');
  assert.deepEqual(JSON.parse(fewer.stdout), { status: 'finished', written: 0, skipped: 3, total: 3 });
  assert.equal((await (await openSource({ kind: 'kitti-2015', folder: two })).read(3)).id, read.id);

  const other = await synth(...common.map((word) => (word === '9' ? '10' : word)), '-o', two);
  assert.equal(other.code, 3);
  assert.match(other.stderr, /expected the same settings/);
});

test('a drive in JPEG', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stderr } = await synth(
    '--domain',
    'street',
    '--count',
    '3',
    '--drive',
    '--scene',
    '2',
    '--jpeg',
    '--size',
    '128x48',
    '-o',
    folder,
  );
  assert.equal(code, 0, stderr);
  const names = await readdir(join(folder, 'training/image_3'));
  assert.deepEqual(
    names.sort(),
    [0, 1, 2].map((frame) => `street-000002-000${frame}.jpg`),
  );
  assert.equal((await readFile(join(folder, 'poses/street-000002.txt'), 'utf8')).trim().split('\n').length, 3);
});

test('bad options are refused with what was expected', async () => {
  for (const [args, expected] of [
    [['--count', '1', '-o', '/tmp/x'], /--domain: expected/],
    [['--domain', 'town', '-o', '/tmp/x'], /expected one of street, flying, found "town"/],
    [['--domain', 'street'], /expected --output DIR, --preview FILE/],
    [['--domain', 'street', '--count', '0', '-o', '/tmp/x'], /--count: expected a number from 1/],
    [['--domain', 'street', '--size', '1242', '-o', '/tmp/x'], /--size: expected WIDTHxHEIGHT/],
    [['--domain', 'street', '--reflective', '2', '-o', '/tmp/x'], /--reflective: expected a number from 0 to 1/],
    [['--domain', 'street', '--scene', '3', '-o', '/tmp/x'], /--scene: expected together with --drive/],
  ] as const) {
    const { code, stderr } = await synth(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
});

test('an output folder below a file ends with the reason', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  const { code, stderr } = await synth(
    '--domain',
    'flying',
    '--count',
    '1',
    '--size',
    '64x32',
    '-o',
    join(file, 'data'),
  );
  assert.equal(code, 3);
  assert.match(stderr, /file\/data\/synth\.json: cannot be read: ENOTDIR/);
});
