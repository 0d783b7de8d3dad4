import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FloatMap } from '../../../../src/geometry/raster.js';
import { createFloatMap, createRgbImage } from '../../../../src/geometry/raster.js';
import { colorizeDepth } from '../../../../src/image/colormap.js';
import {
  colorRange,
  colorTable,
  createComposer,
  lookUpColors,
  rgbFrom,
} from '../../../../src/runtime/outputs/video/compose.js';

const range = { minM: 2, maxM: 80 };

test('the table gives the colours of the colour map, to one step of it', () => {
  const depth = createFloatMap(2000, 1);
  for (let i = 0; i < 2000; i++) depth.data[i] = 1 * 1.0025 ** i;
  const fast = createRgbImage(2000, 1);
  lookUpColors(depth, colorTable(range, 1), fast);
  const [nearer, exact, farther] = [0.99, 1, 1.01].map(
    (factor) => colorizeDepth({ ...depth, data: depth.data.map((metres) => metres * factor) }, range).data,
  );
  for (const [index, value] of fast.data.entries()) {
    const neighbours = [nearer![index]!, exact![index]!, farther![index]!];
    assert.ok(value >= Math.min(...neighbours) && value <= Math.max(...neighbours), `depth ${depth.data[index]}`);
  }
});

test('unknown, negative and infinite depths have the colours of the colour map exactly', () => {
  const depth: FloatMap = {
    width: 4,
    height: 1,
    data: Float32Array.of(Number.NaN, -3, 0, Number.POSITIVE_INFINITY),
  };
  const fast = createRgbImage(4, 1);
  lookUpColors(depth, colorTable(range, 1), fast);
  assert.deepEqual(fast.data, colorizeDepth(depth, range).data);
});

test('the depth factor is part of the table', () => {
  const network = createFloatMap(1, 1, 10);
  const scaled = createRgbImage(1, 1);
  lookUpColors(network, colorTable(range, 2), scaled);
  const plain = createRgbImage(1, 1);
  lookUpColors(createFloatMap(1, 1, 20), colorTable(range, 1), plain);
  assert.deepEqual(scaled.data, plain.data);
});

test('all pixel formats become the same image', () => {
  const rgb = rgbFrom({ width: 2, height: 1, format: 'RGB', data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  const rgba = rgbFrom({ width: 2, height: 1, format: 'RGBA', data: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) });
  const bgrx = rgbFrom({ width: 2, height: 1, format: 'BGRx', data: Uint8Array.of(3, 2, 1, 0, 6, 5, 4, 0) });
  assert.deepEqual(rgba, rgb);
  assert.deepEqual(bgrx, rgb);
});

test('colours end at 80 m on a road, and keep the range of an indoor model', () => {
  assert.deepEqual(colorRange(0.5, 200), { minM: 2, maxM: 80 });
  assert.deepEqual(colorRange(1, 10), { minM: 1, maxM: 10 });
  assert.deepEqual(colorRange(100, 150), { minM: 100, maxM: 150 });
});

test('small images are enlarged so that the words fit, and sizes are even', () => {
  const small = createComposer({ width: 160, height: 51, range, depthFactor: 1 });
  assert.equal(small.width, 2 * 640 + 4);
  assert.equal(small.height % 2, 0);
  const image = createRgbImage(160, 51);
  image.data.fill(200);
  const composed = small.compose({ ...image, format: 'RGB' }, createFloatMap(160, 51, 10), 'frame 1');
  assert.equal(composed.data[(100 * composed.width + 320) * 3], 200, 'the camera image fills the left panel');
  assert.equal(composed.data.length, composed.width * composed.height * 3);
});
