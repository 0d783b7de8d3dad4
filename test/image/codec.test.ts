import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { decodeRgb, encodeJpeg, encodePng, readRgb } from '../../src/image/codec.js';
import { encodeGreyPng } from '../../src/image/png-grey.js';
import { resizeArea } from '../../src/image/resize.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinySample } from '../support/tiny-pairs.js';

const image = tinySample(3).left;

test('PNG keeps every byte', async () => {
  assert.deepEqual(await decodeRgb(await encodePng(image), 'image'), image);
});

test('JPEG of high quality stays close', async () => {
  // Smooth, because JPEG stores colour at half the size.
  const smooth = resizeArea(image, image.width * 4, image.height * 4);
  const back = await decodeRgb(await encodeJpeg(smooth, 98), 'image');
  const error = back.data.reduce((sum, value, i) => sum + Math.abs(value - smooth.data[i]!), 0) / smooth.data.length;
  assert.deepEqual([back.width, back.height], [smooth.width, smooth.height]);
  assert.ok(error < 2, `mean error ${error}`);
});

test('16-bit grey becomes three equal channels of 8 bits', async () => {
  const grey = encodeGreyPng({ width: 2, height: 1, data: Uint16Array.of(0xffff, 0x8000) });
  assert.deepEqual([...(await decodeRgb(grey, 'grey')).data], [255, 255, 255, 128, 128, 128]);
});

test('the four channels of Scene Flow become three', skipWithout('sceneflow'), async () => {
  const path = `${sharedData('sceneflow')}/flyingthings3d/frames_cleanpass/TRAIN/A/0032/left/0006.png`;
  const { width, height, data } = await readRgb(path);
  assert.deepEqual([width, height, data.length], [960, 540, 960 * 540 * 3]);
});

test('unreadable files are refused by name', async (t) => {
  const folder = await temporaryFolder(t);
  const png = await encodePng(image);
  const jpeg = await encodeJpeg(image, 90);
  const cases: readonly [name: string, bytes: Uint8Array][] = [
    ['empty.png', new Uint8Array()],
    ['text.png', new TextEncoder().encode('<html>404</html>')],
    ['truncated.png', png.subarray(0, png.length >> 1)],
    ['truncated.jpg', jpeg.subarray(0, jpeg.length >> 1)],
    ['head-only.png', png.subarray(0, 33)],
  ];
  for (const [name, bytes] of cases) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    await assert.rejects(
      readRgb(path),
      (error) => isCyclopsError(error, 'IMAGE_INVALID') && error.message.includes(path),
      name,
    );
  }
  await assert.rejects(readRgb(join(folder, 'gone.png')), (error) => isCyclopsError(error, 'FILE_MISSING'));
});

test('an image that claims an absurd size is refused before it is decoded', async () => {
  const png = Buffer.from(await encodePng(image));
  png.writeUInt32BE(60_000, 16);
  png.writeUInt32BE(60_000, 20);
  await assert.rejects(decodeRgb(png, 'bomb.png'), (error) => isCyclopsError(error, 'IMAGE_INVALID'));
});
