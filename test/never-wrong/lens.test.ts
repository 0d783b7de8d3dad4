import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkSettings } from '../../src/base/config.js';
import { packageRoot } from '../../src/base/paths.js';
import { createRgbImage } from '../../src/geometry/raster.js';
import { encodePng } from '../../src/image/codec.js';
import { parseCalibration, readCalibration } from '../../src/runtime/camera/calibration.js';
import type { CameraCalibration } from '../../src/runtime/camera/camera-calibration.js';
import { focalSchema } from '../../src/runtime/camera/intrinsics.js';
import { planUndistortion } from '../../src/runtime/camera/undistort.js';
import { depthLine } from '../../src/runtime/outputs/ndjson.js';
import { planNetworkInput } from '../../src/runtime/plan-network-input.js';
import { recordConfigSchema } from '../../src/runtime/record/config.js';
import { readRigCalibration } from '../../src/runtime/record/rig-calibration.js';
import { planRig } from '../../src/runtime/record/rig-plan.js';
import { KeepingOutput, stream } from '../support/stream.js';
import { type Case, runCases } from './cases.js';

const strict = 'calibration that is not understood';
const otherSize = 'calibration for another size';

/** As ROS's `camera_calibration` writes it; the projection's focal lengths differ, or nobody sees them exchanged. */
const ros = `image_width: 1280
image_height: 720
camera_name: front
camera_matrix: {rows: 3, cols: 3, data: [743.6, 0, 628.2, 0, 741.1, 344.9, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.3, 0.1, 0.001, -0.002, 0.01]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [700.5, 0, 630.5, 0, 0, 690.25, 350.5, 0, 0, 0, 1, 0]}
`;
const brown = 'brown -0.3 0.1 0.01, 0.001 -0.002, 0 0 0';
const rosAnswer = `1280x720, f 743.6 741.1, c 628.2 344.9, ${brown}, seen 700.5 690.25 at 630.5 350.5`;

/** As a driver's `sensor_msgs/CameraInfo` is printed. */
const message = `header:
  stamp: {sec: 0, nanosec: 0}
  frame_id: cam
height: 1080
width: 1920
distortion_model: plumb_bob
d: [0.0, 0.0, 0.0, 0.0, 0.0]
k: [1115.4, 0.0, 942.3, 0.0, 1115.4, 517.35, 0.0, 0.0, 1.0]
r: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
p: [1115.4, 0.0, 942.3, 0.0, 0.0, 1115.4, 517.35, 0.0, 0.0, 0.0, 1.0, 0.0]
binning_x: 0
binning_y: 0
roi: {x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false}
`;
const messageRoi = 'roi: {x_offset: 0, y_offset: 0, height: 0, width: 0';
const lensLine = /^distortion_model.*\ndistortion_coefficients.*\n/m;
const knownText =
  'image_width, image_height, camera_matrix, distortion_model, fisheye_model, distortion_coefficients, rectification_matrix, projection_matrix, binning_x, binning_y and roi';
const models = 'expected plumb_bob or rational_polynomial with 4 to 8 coefficients, or equidistant with 4, found';

function words({ camera, lens, rotation, rectified }: CameraCalibration): string {
  const lensText =
    lens === undefined
      ? 'no lens'
      : lens.kind === 'fisheye'
        ? `fisheye ${lens.k.join(' ')}`
        : `brown ${[lens.radial, lens.tangential, lens.rational].map((part) => part.join(' ')).join(', ')}`;
  const { width, height } = camera;
  const turned = rotation === undefined ? '' : ', turned';
  return `${width}x${height}, f ${camera.fxPx} ${camera.fyPx}, c ${camera.cxPx} ${camera.cyPx}, ${lensText}${turned}, seen ${rectified.fxPx} ${rectified.fyPx} at ${rectified.cxPx} ${rectified.cyPx}`;
}

type Row = readonly [situation: string, text: string, expected: string];

/** What is understood of one calibration file. */
function cameraCases(rows: readonly Row[]): Case[] {
  return rows.map(([situation, text, expected]) => ({
    kind: strict,
    situation,
    expected,
    run: async (folder) => {
      const path = join(folder, 'cam.yaml');
      await writeFile(path, text);
      return words(await readCalibration(path));
    },
  }));
}

const refused = (text: string) => `CAMERA_INVALID: DIR/cam.yaml ${text}`;

const understood = cameraCases([
  ['ROS, with a projection of two focal lengths', ros, rosAnswer],
  [
    'a key that says nothing of the image: how the calibration was made, and where the camera is',
    `${ros}calibration_time: "Mon 30 Nov"\nnframes: 20\nboard_width: 9\nsquare_size: 0.025\navg_reprojection_error: 0.2\nper_view_reprojection_errors: {rows: 2, cols: 1, data: [0.1, 0.3]}\nextrinsic_parameters: {rows: 1, cols: 6, data: [0, 0, 0, 0, 0, 1]}\nT_cam_imu: [[1, 0], [0, 1]]\nserial: 1234\nnote: by hand\n`,
    rosAnswer,
  ],
  [
    'a fisheye with coefficients of 0',
    ros.replace('plumb_bob', 'equidistant').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[0, 0, 0, 0]'),
    '1280x720, f 743.6 741.1, c 628.2 344.9, fisheye 0 0 0 0, seen 700.5 690.25 at 630.5 350.5',
  ],
  [
    'a pinhole without distortion',
    ros.replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[0, 0, 0, 0, 0]').replace(/^projection.*\n/m, ''),
    '1280x720, f 743.6 741.1, c 628.2 344.9, no lens, seen 743.6 741.1 at 628.2 344.9',
  ],
  [
    'a simulator without a model',
    ros.replace('plumb_bob', '""').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[]'),
    '1280x720, f 743.6 741.1, c 628.2 344.9, no lens, seen 700.5 690.25 at 630.5 350.5',
  ],
  [
    "OpenCV's fisheye with its flag",
    ros.replace(lensLine, 'fisheye_model: 1\ndistortion_coefficients: {data: [-0.02, 0.005, -0.002, 0.0005]}\n'),
    '1280x720, f 743.6 741.1, c 628.2 344.9, fisheye -0.02 0.005 -0.002 0.0005, seen 700.5 690.25 at 630.5 350.5',
  ],
  [
    "OpenCV's 14 coefficients, those of prism and tilt 0",
    ros.replace('0.01]', '0.01, 0.2, 0.3, 0.05, 0, 0, 0, 0, 0, 0]'),
    rosAnswer.replace('0 0 0,', '0.2 0.3 0.05,'),
  ],
  [
    'a whole message, as ros2 topic echo ends it',
    `${message}---\n`,
    '1920x1080, f 1115.4 1115.4, c 942.3 517.35, no lens, seen 1115.4 1115.4 at 942.3 517.35',
  ],
  [
    'a region of interest',
    message.replace(messageRoi, 'roi: {x_offset: 320, y_offset: 180, height: 720, width: 1280'),
    '1280x720, f 1115.4 1115.4, c 622.3 337.35, no lens, seen 1115.4 1115.4 at 622.3 337.35',
  ],
  [
    'binning of both sides',
    message.replace('binning_x: 0', 'binning_x: 2').replace('binning_y: 0', 'binning_y: 2'),
    '960x540, f 557.7 557.7, c 470.9 258.425, no lens, seen 557.7 557.7 at 470.9 258.425',
  ],
  [
    'a region of interest, binned on one side',
    message
      .replace(messageRoi, 'roi: {x_offset: 320, y_offset: 180, height: 720, width: 1280')
      .replace('binning_y: 0', 'binning_y: 4'),
    '1280x180, f 1115.4 278.85, c 622.3 83.9625, no lens, seen 1115.4 278.85 at 622.3 83.9625',
  ],
]);

const unknownParts = cameraCases([
  [
    'distortion under another name',
    `${ros.replace(lensLine, '')}dist: [-0.3, 0.1, 0, 0, 0]\n`,
    refused(`dist: not understood; expected nothing of the camera but ${knownText}, found [-0.3,0.1,0,0,0]`),
  ],
  [
    'coefficients each under a key of its own',
    `${ros.replace(lensLine, '')}k1: -0.3\n`,
    refused(`k1: not understood; expected nothing of the camera but ${knownText}, found -0.3`),
  ],
  [
    'numbers under a name that nobody knows',
    `${ros}warp: {a: 1, b: [3, 4]}\n`,
    refused(`warp: not understood; expected nothing of the camera but ${knownText}, found {"a":1,"b":[3,4]}`),
  ],
  [
    'a misspelt key',
    ros.replace('distortion_coefficients', 'distortion_coeffs'),
    refused(
      `distortion_coeffs: not understood; expected nothing of the camera but ${knownText}, found {"rows":1,"cols":5,"data":[-0.3,0.1,0.001,-0.002,0.01]}`,
    ),
  ],
  [
    'an image that was turned',
    `${ros}rotation: 180\n`,
    refused(`rotation: not understood; expected nothing of the camera but ${knownText}, found 180`),
  ],
  [
    'double sphere',
    ros.replace('plumb_bob', 'double_sphere').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[0.6, -0.2]'),
    refused(`distortion_coefficients: ${models} double_sphere with 2`),
  ],
  [
    'an unknown model, its coefficients 0',
    ros.replace('plumb_bob', 'omnidirectional').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[0, 0, 0, 0]'),
    refused(`distortion_coefficients: ${models} omnidirectional with 4`),
  ],
  [
    'camera_model: fisheye',
    `${ros}camera_model: fisheye\n`,
    refused('camera_model: expected pinhole (a fisheye is distortion_model: equidistant), found fisheye'),
  ],
  [
    'a fisheye without coefficients',
    ros.replace('plumb_bob', 'equidistant').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', '[]'),
    refused(`distortion_coefficients: ${models} equidistant with 0`),
  ],
  [
    'a model, but no name of it',
    ros.replace('plumb_bob', '""'),
    refused(`distortion_coefficients: ${models} no model with 5`),
  ],
  [
    '4 coefficients of which the file does not say whose',
    ros.replace(lensLine, 'distortion_coefficients: {data: [-0.02, 0.005, -0.002, 0.0005]}\n'),
    refused(
      "distortion_coefficients: 4 coefficients are k1, k2, p1, p2 of plumb_bob or k1 to k4 of a fisheye; expected distortion_model: plumb_bob or equidistant (or OpenCV's fisheye_model: 0 or 1) in the file, found neither",
    ),
  ],
  [
    'a flag that contradicts the model',
    `${ros}fisheye_model: 1\n`,
    refused('fisheye_model: expected what distortion_model says, plumb_bob, found 1'),
  ],
  [
    'a thin prism',
    ros.replace('0.01]', '0.01, 0, 0, 0, 0.002, 0, 0, 0]'),
    refused('distortion_coefficients s1: expected 0, for a thin prism is not corrected, found 0.002'),
  ],
  [
    'a tilted sensor',
    ros.replace('0.01]', '0.01, 0, 0, 0, 0, 0, 0, 0, 0, 0.03]'),
    refused('distortion_coefficients tauY: expected 0, for a tilted sensor is not corrected, found 0.03'),
  ],
  [
    'a sensor tilted the other way',
    ros.replace('0.01]', '0.01, 0, 0, 0, 0, 0, 0, 0, 0.03, 0]'),
    refused('distortion_coefficients tauX: expected 0, for a tilted sensor is not corrected, found 0.03'),
  ],
  [
    'coefficients like 1e300',
    ros.replace('[-0.3,', '[1e300,'),
    refused(
      "distortion_coefficients: expected coefficients of a lens, found [1e+300,0.1,0.001,-0.002,0.01]: a ray half way to the image's border is moved 5.90e+298 times as far",
    ),
  ],
  [
    'coefficients that turn the image inside out',
    ros.replace('[-0.3,', '[-30,'),
    refused(
      "distortion_coefficients: expected coefficients of a lens, found [-30,0.1,0.001,-0.002,0.01]: a ray half way to the image's border turns back before that",
    ),
  ],
  [
    'one thing under two keys',
    `${ros}K: [700, 0, 640, 0, 700, 360, 0, 0, 1]\n`,
    refused(
      'K: expected what camera_matrix says, {"rows":3,"cols":3,"data":[743.6,0,628.2,0,741.1,344.9,0,0,1]}, found [700,0,640,0,700,360,0,0,1]',
    ),
  ],
  [
    "OpenCV's XML",
    '<?xml version="1.0"?>\n<opencv_storage>\n</opencv_storage>\n',
    "CONFIG_INVALID: DIR/cam.yaml: expected YAML, found XML; OpenCV writes and reads YAML where the file's name ends in .yml",
  ],
  [
    "Kalibr's file",
    'cam0:\n  camera_model: pinhole\n  intrinsics: [743.6, 743.6, 628.2, 344.9]\n',
    'CAMERA_INVALID: DIR/cam.yaml: expected image_width and image_height, found cam0',
  ],
]);

const oddNumbers = cameraCases([
  [
    'an uncalibrated driver',
    message.replace(/^k: .*$/m, 'k: [0, 0, 0, 0, 0, 0, 0, 0, 0]'),
    refused('k: expected focal lengths above 0, found 0, 0: drivers send 0 for a camera that was not calibrated'),
  ],
  [
    'an uncalibrated driver, rectification',
    message.replace(/^r: .*$/m, 'r: [0, 0, 0, 0, 0, 0, 0, 0, 0]'),
    refused('r: expected a rotation, found another matrix: [0,0,0,0,0,0,0,0,0]'),
  ],
  [
    'an uncalibrated driver, projection',
    message.replace(/^p: .*$/m, 'p: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]'),
    refused('p: expected focal lengths above 0, found 0, 0: drivers send 0 for a camera that was not calibrated'),
  ],
  [
    'a matrix of numbers that are none',
    message.replace(/^k: .*$/m, 'k: [.nan, 0, 942.3, 0, .nan, 517.35, 0, 0, 1]'),
    'CONFIG_INVALID: DIR/cam.yaml:8 k: expected the numbers of a matrix row by row, or rows, cols, dt and data, found [null,0,942.3,0,null,517.35,0,0,1]',
  ],
  [
    'a size that is none',
    message.replace('width: 1920', 'width: 0'),
    'CONFIG_INVALID: DIR/cam.yaml:5 width: expected number to be >=16, found 0',
  ],
  [
    'a mirror in place of a rotation',
    ros.replace('data: [1, 0, 0, 0, 1', 'data: [-1, 0, 0, 0, 1'),
    refused('rectification_matrix: expected a rotation, found another matrix: [-1,0,0,0,1,0,0,0,1]'),
  ],
  [
    'a normalised matrix',
    ros.replace('[743.6, 0, 628.2, 0, 741.1, 344.9', '[0.581, 0, 0.49, 0, 1.03, 0.479'),
    refused('camera_matrix: expected focal lengths in px, 10 to 100000, found 0.581, 1.03'),
  ],
  [
    'a principal point outside the image: the calibration is for a larger one',
    ros.replace('628.2, 0, 741.1, 344.9', '1290, 0, 741.1, 344.9'),
    refused('camera_matrix: expected a principal point inside the image of 1280x720, found 1290, 344.9'),
  ],
  [
    'a principal point below the image',
    ros.replace('741.1, 344.9', '741.1, 725'),
    refused('camera_matrix: expected a principal point inside the image of 1280x720, found 628.2, 725'),
  ],
  [
    'a focal length like 1e300',
    ros.replace('[743.6, 0, 628.2', '[1e300, 0, 628.2'),
    refused('camera_matrix: expected focal lengths in px, 10 to 100000, found 1e+300, 741.1'),
  ],
  [
    'a projection with a shift along the axis',
    ros.replace('0, 0, 1, 0]}\n', '0, 0, 1, 0.5]}\n'),
    refused(
      'projection_matrix: expected fx, 0, cx; 0, fy, cy; 0, 0, 1 row by row, found [700.5,0,630.5,0,0,690.25,350.5,0,0,0,1,0.5]',
    ),
  ],
  [
    'a principal point of the projection outside the image',
    ros.replace('690.25, 350.5', '690.25, -3'),
    refused('projection_matrix: expected a principal point inside the image of 1280x720, found 630.5, -3'),
  ],
  [
    'skew',
    ros.replace('[743.6, 0, 628.2', '[743.6, 12.5, 628.2'),
    refused('camera_matrix: expected no skew, for it is not corrected (OpenCV: CALIB_FIX_SKEW), found 12.5'),
  ],
  [
    'a matrix column by column',
    ros.replace('[743.6, 0, 628.2, 0, 741.1, 344.9, 0, 0, 1]', '[743.6, 0, 0, 0, 741.1, 0, 628.2, 344.9, 1]'),
    refused(
      'camera_matrix: expected fx, 0, cx; 0, fy, cy; 0, 0, 1 row by row, found [743.6,0,0,0,741.1,0,628.2,344.9,1]',
    ),
  ],
  [
    'a region of interest that leaves the image',
    message.replace(messageRoi, 'roi: {x_offset: 900, y_offset: 180, height: 720, width: 1280'),
    refused('roi: expected a part of the image of 1920x1080, found 1280x720 at (900, 180)'),
  ],
  [
    'a region of interest that leaves the image below',
    message.replace(messageRoi, 'roi: {x_offset: 320, y_offset: 400, height: 720, width: 1280'),
    refused('roi: expected a part of the image of 1920x1080, found 1280x720 at (320, 400)'),
  ],
]);

/** The network's input for a camera, as far as size decides. */
function planned(text: string, width: number, height: number): string {
  const training = { fxPx: 371.8, fyPx: 369.4, cxPx: 313.9, cyPx: 88.3 };
  const model = {
    input: { width: 640, height: 192, channels: 'RGB' },
    output: { kind: 'disparity' },
    camera: training,
  } as unknown as Parameters<typeof planNetworkInput>[0];
  const { view } = planNetworkInput(model, {}, parseCalibration(text, 'cam.yaml'), { width, height });
  return `fx ${view.intrinsics.fxPx.toFixed(1)}, depth times ${view.depthScale.toFixed(3)}`;
}

const roiText = message.replace(messageRoi, 'roi: {x_offset: 320, y_offset: 180, height: 720, width: 1280');
const sizes: readonly Case[] = [
  {
    kind: otherSize,
    situation: 'images of the size in the file',
    expected: 'fx 371.8, depth times 1.000',
    run: async () => planned(message, 1920, 1080),
  },
  {
    kind: otherSize,
    situation: 'the same images at two thirds',
    expected: 'fx 371.8, depth times 1.000',
    run: async () => planned(message, 1280, 720),
  },
  {
    kind: otherSize,
    situation: 'images of another shape',
    expected:
      'CAMERA_INVALID: camera intrinsics: for an image of 1920x1080, but the source gives 1280x960, another shape',
    run: async () => planned(message, 1280, 960),
  },
  {
    kind: otherSize,
    situation: 'images of the region of interest',
    expected: 'fx 557.7, depth times 1.500',
    run: async () => planned(roiText, 1280, 720),
  },
  {
    kind: otherSize,
    situation: 'the full image where the file speaks of a region of its shape',
    expected: 'CAMERA_INVALID: calibration roi: expected images of 1280x720, the region of interest, found 1920x1080',
    run: async () => planned(roiText, 1920, 1080),
  },
  {
    kind: otherSize,
    situation: 'columns of the sensor, resized',
    expected: 'CAMERA_INVALID: calibration roi: expected images of 1440x1080, the region of interest, found 720x540',
    run: async () =>
      planned(message.replace(messageRoi, 'roi: {x_offset: 240, y_offset: 0, height: 1080, width: 1440'), 720, 540),
  },
  {
    kind: otherSize,
    situation: 'a rectified view of which a third is inside the image',
    expected: '1280x720',
    run: async () => {
      const calibration = parseCalibration(ros.replace('[700.5,', '[420,').replace('690.25,', '420,'), 'cam.yaml');
      const { crop } = planUndistortion(calibration, calibration.rectified, 1280, 720)!;
      return `${crop.width}x${crop.height}`;
    },
  },
  {
    kind: otherSize,
    situation: 'a rectification that looks past the image',
    expected:
      'CAMERA_INVALID: calibration: expected the rectified view inside the image of 1280x720, found 0.0 % of it; lens, rectification and projection do not belong together',
    run: async () =>
      planned(ros.replace('data: [1, 0, 0, 0, 1, 0, 0, 0, 1]', 'data: [0, 0, 1, 0, 1, 0, -1, 0, 0]'), 1280, 720),
  },
];

const given: readonly Case[] = (
  [
    ['a normalised focal length', { fxPx: 0.58 }, 'fxPx: expected a focal length in px, at least 10, found 0.58'],
    [
      'intrinsics with a principal point outside the image',
      { intrinsics: { width: 640, height: 360, fxPx: 400, cxPx: 640.5 } },
      'intrinsics.cxPx: expected a principal point inside the image, found 640.5',
    ],
    [
      'intrinsics with a principal point above the image',
      { intrinsics: { width: 640, height: 360, fxPx: 400, cyPx: -1 } },
      'intrinsics.cyPx: expected a principal point inside the image, found -1',
    ],
  ] as const
).map(([situation, settings, fault]) => ({
  kind: strict,
  situation,
  expected: `CONFIG_INVALID: camera: ${fault}`,
  run: async () => JSON.stringify(checkSettings(settings, 'camera', focalSchema)),
}));

const stereoPart = (n: 1 | 2, shift: number) => `M${n}: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 743.6, 0., 628.2, 0., 743.6, 344.9, 0., 0., 1. ]
D${n}: [ -0.02, 0.005, -0.002, 0.0005 ]
R${n}: [ 1., 0., 0., 0., 1., 0., 0., 0., 1. ]
P${n}: [ 700., 0., 628., ${shift}, 0., 690., 345., 0., 0., 0., 1., 0. ]
`;
const stereo = `%YAML:1.0\n---\nfisheye_model: 1\n${stereoPart(1, 0)}${stereoPart(2, -84)}`;
const rigAnswer =
  '1280x720, f 743.6 743.6, c 628.2 344.9, fisheye -0.02 0.005 -0.002 0.0005, seen 700 690 at 628 345; B 0.12';

/** What is understood of OpenCV's stereo calibration for a rig of 1280x720 (or another size). */
function rigCases(rows: readonly (readonly [string, readonly string[], string, string?])[]): Case[] {
  return rows.map(([situation, texts, expected, size = '1280x720']) => ({
    kind: strict,
    situation: `rig: ${situation}`,
    expected,
    run: async (folder) => {
      const paths = texts.map((_, index) => join(folder, `${index}.yml`));
      await Promise.all(texts.map((text, index) => writeFile(paths[index]!, text)));
      const [width, height] = size.split('x').map(Number) as [number, number];
      const rig = await readRigCalibration({ stereo: paths }, { width, height });
      assert.equal(words(rig.right), words(rig.left));
      assert.equal(rig.camera.fyPx, rig.left.rectified.fyPx);
      return `${words(rig.left)}; B ${rig.camera.baselineM}`;
    },
  }));
}

const rigText = 'image_width, image_height, distortion_model, fisheye_model, M1, D1, M2, D2, R1, R2, P1 and P2';
const rigs = rigCases([
  ['a fisheye with its flag', [stereo], rigAnswer],
  [
    'two files that agree, with the rig before rectification',
    [stereo, `fisheye_model: 1\nT: [ -0.12, 0, 0 ]\nR: [ 1, 0, 0, 0, 1, 0, 0, 0, 1 ]\nQ: [ 1, 2 ]\n`],
    rigAnswer,
  ],
  [
    'a fisheye without its flag',
    [stereo.replace('fisheye_model: 1\n', '')],
    "CAMERA_INVALID: DIR/0.yml D1: 4 coefficients are k1, k2, p1, p2 of plumb_bob or k1 to k4 of a fisheye; expected distortion_model: plumb_bob or equidistant (or OpenCV's fisheye_model: 0 or 1) in the file, found neither",
  ],
  [
    'an unknown key of one camera',
    [`${stereo}xi1: 1.2\n`],
    `CAMERA_INVALID: DIR/0.yml xi1: not understood; expected nothing of the camera but ${rigText}, found 1.2`,
  ],
  [
    'a region of interest, which OpenCV does not know',
    [`${stereo}roi: {x_offset: 10}\n`],
    `CAMERA_INVALID: DIR/0.yml roi: not understood; expected nothing of the camera but ${rigText}, found {"x_offset":10}`,
  ],
  [
    'two files that contradict each other',
    [stereo, 'fisheye_model: 0\n'],
    'CAMERA_INVALID: DIR/1.yml fisheye_model: expected what fisheye_model of the other file says, 1, found 0',
  ],
  [
    'skew of the second camera',
    [stereo.replace(/(M2[\s\S]*?743\.6, )0\./, '$12.5')],
    'CAMERA_INVALID: DIR/0.yml M2: expected no skew, for it is not corrected (OpenCV: CALIB_FIX_SKEW), found 2.5',
  ],
  [
    'a thin prism of the second camera',
    [stereo.replace('fisheye_model: 1', 'fisheye_model: 0').replace(/(D2: \[.*) \]/, '$1, 0, 0, 0, 0, 0.002 ]')],
    'CAMERA_INVALID: DIR/0.yml D2 s1: expected 0, for a thin prism is not corrected, found 0.002',
  ],
  [
    'images twice as high as those of the calibration',
    [stereo],
    'CAMERA_INVALID: DIR/0.yml M1: expected a principal point about in the middle of the image of 1280x1440, found 628.2, 344.9; where the calibration is for another size, add its image_width and image_height to the file',
    '1280x1440',
  ],
  [
    'another camera model',
    [`camera_model: omni\n${stereo.replace('%YAML:1.0\n---\n', '')}`],
    'CAMERA_INVALID: DIR/0.yml camera_model: expected pinhole (a fisheye is distortion_model: equidistant), found omni',
  ],
  [
    'images twice as large as those of the calibration, which does not tell its size',
    [stereo],
    'CAMERA_INVALID: DIR/0.yml M1: expected a principal point about in the middle of the image of 2560x1440, found 628.2, 344.9; where the calibration is for another size, add its image_width and image_height to the file',
    '2560x1440',
  ],
  [
    'the same where it tells its size',
    [`image_size: [1280, 720]\n${stereo.replace('%YAML:1.0\n---\n', '')}`],
    rigAnswer,
    '2560x1440',
  ],
]);

/** `camera_info` of both cameras of a rig with a baseline of 0.12 m. */
async function writeInfos(folder: string, change: (text: string) => string) {
  const left = { source: { kind: 'images', path: folder } as const, calibration: join(folder, 'left.yaml') };
  const right = { ...left, calibration: join(folder, 'right.yaml') };
  await writeFile(left.calibration, change(message));
  await writeFile(right.calibration, change(message.replace('942.3, 0.0, 0.0', '942.3, -133.848, 0.0')));
  return { left, right };
}

const rigRegions: readonly Case[] = [
  {
    kind: strict,
    situation: 'rig: binning keeps the baseline',
    expected: '960x540, f 557.7, B 0.1200',
    run: async (folder) => {
      const { left, right } = await writeInfos(folder, (text) => text.replaceAll(/(binning_.): 0/g, '$1: 2'));
      const files = { left: left.calibration, right: right.calibration };
      const { camera } = await readRigCalibration(files, { width: 960, height: 540 });
      return `${camera.width}x${camera.height}, f ${camera.fxPx}, B ${camera.baselineM.toFixed(4)}`;
    },
  },
  {
    kind: otherSize,
    situation: 'rig: images that are not the region of interest',
    expected: 'CAMERA_INVALID: calibration roi: expected images of 1280x720, the region of interest, found 640x360',
    run: async (folder) => {
      const views = await writeInfos(folder, (text) =>
        text.replace(messageRoi, 'roi: {x_offset: 320, y_offset: 180, height: 720, width: 1280'),
      );
      await writeFile(join(folder, 'a.png'), await encodePng(createRgbImage(640, 360)));
      const { camera } = await planRig(recordConfigSchema.parse(views));
      return `${camera.width}x${camera.height}`;
    },
  },
];

const cases = [...understood, ...unknownParts, ...oddNumbers, ...sizes, ...given, ...rigs, ...rigRegions];
runCases(cases);

test('the ideal fisheye is one with coefficients near 0, and no pinhole', () => {
  const [zero, tiny] = ['[0, 0, 0, 0]', '[1e-12, 0, 0, 0]'].map((coefficients) => {
    const text = ros.replace('plumb_bob', 'equidistant').replace('[-0.3, 0.1, 0.001, -0.002, 0.01]', coefficients);
    const calibration = parseCalibration(text, 'cam.yaml');
    return planUndistortion(calibration, calibration.rectified, 1280, 720)!;
  });
  assert.deepEqual(zero!.crop, tiny!.crop);
  const apart = zero!.map.data.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - tiny!.map.data[index]!)),
    0,
  );
  assert.ok(apart < 1e-3, `${apart} px`);
  // At the upper left pixel a pinhole would be 630.5 * 743.6 / 700.5 px left of the middle.
  const x = -630.5 / 700.5;
  const y = -350.5 / 690.25;
  const angle = Math.atan(Math.hypot(x, y));
  const wanted = 743.6 * x * (angle / Math.hypot(x, y)) + 628.2;
  const found = ((zero!.map.data[0]! + 0.5) * zero!.crop.width) / zero!.width - 0.5 + zero!.crop.x;
  assert.ok(Math.abs(found - wanted) < 0.01, `${found} against ${wanted}`);
});

const field = join(dirname(packageRoot()), 'shared', 'field');
const skip = existsSync(field) ? false : 'no ../shared/field on this machine';

/** Median of the depth of the street in `field`, m, as the output `ndjson` tells it. */
async function streetDepth(camera: object): Promise<number> {
  const output = new KeepingOutput();
  const source = { kind: 'images', path: join(field, 'image') } as const;
  const model = join(packageRoot(), 'models/edge-street');
  await (await stream({ model, engine: { threads: 1 }, camera: { source, ...camera } }, output)).done;
  return depthLine(output.frames[0]!).depthM!.median;
}

for (const [situation, camera, metres] of [
  ['by its focal length', { fxPx: 743.6 }, 14.8],
  ['an ideal fisheye', { calibration: join(field, 'lens/c_fisheye_zero.yaml') }, 14.2],
  ['a fisheye with a coefficient of 1e-12', { calibration: join(field, 'lens/d_fisheye_tiny.yaml') }, 14.2],
  // As the same numbers by hand: 622.3 is 942.3 - 320, 337.35 is 517.35 - 180.
  [
    'the region of interest by hand',
    { intrinsics: { width: 1280, height: 720, fxPx: 1115.4, cxPx: 622.3, cyPx: 337.35 } },
    23.8,
  ],
  ['a region of interest', { calibration: join(field, 'roi/roi_same_shape.yaml') }, 23.8],
] as const) {
  test(`depth of one street, ${situation}: ${metres} m`, { skip }, async (t) => {
    const found = await streetDepth(camera);
    t.diagnostic(`${found} m`);
    assert.ok(Math.abs(found - metres) < 0.1, `${found} m`);
  });
}

test("OpenCV's fisheye rig of field reports, with and without its flag", { skip }, async () => {
  const size = { width: 1280, height: 720 };
  const rig = await readRigCalibration({ stereo: [join(field, 'lens/intr_flag.yml')] }, size);
  assert.deepEqual(rig.left.lens, { kind: 'fisheye', k: [-0.02, 0.005, -0.002, 0.0005] });
  await assert.rejects(readRigCalibration({ stereo: [join(field, 'lens/intr.yml')] }, size), {
    code: 'CAMERA_INVALID',
    message: /D1: 4 coefficients are .*expected distortion_model: plumb_bob or equidistant .*found neither/,
  });
});
