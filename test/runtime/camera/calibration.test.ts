import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCalibration } from '../../../src/runtime/camera/calibration.js';

const ros = `image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [438.8, 0., 305.6, 0., 437.4, 238.7, 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.36, 0.11, 0.001, -0.0005, 0.02]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
projection_matrix:
  rows: 3
  cols: 4
  data: [393.7, 0, 322.8, 0, 0, 393.7, 241.1, 0, 0, 0, 1, 0]
`;

const openCv = `%YAML:1.0
---
image_width: 1280
image_height: 720
fisheye_model: 1
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 7.1e+02, 0., 6.39e+02, 0., 7.1e+02,
       3.59e+02, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 4
   cols: 1
   dt: d
   data: [ 0.05, -0.01, 0.002, -0.0003 ]
`;

test('a calibration as ROS writes it', () => {
  const { camera, rectified, lens, rotation } = parseCalibration(ros, 'front.yaml');
  assert.deepEqual(camera, { width: 640, height: 480, fxPx: 438.8, fyPx: 437.4, cxPx: 305.6, cyPx: 238.7 });
  assert.deepEqual(rectified, { width: 640, height: 480, fxPx: 393.7, fyPx: 393.7, cxPx: 322.8, cyPx: 241.1 });
  assert.deepEqual(lens, {
    kind: 'brown',
    radial: [-0.36, 0.11, 0.02],
    tangential: [0.001, -0.0005],
    rational: [0, 0, 0],
  });
  assert.equal(rotation, undefined);
});

test('a calibration as OpenCV writes it, fisheye', () => {
  const { camera, rectified, lens } = parseCalibration(openCv, 'camera.yml');
  assert.deepEqual(camera, { width: 1280, height: 720, fxPx: 710, fyPx: 710, cxPx: 639, cyPx: 359 });
  assert.deepEqual(rectified, camera);
  assert.deepEqual(lens, { kind: 'fisheye', k: [0.05, -0.01, 0.002, -0.0003] });
});

test('a ROS message has shorter names; no distortion is no lens', () => {
  const text =
    'height: 480\nwidth: 640\ndistortion_model: plumb_bob\nD: [0, 0, 0, 0, 0]\nK: [400, 0, 320, 0, 400, 240, 0, 0, 1]\n';
  const { camera, lens } = parseCalibration(text, 'info.yaml');
  assert.equal(camera.fxPx, 400);
  assert.equal(lens, undefined);
});

test('what is missing or odd is named', () => {
  const bad: [string, string, RegExp][] = [
    ['no matrix', ros.replace('camera_matrix:', 'other:'), /front\.yaml: expected camera_matrix/],
    ['no size', ros.replace('image_width: 640\n', ''), /expected image_width and image_height/],
    ['short matrix', ros.replace('[438.8, 0., ', '['), /camera_matrix: expected 9 numbers, found 7/],
    ['no focal length', ros.replace('[438.8', '[0'), /camera_matrix: expected focal lengths above 0, found 0, 437\.4/],
    ['another model', ros.replace('plumb_bob', 'omni'), /expected plumb_bob .* found omni with 5/],
    ['few coefficients', ros.replace('[-0.36, 0.11, ', '['), /found plumb_bob with 3/],
    ['no rotation', ros.replace('[1, 0, 0, 0, 1', '[2, 0, 0, 0, 1'), /rectification_matrix: expected a rotation/],
  ];
  for (const [name, text, message] of bad) {
    assert.throws(() => parseCalibration(text, 'front.yaml'), { code: 'CAMERA_INVALID', message }, name);
  }
  assert.throws(() => parseCalibration('image_width: [', 'front.yaml'), { code: 'CONFIG_INVALID' });
});

test('either focal length and the shift of a projection matrix are read from their own places', () => {
  const text = ros.replace('[393.7, 0, 322.8, 0, 0, 393.7, 241.1, 0,', '[393.7, 0, 322.8, -40, 0, 395.2, 241.1, 7,');
  const { rectified, shift } = parseCalibration(text, 'right.yaml');
  assert.deepEqual(rectified, { width: 640, height: 480, fxPx: 393.7, fyPx: 395.2, cxPx: 322.8, cyPx: 241.1 });
  assert.deepEqual(shift, { x: -40, y: 7 });
});

test('coefficients of a thin prism or a tilted sensor are refused unless they are zero', () => {
  const withCoefficients = (values: readonly number[]) =>
    ros
      .replace('plumb_bob', 'rational_polynomial')
      .replace('[-0.36, 0.11, 0.001, -0.0005, 0.02]', `[${values.join(', ')}]`);
  const eight = [-0.36, 0.11, 0.001, -0.0005, 0.02, 0.3, 0.04, 0.005];
  const { lens } = parseCalibration(withCoefficients([...eight, 0, 0, 0, 0, 0, 0]), 'front.yaml');
  assert.deepEqual(lens, {
    kind: 'brown',
    radial: [-0.36, 0.11, 0.02],
    tangential: [0.001, -0.0005],
    rational: [0.3, 0.04, 0.005],
  });
  for (const [index, count] of [
    [8, 12],
    [11, 12],
    [12, 14],
    [13, 14],
  ] as const) {
    const values = [...eight, ...new Array<number>(count - 8).fill(0)].with(index, 1e-3);
    assert.throws(() => parseCalibration(withCoefficients(values), 'front.yaml'), { code: 'CAMERA_INVALID' });
  }
});
