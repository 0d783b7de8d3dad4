import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/base/random.js';
import type { FloatMap, RgbImage } from '../../src/geometry/raster.js';
import { createFloatMap, createRgbImage } from '../../src/geometry/raster.js';
import type { Region } from '../../src/image/resize.js';
import {
  resizeArea,
  resizeBilinear,
  resizeDisparity,
  resizeMapBilinear,
  resizeMaskNearest,
  scatterDisparity,
} from '../../src/image/resize.js';

const random = Random.fromSeed(5);

function noise(width: number, height: number): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

/** Mean of the image over a box with fractional borders, one pixel after the other. */
function boxMean(image: RgbImage, x0: number, x1: number, y0: number, y1: number, channel: number): number {
  let sum = 0;
  for (let y = 0; y < image.height; y++) {
    const high = Math.max(0, Math.min(y1, y + 1) - Math.max(y0, y));
    for (let x = 0; x < image.width; x++) {
      const wide = Math.max(0, Math.min(x1, x + 1) - Math.max(x0, x));
      sum += wide * high * image.data[(y * image.width + x) * 3 + channel]!;
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

const areaCases: readonly [from: [number, number], to: [number, number], region?: Region][] = [
  [
    [40, 30],
    [20, 10],
  ],
  [
    [41, 23],
    [17, 9],
  ],
  [
    [50, 20],
    [50, 7],
  ],
  [[64, 48], [13, 11], { x: 7, y: 3, width: 40, height: 30 }],
  [
    [9, 9],
    [1, 1],
  ],
];

for (const [[width, height], [outWidth, outHeight], region] of areaCases) {
  test(`area resize of ${width}x${height} to ${outWidth}x${outHeight}${region === undefined ? '' : ', a region'} is the box mean`, () => {
    const image = noise(width, height);
    const { x, y, width: w, height: h } = region ?? { x: 0, y: 0, width, height };
    const out = resizeArea(image, outWidth, outHeight, region);
    for (let row = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++) {
        for (let channel = 0; channel < 3; channel++) {
          const expected = boxMean(
            image,
            x + (column * w) / outWidth,
            x + ((column + 1) * w) / outWidth,
            y + (row * h) / outHeight,
            y + ((row + 1) * h) / outHeight,
            channel,
          );
          const found = out.data[(row * outWidth + column) * 3 + channel]!;
          assert.ok(Math.abs(found - expected) <= 0.501, `(${column}, ${row}): expected ${expected}, found ${found}`);
        }
      }
    }
  });
}

test('white stays white and equal size changes nothing', () => {
  const white = { width: 37, height: 21, data: new Uint8Array(37 * 21 * 3).fill(255) };
  assert.ok(resizeArea(white, 16, 5).data.every((value) => value === 255));
  assert.ok(resizeArea(white, 80, 50).data.every((value) => value === 255));
  const image = noise(12, 8);
  assert.deepEqual(resizeArea(image, 12, 8), image);
  assert.deepEqual(resizeBilinear(image, 12, 8), image);
});

test('bilinear resize follows the half-pixel rule', () => {
  const ramp = createRgbImage(4, 1);
  ramp.data.set([0, 0, 0, 40, 40, 40, 80, 80, 80, 120, 120, 120]);
  const out = resizeBilinear(ramp, 8, 1).data.filter((_, i) => i % 3 === 0);
  // Centres (i + 0.5) / 2 - 0.5 = -0.25, 0.25, 0.75, …, the first and last held at the border.
  assert.deepEqual([...out], [0, 10, 30, 50, 70, 90, 110, 120]);
});

test('nearest resize takes the pixel under the centre', () => {
  const mask = { width: 4, height: 1, data: Uint8Array.of(1, 0, 0, 1) };
  assert.deepEqual([...resizeMaskNearest(mask, 8, 1).data], [1, 1, 0, 0, 0, 0, 1, 1]);
});

test('disparity of a plane stays that plane, in px of the new width', () => {
  const width = 120;
  const plane = createFloatMap(width, 40);
  // Slope small enough that neighbours are one surface; disparity at pixel centre x.
  for (let i = 0; i < plane.data.length; i++) plane.data[i] = 5 + 0.1 * (i % width) + 0.05 * Math.floor(i / width);
  const out = resizeDisparity(plane, 48, 25);
  for (let y = 1; y < 24; y++) {
    for (let x = 1; x < 47; x++) {
      const sourceX = ((x + 0.5) * width) / 48 - 0.5;
      const sourceY = ((y + 0.5) * 40) / 25 - 0.5;
      const expected = (5 + 0.1 * sourceX + 0.05 * sourceY) * (48 / width);
      assert.ok(Math.abs(out.data[y * 48 + x]! - expected) < 1e-4);
    }
  }
});

test('disparity never invents a surface at an edge, and unknown does not spread', () => {
  const map = createFloatMap(30, 6, 4);
  for (let y = 0; y < 6; y++) for (let x = 11; x < 20; x++) map.data[y * 30 + x] = 20;
  map.data[3 * 30 + 25] = Number.NaN;
  const out = resizeDisparity(map, 45, 9);
  const scaled = [...out.data].filter((d) => !Number.isNaN(d)).map((d) => Math.round((d / 1.5) * 1e4) / 1e4);
  assert.deepEqual(
    [...new Set(scaled)].sort((a, b) => a - b),
    [4, 20],
  );
  const unknown = out.data.filter(Number.isNaN).length;
  assert.ok(unknown >= 1 && unknown <= 4, `${unknown} unknown of one unknown pixel at 1.5 times the size`);
});

test('plain linear resize of a map keeps values and marks what touches an unknown', () => {
  const map: FloatMap = { width: 3, height: 1, data: Float32Array.of(1, 2, Number.NaN) };
  const out = [...resizeMapBilinear(map, 6, 1).data];
  assert.deepEqual(out.slice(0, 3), [1, 1.25, 1.75]);
  assert.ok(out.slice(3).every(Number.isNaN));
});

test('sparse disparity is scattered to floor(x * ratio), the nearest surface winning', () => {
  const map = createFloatMap(10, 4, Number.NaN);
  map.data[0] = 8; // (0, 0) -> (0, 0)
  map.data[1] = 12; // (1, 0) -> (0, 0) too: nearer, wins
  map.data[3 * 10 + 9] = 6; // (9, 3) -> (4, 1)
  const out = scatterDisparity(map, 5, 2);
  assert.equal(out.data[0], 6);
  assert.equal(out.data[1 * 5 + 4], 3);
  assert.equal(out.data.filter((d) => !Number.isNaN(d)).length, 2);
  const part = scatterDisparity(map, 2, 2, { x: 8, y: 2, width: 2, height: 2 });
  assert.deepEqual(
    [...part.data].map((d) => (Number.isNaN(d) ? 0 : d)),
    [0, 0, 0, 6],
  );
});
