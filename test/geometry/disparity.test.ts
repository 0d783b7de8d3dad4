import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { kittiCamera } from '../../src/geometry/camera.js';
import { depthFromDisparity, disparityForCamera, disparityFromDepth } from '../../src/geometry/disparity.js';

const map = (...values: number[]) => ({ width: values.length, height: 1, data: Float32Array.from(values) });

test('KITTI: depth is 384.38 m px over disparity; unknown stays, zero is infinitely far', () => {
  const { data } = depthFromDisparity(map(38.4381, 4, 0, Number.NaN), kittiCamera);
  assert.ok(Math.abs(data[0]! - 10) < 1e-3);
  assert.ok(Math.abs(data[1]! - 96.095) < 1e-2);
  assert.equal(data[2], Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(data[3]!));
});

test('Middlebury: principal points apart shift disparity', () => {
  const motorcycle = { ...kittiCamera, fxPx: 999.421, baselineM: 0.193001, doffsPx: 32.778 };
  const { data } = depthFromDisparity(map(30), motorcycle);
  assert.ok(Math.abs(data[0]! - (0.193001 * 999.421) / (30 + 32.778)) < 1e-6);
});

test('disparity from depth is the inverse', () => {
  const camera = { ...kittiCamera, doffsPx: 1.5 };
  const disparity = map(3, 17.25, 80, 140);
  const back = disparityFromDepth(depthFromDisparity(disparity, camera), camera);
  for (const [i, d] of disparity.data.entries()) assert.ok(Math.abs(back.data[i]! - d) < 1e-4);
});

test("a mono network's disparity for another camera: depth goes with the focal ratio", () => {
  const trained = { ...kittiCamera, doffsPx: 0.5 };
  const other = { ...kittiCamera, fxPx: kittiCamera.fxPx * 1.6, baselineM: 0.12, doffsPx: -2 };
  const said = map(2, 9, 60, Number.NaN);
  const trainedM = depthFromDisparity(said, trained);
  const found = depthFromDisparity(disparityForCamera(said, trained, other), other);
  for (const [i, z] of trainedM.data.entries()) {
    if (Number.isNaN(z)) assert.ok(Number.isNaN(found.data[i]!));
    else assert.ok(Math.abs(found.data[i]! - 1.6 * z) < 1e-4 * z, `${found.data[i]} m for ${z} m`);
  }
  assert.equal(disparityForCamera(said, trained, trained), said);
});

test('a camera without baseline is refused', () => {
  assert.throws(
    () => depthFromDisparity(map(1), { ...kittiCamera, baselineM: 0 }),
    (error) => isCyclopsError(error, 'CAMERA_INVALID'),
  );
});
