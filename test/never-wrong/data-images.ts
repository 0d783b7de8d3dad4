import { join } from 'node:path';
import { checkData } from '../../src/data/check.js';
import { openSource } from '../../src/data/sources/index.js';
import { layouts } from '../../src/data/sources/layouts/index.js';
import { detectLayout } from '../../src/data/sources/parse-spec.js';
import { kittiCamera, scaleIntrinsics } from '../../src/geometry/camera.js';
import { encodeJpeg } from '../../src/image/codec.js';
import { encodeGreyPng } from '../../src/image/png-grey.js';
import { pairsOfOtherShape } from '../../src/train/run/other-shapes.js';
import { tinyCamera, tinySample, writeTinyFolder } from '../support/tiny-pairs.js';
import type { Case } from './cases.js';
import { cameraOf, damageOf, idsOf, plain, put } from './data-folders.js';

const kind = 'folders and images of data';

/** The first pixel of a tiny pair whose left image was replaced. */
async function firstPixel(folder: string, image: Uint8Array, ending: 'png' | 'jpg'): Promise<string> {
  for (const view of ['image_2', 'image_3']) await put(join(folder, 'training', view, `a.${ending}`), image);
  await put(join(folder, 'cameras.json'), JSON.stringify({ a: tinyCamera }));
  const { left } = await (await openSource({ kind: 'kitti-2015', folder })).readView!(0);
  return [...left.data.subarray(0, 3)].join(' ');
}

/** A grey 16-bit image of one value. */
function grey16(value: number): Uint8Array {
  return encodeGreyPng({ width: 96, height: 48, data: new Uint16Array(96 * 48).fill(value) });
}

/** A JPEG with an EXIF orientation: a block of one entry after the start marker. */
async function turned(orientation: number): Promise<Uint8Array> {
  const jpeg = await encodeJpeg(tinySample(0).left);
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [...Buffer.from('Exif\0\0'), ...tiff];
  const block = Uint8Array.of(0xff, 0xe1, 0, body.length + 2, ...body);
  return Buffer.concat([jpeg.subarray(0, 2), block, jpeg.subarray(2)]);
}

/** Cases of folders and images. */
export const imageCases: readonly Case[] = [
  {
    kind,
    situation: 'files that macOS leaves beside images (`._a.png`)',
    expected: '2 pairs',
    run: async (folder) => {
      await writeTinyFolder(folder, 2);
      for (const name of ['image_2/._000000_10.png', 'image_3/._000001_10.png', 'disp_occ_0/.DS_Store.png']) {
        await put(join(folder, 'training', name), 'Mac OS X');
      }
      return damageOf({ kind: 'kitti-2015', folder });
    },
  },
  {
    kind,
    situation: 'hidden folders are no sequences, and no layout',
    expected: 'kitti-odometry: 00_000000',
    run: async (folder) => {
      for (const place of ['sequences/00', 'sequences/.Trash-0', '.cache/leftImg8bit', '.old/left']) {
        await put(join(folder, place, 'image_0/000000.png'), '');
      }
      return `${detectLayout(folder)}: ${await idsOf({ kind: 'kitti-odometry', folder })}`;
    },
  },
  {
    kind,
    situation: 'frame2 comes before frame10, drive 9 before drive 10',
    expected: '9_frame1 9_frame2 9_frame10 10_frame03 10_frame4 10_frame20',
    run: async (folder) => {
      for (const path of ['10/image_0/frame20', '10/image_0/frame4', '10/image_0/frame03']) {
        await put(join(folder, 'sequences', `${path}.png`), '');
      }
      for (const frame of ['frame10', 'frame2', 'frame1']) {
        await put(join(folder, `sequences/9/image_0/${frame}.png`), '');
      }
      return idsOf({ kind: 'kitti-odometry', folder });
    },
  },
  {
    kind,
    situation: 'a 10-bit grey camera in 16 bits',
    expected:
      'IMAGE_INVALID: DIR/training/image_2/a.png: expected 8 bits a channel, or 16 that are used, found values up to 1000 in 16 bits, as a camera of 10 bits gives them; write 8 bits a channel (value / 4)',
    run: async (folder) => firstPixel(folder, grey16(1000), 'png'),
  },
  {
    kind,
    situation: 'a 12-bit grey camera in 16 bits',
    expected:
      'IMAGE_INVALID: DIR/training/image_2/a.png: expected 8 bits a channel, or 16 that are used, found values up to 4000 in 16 bits, as a camera of 12 bits gives them; write 8 bits a channel (value / 16)',
    run: async (folder) => firstPixel(folder, grey16(4000), 'png'),
  },
  {
    kind,
    situation: 'grey of 16 bits that are used',
    expected: '128 128 128',
    run: async (folder) => firstPixel(folder, grey16(0x8040), 'png'),
  },
  {
    kind,
    situation: 'EXIF says that the image lies on its side',
    expected:
      'IMAGE_INVALID: DIR/training/image_2/a.jpg: expected an upright image, found EXIF orientation 6; the calibration holds for the stored pixels: turn the image files and their calibration, and remove the tag',
    run: async (folder) => firstPixel(folder, await turned(6), 'jpg'),
  },
  {
    kind,
    situation: 'EXIF says that the image is mirrored',
    expected:
      'IMAGE_INVALID: DIR/training/image_2/a.jpg: expected an upright image, found EXIF orientation 2; the calibration holds for the stored pixels: turn the image files and their calibration, and remove the tag',
    run: async (folder) => firstPixel(folder, await turned(2), 'jpg'),
  },
  {
    kind,
    situation: 'EXIF says that the image is upright',
    expected: 'the same pixel',
    run: async (folder) => {
      const plainPixel = await firstPixel(join(folder, 'a'), await encodeJpeg(tinySample(0).left), 'jpg');
      const found = await firstPixel(join(folder, 'b'), await turned(1), 'jpg');
      return found === plainPixel ? 'the same pixel' : `${found} for ${plainPixel}`;
    },
  },
  {
    kind,
    situation: 'images of another shape than their camera',
    expected: 'IMAGE_SIZE_MISMATCH: DIR/training/image_2/a.png: expected 96x48 as its calibration says, found 64x64',
    run: async (folder) => firstPixel(folder, await plain(64, 64), 'png'),
  },
  {
    kind,
    situation: 'pairs of several shapes, each with its own camera: counted by size',
    expected: '96x48: 2, 64x64: 1',
    run: async (folder) => {
      await writeTinyFolder(folder, 2);
      for (const view of ['image_2', 'image_3']) {
        await put(join(folder, 'training', view, '000002_10.png'), await plain(64, 64));
      }
      const other = { ...tinyCamera, width: 64, height: 64 };
      const cameras = { '000000_10': tinyCamera, '000001_10': tinyCamera, '000002_10': other };
      await put(join(folder, 'cameras.json'), JSON.stringify(cameras));
      const { check } = await checkData({ kind: 'kitti-2015', folder }, layouts['kitti-2015'], { onSheet: 0 });
      return check.sizes.map(({ width, height, pairs }) => `${width}x${height}: ${pairs}`).join(', ');
    },
  },
  {
    kind,
    situation: 'training on images of another shape than the first: counted, not squeezed without a word',
    expected: 'c',
    run: async () => {
      const size = { width: 512, height: 160 };
      const cameras = [
        { width: 1242, height: 375 },
        { width: 1226, height: 370 },
        { width: 960, height: 540 },
      ].map((stored) => scaleIntrinsics({ ...kittiCamera, ...stored }, size.width, size.height));
      return pairsOfOtherShape({ ids: ['a', 'b', 'c'], cameras }, cameras[0]!).join(' ');
    },
  },
  {
    kind,
    situation: 'a right view of another size',
    expected:
      'IMAGE_SIZE_MISMATCH: DIR/training/image_3/000000_10.png: expected 96x48 like DIR/training/image_2/000000_10.png, found 64x48',
    run: async (folder) => {
      await writeTinyFolder(folder, 1);
      await put(join(folder, 'training/image_3/000000_10.png'), await plain(64, 48));
      return cameraOf({ kind: 'kitti-2015', folder });
    },
  },
];
