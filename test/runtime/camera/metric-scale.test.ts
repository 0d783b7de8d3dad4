import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraOf } from '../../../src/runtime/camera/metric-scale.js';

test('a calibration of another size is scaled, of another shape refused', () => {
  const intrinsics = { width: 2484, height: 750, fxPx: 1443.0754 };
  assert.ok(Math.abs(cameraOf({ intrinsics }, 1242, 375)!.fxPx - 721.5377) < 1e-9);
  assert.throws(() => cameraOf({ intrinsics }, 1280, 720), { code: 'CAMERA_INVALID', message: /2484x750.*1280x720/ });
});
