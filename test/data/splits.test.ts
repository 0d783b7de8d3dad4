import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import type { PairFiles } from '../../src/data/sources/layout.js';
import { parseSplitLine, selectBySplit } from '../../src/data/splits.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('every published form of a line names the left image', () => {
  const drive = '2011_09_26/2011_09_26_drive_0002_sync';
  const cases: readonly [line: string, name: string | undefined][] = [
    [`${drive} 69 r`, `${drive}/image_02/data/0000000069`],
    [`${drive} 0000000069 l\r`, `${drive}/image_02/data/0000000069`],
    [
      `${drive}/image_02/data/0000000069.png ${drive}/image_03/data/0000000069.png`,
      `${drive}/image_02/data/0000000069`,
    ],
    ['TEST/C/0134/left/0008.png TEST/C/0134/right/0008.png', 'TEST/C/0134/left/0008'],
    ['image 17', 'image/0000000017'],
    ['000046_10', '000046_10'],
    ['  ', undefined],
  ];
  for (const [line, name] of cases) assert.equal(parseSplitLine(line), name, line);
});

test('a name that two images have is refused, with the line', async (t) => {
  const folder = await temporaryFolder(t);
  const pair = (id: string, left: string): PairFiles => ({
    id,
    left,
    cameraFiles: [],
    truthFiles: [],
    readCamera: () => assert.fail(),
    readTruth: () => assert.fail(),
  });
  const pairs = [pair('a', '/data/A/left/1.png'), pair('b', '/data/B/left/1.png')];
  const list = join(folder, 'list.txt');
  await writeFile(list, 'B/left/1.png\na\nC/left/1.png\n');
  const { pairs: chosen, missing } = await selectBySplit(pairs, list, '/data');
  assert.deepEqual([chosen.map(({ id }) => id), missing], [['b', 'a'], ['C/left/1']]);
  await writeFile(list, 'a\nleft/1.png\n');
  await assert.rejects(
    selectBySplit(pairs, list, '/data'),
    (error) => isCyclopsError(error, 'DATA_INVALID') && /list\.txt:2 "left\/1"/.test(error.message),
  );
});

test('the published lists of one split name the same frames', skipWithout('splits'), async () => {
  const namesIn = async (file: string): Promise<string[]> =>
    (await readFile(join(sharedData('splits')!, file), 'utf8'))
      .split('\n')
      .map(parseSplitLine)
      .filter((name) => name !== undefined);
  const monodepth2 = await namesIn('eigen/test_files.txt');
  assert.equal(monodepth2.length, 697);
  assert.deepEqual(await namesIn('guo_eccv18/eigen_test_list.txt'), monodepth2);
  const sides = await namesIn('eigen_full/train_files.txt');
  assert.deepEqual([sides.length, new Set(sides).size], [45_200, 22_600]);
  const improved = new Set(await namesIn('eigen_benchmark/test_files.txt'));
  assert.deepEqual([improved.size, monodepth2.filter((name) => improved.has(name)).length], [652, 652]);
});
