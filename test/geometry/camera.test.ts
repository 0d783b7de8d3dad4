import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { assertStereoCamera, cropIntrinsics, kittiCamera, scaleIntrinsics } from '../../src/geometry/camera.js';

/** Where a point in camera coordinates lands, in px with pixel centres at whole numbers. */
function project(camera: { fxPx: number; fyPx: number; cxPx: number; cyPx: number }, x: number, y: number, z: number) {
  return { u: (camera.fxPx * x) / z + camera.cxPx, v: (camera.fyPx * y) / z + camera.cyPx };
}

test('after resizing, a point lands where its pixel went by the half-pixel rule', () => {
  const scaled = scaleIntrinsics(kittiCamera, 512, 160);
  const before = project(kittiCamera, 1.5, -0.4, 12);
  const after = project(scaled, 1.5, -0.4, 12);
  assert.ok(Math.abs(after.u - ((before.u + 0.5) * (512 / 1242) - 0.5)) < 1e-9);
  assert.ok(Math.abs(after.v - ((before.v + 0.5) * (160 / 375) - 0.5)) < 1e-9);
});

test('scaling there and back changes nothing, and the baseline never', () => {
  const back = scaleIntrinsics(scaleIntrinsics({ ...kittiCamera, doffsPx: 3 }, 333, 77), 1242, 375);
  for (const [key, value] of Object.entries({ ...kittiCamera, doffsPx: 3 })) {
    assert.ok(Math.abs(back[key as keyof typeof back] - value) < 1e-9, key);
  }
});

test('each axis is scaled by its own factor, the principal points apart by that of the width, the baseline by none', () => {
  const camera = { ...kittiCamera, width: 100, height: 50, fxPx: 80, fyPx: 90, cxPx: 49.5, cyPx: 19.5, doffsPx: 3 };
  assert.deepEqual(scaleIntrinsics(camera, 200, 150), {
    width: 200,
    height: 150,
    fxPx: 160,
    fyPx: 270,
    cxPx: 99.5,
    cyPx: 59.5,
    baselineM: kittiCamera.baselineM,
    doffsPx: 6,
  });
});

test('a crop moves the principal point only', () => {
  assert.deepEqual(cropIntrinsics(kittiCamera, 100, 20, 640, 300), {
    ...kittiCamera,
    width: 640,
    height: 300,
    cxPx: kittiCamera.cxPx - 100,
    cyPx: kittiCamera.cyPx - 20,
  });
});

test('impossible cameras are refused by owner and field', () => {
  assertStereoCamera(kittiCamera, 'kitti');
  for (const field of ['width', 'height', 'fxPx', 'fyPx', 'baselineM'] as const) {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(
        () => assertStereoCamera({ ...kittiCamera, [field]: value }, 'rig.json'),
        (error) => isCyclopsError(error, 'CAMERA_INVALID') && error.message.startsWith(`rig.json ${field}: `),
      );
    }
  }
});
