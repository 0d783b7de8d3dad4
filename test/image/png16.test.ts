import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { isCyclopsError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import type { FloatMap } from '../../src/geometry/raster.js';
import { createRgbImage } from '../../src/geometry/raster.js';
import { decodeRgb, encodePng } from '../../src/image/codec.js';
import { decodeGreyPng, encodeGreyPng } from '../../src/image/png-grey.js';
import {
  decodeMaskPng,
  decodePng16,
  decodeSharePng,
  encodeMaskPng,
  encodePng16,
  encodeSharePng,
  readPng16,
} from '../../src/image/png16.js';
import { sharedData, skipWithout } from '../support/shared-data.js';

const random = Random.fromSeed(1);

test('16-bit values survive bit for bit, and 0 stands for unknown only', () => {
  const data = Float32Array.from({ length: 61 * 7 }, (_, i) =>
    i % 5 === 0 ? Number.NaN : random.integer(65535) / 256,
  );
  data[1] = 65535 / 256;
  data[2] = 1 / 256;
  data[3] = Number.NaN;
  const map = { width: 61, height: 7, data: data.map((d) => (d === 0 ? 1 : d)) };
  assert.deepEqual(decodePng16(encodePng16(map), 'map').data, map.data);
});

test('known values never become unknown: tiny ones round up to one step, large ones saturate', () => {
  const map: FloatMap = { width: 4, height: 1, data: Float32Array.of(0.0001, 400, Number.POSITIVE_INFINITY, -3) };
  assert.deepEqual([...decodePng16(encodePng16(map), 'map').data], [1 / 256, 65535 / 256, Number.NaN, Number.NaN]);
});

test('our PNG is read alike by the image library', async () => {
  const grey = { width: 33, height: 9, data: Uint8Array.from({ length: 33 * 9 }, () => random.integer(256)) };
  const decoded = await decodeRgb(encodeGreyPng(grey), 'grey');
  assert.deepEqual(
    decoded.data.filter((_, i) => i % 3 === 0),
    grey.data,
  );
  assert.deepEqual(
    decoded.data.filter((_, i) => i % 3 === 2),
    grey.data,
  );
});

test('all five row filters of PNG are undone', () => {
  const width = 19;
  const samples = Array.from({ length: 5 }, () => Array.from({ length: width * 2 }, () => random.integer(256)));
  // Straight from the specification: filtered = raw - predictor(left, up, up-left), all modulo 256, 2 bytes a pixel.
  const rows = samples.map((row, y) => {
    const at = (r: number, i: number): number => (r < 0 || i < 0 ? 0 : samples[r]![i]!);
    return [
      y,
      ...row.map((raw, i) => {
        const [a, b, c] = [at(y, i - 2), at(y - 1, i), at(y - 1, i - 2)];
        const p = a + b - c;
        const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
        const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        const predictor = [0, a, b, Math.floor((a + b) / 2), paeth][y]!;
        return (raw - predictor + 256) % 256;
      }),
    ];
  });
  const values = Uint16Array.from(
    samples.flatMap((row) => row.filter((_, i) => i % 2 === 0).map((high, i) => high * 256 + row[2 * i + 1]!)),
  );
  const png = withPixels(encodeGreyPng({ width, height: 5, data: values }), deflateSync(Uint8Array.from(rows.flat())));
  assert.deepEqual(decodeGreyPng(png, 'filters').data, values);
});

test(
  'a real KITTI disparity map is as dense and as large as its documentation says',
  skipWithout('kitti2015'),
  async () => {
    const map = await readPng16(`${sharedData('kitti2015')}/training/disp_noc_0/000001_10.png`);
    const known = map.data.filter((d) => !Number.isNaN(d));
    const share = known.length / map.data.length;
    assert.deepEqual([map.width, map.height], [1242, 375]);
    assert.ok(share > 0.1 && share < 0.3, `known share ${share}`);
    assert.ok(Math.max(...known.subarray(0, 50_000)) <= 102.1);
  },
);

test('masks and shares keep their meaning', () => {
  const mask = { width: 3, height: 2, data: Uint8Array.of(1, 0, 1, 1, 0, 0) };
  assert.deepEqual(decodeMaskPng(encodeMaskPng(mask), 'mask'), mask);
  const share = { width: 4, height: 1, data: Float32Array.of(0, 1, 0.5, 7) };
  const back = decodeSharePng(encodeSharePng(share), 'share');
  for (const [i, expected] of [0, 1, 0.5, 1].entries()) assert.ok(Math.abs(back.data[i]! - expected) < 1 / 255);
});

test('damaged files are refused by name', async (t) => {
  const good = encodePng16({
    width: 40,
    height: 30,
    data: Float32Array.from({ length: 1200 }, () => random.uniform(1, 90)),
  });
  const flipped = good.slice();
  flipped[80]! ^= 1;
  const wrongSize = good.slice();
  const cases: readonly [name: string, bytes: Uint8Array, expected: RegExp][] = [
    ['empty', new Uint8Array(), /PNG signature/],
    ['a text', new TextEncoder().encode('not an image at all'), /PNG signature/],
    ['cut off', good.subarray(0, good.length - 200), /ends early/],
    ['only the signature', good.subarray(0, 8), /ends early/],
    ['one bit flipped', flipped, /checksum of chunk/],
    ['too few rows', withPixels(wrongSize, deflateSync(new Uint8Array(81 * 3))), /expected 2430 bytes/],
    ['more pixels than promised', withPixels(wrongSize, deflateSync(new Uint8Array(1 << 22))), /damaged|expected 2430/],
    ['an unknown filter', withPixels(wrongSize, deflateSync(new Uint8Array(81 * 30).fill(9))), /row filter/],
    ['8 bits', encodeGreyPng({ width: 2, height: 2, data: new Uint8Array(4) }), /expected 16 bits a pixel, found 8/],
    ['colour', await encodePng(createRgbImage(4, 4)), /expected a grey PNG/],
  ];
  for (const [name, bytes, expected] of cases) {
    await t.test(name, () => {
      assert.throws(
        () => decodePng16(bytes, 'some/file.png'),
        (error) =>
          isCyclopsError(error, 'IMAGE_INVALID') &&
          error.message.startsWith('some/file.png') &&
          expected.test(error.message),
      );
    });
  }
});

/** The same PNG with other compressed pixels: the chunk is rebuilt by the encoder's own arithmetic, checksum included. */
function withPixels(png: Uint8Array, body: Uint8Array): Uint8Array {
  const at = Buffer.from(png).indexOf('IDAT') - 4;
  const chunk = Buffer.alloc(body.length + 12);
  chunk.writeUInt32BE(body.length);
  chunk.write('IDAT', 4, 'latin1');
  chunk.set(body, 8);
  chunk.writeUInt32BE(slowCrc(chunk.subarray(4, body.length + 8)), body.length + 8);
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(png.length - 12)]);
}

/** CRC-32 a bit at a time, as in the definition. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
