import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSourceSpec } from '../../src/data/sources/parse-spec.js';
import { writeTinyFolder } from '../support/tiny-pairs.js';
import type { Case } from './cases.js';
import { damageOf, idsOf, put } from './data-folders.js';

const kind = 'lists of samples';

/** The ids that a list takes of three tiny pairs, whose names are `DIR/kitti/training/image_2/000000_10.png` and so on. */
function listing(content: string | Uint8Array, name = 'list.txt') {
  return async (folder: string): Promise<string> => {
    const data = join(folder, 'kitti');
    await writeTinyFolder(data, 3);
    await writeFile(join(folder, name), content);
    return idsOf({ kind: 'kitti-2015', folder: data, list: join(folder, name) });
  };
}

/** The ids that a list takes of two drives of KITTI raw, one frame each. */
function listingOfDrives(line: string) {
  return async (folder: string): Promise<string> => {
    for (const [drive, frame] of [
      ['0001', '0000000005'],
      ['0002', '0000000007'],
    ]) {
      await put(join(folder, `raw/2011_09_26/2011_09_26_drive_${drive}_sync/image_02/data/${frame}.png`), '');
    }
    await writeFile(join(folder, 'list.txt'), line);
    return idsOf({ kind: 'kitti-raw', folder: join(folder, 'raw'), list: join(folder, 'list.txt') });
  };
}

const utf16 = (text: string): Uint8Array => Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(text, 'utf16le')]);
const missing = (name: string, line: number, list = 'list.txt'): string =>
  `FILE_MISSING: DIR/kitti: 1 of the images that DIR/${list} names are not there, the first is ${name} (line ${line}): expected an id, or the end of the path of a left image; cyclops data check tells all`;

/** Cases of lists. */
export const listCases: readonly Case[] = [
  { kind, situation: 'ids', expected: '000002_10 000000_10', run: listing('000002_10\n000000_10\n') },
  {
    kind,
    situation: '`./` before paths',
    expected: '000001_10 000002_10',
    run: listing('./training/image_2/000001_10.png\n././image_2/./000002_10.png\n'),
  },
  {
    kind,
    situation: 'separators of Windows',
    expected: '000001_10',
    run: listing('training\\image_2\\000001_10.png training\\image_3\\000001_10.png\r\n'),
  },
  {
    kind,
    situation: 'absolute paths of another machine',
    expected: '000001_10 000000_10',
    run: listing(
      '/home/me/sets/kitti2015/training/image_2/000001_10.png\nD:\\sets\\training\\image_2\\000000_10.png\n',
    ),
  },
  {
    kind,
    situation: 'paths above the folder of the list',
    expected: '000001_10',
    run: listing('../../sets/training/image_2/000001_10.png\n'),
  },
  {
    kind,
    situation: 'an absolute path into another part of the data set, whose images are named alike',
    expected: missing('/sets/kitti2015/testing/image_2/000001_10', 1),
    run: listing('/sets/kitti2015/testing/image_2/000001_10.png\n'),
  },
  {
    kind,
    situation: 'an absolute path of a drive',
    expected: '2011_09_26_drive_0002_sync_0000000007',
    run: listingOfDrives('/x/2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000007.jpg'),
  },
  {
    kind,
    situation: "an absolute path of a frame that only another drive has: not that drive's",
    expected:
      'FILE_MISSING: DIR/raw: 1 of the images that DIR/list.txt names are not there, the first is /x/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000007 (line 1): expected an id, or the end of the path of a left image; cyclops data check tells all',
    run: listingOfDrives('/x/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000007.jpg'),
  },
  {
    kind,
    situation: 'comments and blank lines',
    expected: '000001_10 000000_10',
    run: listing('# validation\n\n000001_10 # sunny\n   \n#000002_10\n000000_10\n'),
  },
  {
    kind,
    situation: 'lines that end in CR alone',
    expected: '000001_10 000000_10',
    run: listing('000001_10\r000000_10\r'),
  },
  { kind, situation: 'CR and LF', expected: '000001_10 000000_10', run: listing('000001_10\r\n000000_10\r\n') },
  { kind, situation: 'a byte order mark', expected: '000001_10', run: listing('\ufeff000001_10\n') },
  { kind, situation: 'UTF-16, as PowerShell writes it', expected: '000001_10', run: listing(utf16('000001_10\r\n')) },
  {
    kind,
    situation: 'bytes that are no text',
    expected: 'DATA_INVALID: DIR/list.txt:2: expected a text with an image a line, found binary data',
    run: listing('000001_10\n\0\0\0'),
  },
  {
    kind,
    situation: 'an empty list',
    expected: 'DATA_EMPTY: DIR/list.txt: expected a line an image, found no name',
    run: listing(''),
  },
  {
    kind,
    situation: 'a list of comments',
    expected: 'DATA_EMPTY: DIR/list.txt: expected a line an image, found no name',
    run: listing('# 000001_10\n\n'),
  },
  {
    kind,
    situation: 'one name that the folder lacks',
    expected: missing('000009_10', 3),
    run: listing('000001_10\n# more\n000009_10\n'),
  },
  {
    kind,
    situation: 'right images',
    expected: missing('training/image_3/000001_10', 1),
    run: listing('training/image_3/000001_10.png\n'),
  },
  {
    kind,
    situation: 'a table with titles',
    expected: '000001_10 000002_10',
    run: listing(
      'right,left\nimage_3/000001_10.png,image_2/000001_10.png\nimage_3/000002_10.png,"image_2/000002_10.png"\n',
      'list.csv',
    ),
  },
  {
    kind,
    situation: 'a table without titles, with semicolons',
    expected: '000001_10',
    run: listing('image_2/000001_10.png;image_3/000001_10.png\n', 'list.csv'),
  },
  {
    kind,
    situation: "a table as pandas writes it, with the rows' numbers",
    expected: '000001_10 000002_10',
    run: listing(',image\n0,000001_10.png\n1,000002_10.png\n', 'list.csv'),
  },
  {
    kind,
    situation: 'a table of one column without a title',
    expected: '000001_10 000002_10',
    run: listing('000001_10\n000002_10\n', 'list.csv'),
  },
  {
    kind,
    situation: 'commas in a plain list',
    expected: '000001_10',
    run: listing('image_2/000001_10.png, image_3/000001_10.png\n'),
  },
  {
    kind,
    situation: 'a table without a column of images',
    expected:
      'DATA_INVALID: DIR/list.csv:1: expected a column of left images (left, image, path, file, id or name), found weather, town',
    run: listing('weather,town\nsunny,Ulm\n', 'list.csv'),
  },
  {
    kind,
    situation: 'a row without an image',
    expected: 'DATA_INVALID: DIR/list.csv:3: expected an image in column 2, found nothing',
    run: listing('weather,image\nsunny,000001_10\nrain,\n', 'list.csv'),
  },
  {
    kind,
    situation: 'a table after the folder on the command line',
    expected: 'data | a/list.csv, data | list.TXT',
    run: async () =>
      ['kitti-2015:data@a/list.csv', 'kitti-2015:data@list.TXT']
        .map((text) => parseSourceSpec(text, { width: 8, height: 8, framesPerScene: 1 }))
        .map((spec) => (spec.kind === 'synthetic' ? 'rendered' : `${spec.folder} | ${spec.list}`))
        .join(', '),
  },
  {
    kind,
    situation: 'data check with a list that names nothing is not sound',
    expected: '0 pairs\nDIR/list.txt: expected a line an image, found no name',
    run: async (folder) => {
      await writeTinyFolder(folder, 1);
      await writeFile(join(folder, 'list.txt'), '#\n');
      return damageOf({ kind: 'kitti-2015', folder, list: join(folder, 'list.txt') });
    },
  },
];
