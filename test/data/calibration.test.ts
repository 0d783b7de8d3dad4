import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { parseKittiCalibration } from '../../src/data/calibration.js';
import { kittiCamera } from '../../src/geometry/camera.js';
import { sharedData, skipWithout } from '../support/shared-data.js';

const text = [
  'S_rect_02: 1.242000e+03 3.750000e+02',
  'P_rect_02: 700 0 600 45.5 0 701 170 0.2 0 0 1 0.003',
  'P_rect_03: 700 0 602 -304.5 0 701 170 2.2 0 0 1 0.003',
].join('\n');

test('focal length, principal points and baseline come from the projections of cameras 02 and 03', () => {
  assert.deepEqual(parseKittiCalibration(text, 'calib.txt'), {
    width: 1242,
    height: 375,
    fxPx: 700,
    fyPx: 701,
    cxPx: 600,
    cyPx: 170,
    baselineM: 0.5,
    doffsPx: 2,
  });
});

test('the real calibration gives the known rig', skipWithout('kitti2015'), async () => {
  const path = `${sharedData('kitti2015')}/training/calib_cam_to_cam/000001.txt`;
  const camera = parseKittiCalibration(await readFile(path, 'utf8'), path);
  for (const [key, expected] of Object.entries(kittiCamera)) {
    assert.ok(Math.abs(camera[key as keyof typeof camera] - expected) < 1e-4 * Math.max(1, expected), key);
  }
});

test('odd calibrations are refused with file and line name', () => {
  const cases: readonly [text: string, expected: RegExp][] = [
    ['', /^c\.txt P_rect_02: expected a line/],
    [text.replace('P_rect_03', 'P_rect_33'), /^c\.txt P_rect_03: expected a line/],
    [text.replace('600', 'abc'), /^c\.txt P_rect_02: expected 12 numbers/],
    [text.replace(' 0.003', ''), /^c\.txt P_rect_02: expected 12 numbers/],
    [text.replace('-304.5', '304.5'), /^c\.txt baselineM: expected a number above 0/],
  ];
  for (const [bad, expected] of cases) {
    assert.throws(
      () => parseKittiCalibration(bad, 'c.txt'),
      (error) => isCyclopsError(error, 'CAMERA_INVALID') && expected.test(error.message),
    );
  }
});
