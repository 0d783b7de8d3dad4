import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { readRigCalibration } from '../../../src/runtime/record/rig-calibration.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const size = { width: 1280, height: 720 };

function cameraInfo(projection: readonly number[], extra = ''): string {
  return `image_width: 1280
image_height: 720
camera_matrix: {rows: 3, cols: 3, data: [700, 0, 640, 0, 701, 360, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [-0.1, 0.01, 0, 0, 0]}
projection_matrix: {rows: 3, cols: 4, data: [${projection}]}
${extra}`;
}
const leftP = [690, 0, 632, 0, 0, 690, 355, 0, 0, 0, 1, 0];
const rightP = [690, 0, 640, -82.8, 0, 690, 355, 0, 0, 0, 1, 0];

async function files(t: TestContext, texts: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const folder = await temporaryFolder(t);
  const paths: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    paths[name] = join(folder, `${name}.yaml`);
    await writeFile(paths[name], text);
  }
  return paths;
}

test('camera_info of both cameras: focal length, baseline and the offset of the principal points', async (t) => {
  const { left, right } = await files(t, { left: cameraInfo(leftP), right: cameraInfo(rightP) });
  const rig = await readRigCalibration({ left, right }, size);
  assert.deepEqual(
    { ...rig.camera, baselineM: rig.camera.baselineM.toFixed(6) },
    { ...size, fxPx: 690, fyPx: 690, cxPx: 632, cyPx: 355, baselineM: '0.120000', doffsPx: 8 },
  );
  assert.equal(rig.right.rectified.cxPx, 640);
  assert.equal(rig.left.lens?.kind, 'brown');
  const given = await readRigCalibration({ left, right, baselineM: 0.25 }, size);
  assert.equal(given.camera.baselineM, 0.25);
});

test("OpenCV's stereo sample: two files without an image size", async (t) => {
  const matrix = (name: string, rows: number, columns: number, data: readonly number[]) =>
    `${name}: !!opencv-matrix\n   rows: ${rows}\n   cols: ${columns}\n   dt: d\n   data: [ ${data.join(', ')} ]\n`;
  const k = [700, 0, 640, 0, 701, 360, 0, 0, 1];
  const r = [0.9998, -0.02, 0, 0.02, 0.9998, 0, 0, 0, 1];
  const { intrinsics, extrinsics } = await files(t, {
    intrinsics: `%YAML:1.0\n---\n${matrix('M1', 3, 3, k)}${matrix('D1', 1, 5, [-0.3, 0.1, 0, 0, 0])}${matrix('M2', 3, 3, k)}${matrix('D2', 1, 5, [-0.28, 0.09, 0, 0, 0])}`,
    extrinsics: `%YAML:1.0\n---\n${matrix('R1', 3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1])}${matrix('R2', 3, 3, r)}${matrix('P1', 3, 4, leftP)}${matrix('P2', 3, 4, rightP)}`,
  });
  const rig = await readRigCalibration({ stereo: [intrinsics!, extrinsics!] }, size);
  assert.equal(rig.camera.width, 1280);
  assert.ok(Math.abs(rig.camera.baselineM - 0.12) < 1e-9);
  assert.deepEqual(rig.right.rotation, r);
  assert.equal(rig.left.rotation, undefined);
  assert.deepEqual(rig.left.lens, {
    kind: 'brown',
    radial: [-0.3, 0.1, 0],
    tangential: [0, 0],
    rational: [0, 0, 0],
  });
  await assert.rejects(readRigCalibration({ stereo: [intrinsics!] }, size), /expected R1, R2, P1 and P2.*found no P1/);
});

test('two calibrations that are no rectified rig are refused, with the number that says so', async (t) => {
  const cases: readonly [left: readonly number[], right: readonly number[], RegExp][] = [
    [
      leftP,
      [691, 0, 640, -82.8, 0, 691, 355, 0, 0, 0, 1, 0],
      /fxPx: expected 690 .*, found 691.*not rectified together/,
    ],
    [leftP, [690, 0, 640, -82.8, 0, 690, 356, 0, 0, 0, 1, 0], /cyPx: expected 355 .*, found 356/],
    [rightP, leftP, /the cameras are exchanged/],
    [leftP, leftP, /no baseline in the projection matrices/],
    [leftP, [690, 0, 640, -82800, 0, 690, 355, 0, 0, 0, 1, 0], /baseline of 0\.005 to 5 m, found 120; .*--baseline/],
    [leftP, [690, 0, 640, -82.8, 0, 690, 355, -82.8, 0, 0, 1, 0], /side by side/],
  ];
  for (const [l, r, expected] of cases) {
    const { left, right } = await files(t, { left: cameraInfo(l), right: cameraInfo(r) });
    await assert.rejects(
      readRigCalibration({ left, right }, size),
      (error) => isCyclopsError(error, 'CAMERA_INVALID') && expected.test(error.message),
      String(expected),
    );
  }
});
