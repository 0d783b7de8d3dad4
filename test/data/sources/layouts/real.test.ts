import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../../../src/base/errors.js';
import { openSource } from '../../../../src/data/sources/index.js';
import { detectLayout, parseSourceSpec } from '../../../../src/data/sources/parse-spec.js';
import { sharedData, skipWithout } from '../../../support/shared-data.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const defaults = { width: 64, height: 32, framesPerScene: 1 };

for (const [folder, layout] of [
  ['kitti2015', 'kitti-2015'],
  ['kitti_raw', 'kitti-raw'],
  ['kitti_odometry', 'kitti-odometry'],
  ['sceneflow', 'scene-flow'],
  ['sceneflow/flyingthings3d', 'scene-flow'],
  ['middlebury', 'middlebury'],
  ['middlebury/MiddEval3/trainingQ/Motorcycle', 'middlebury'],
] as const) {
  test(`${folder} is told to be ${layout}`, skipWithout(folder), () => {
    assert.equal(detectLayout(sharedData(folder)!), layout);
  });
}

test(
  'KITTI raw: frames of a drive, sparse depth of the scans, no right view here',
  skipWithout('kitti_raw'),
  async (t) => {
    const folder = sharedData('kitti_raw')!;
    const all = await openSource({ kind: 'kitti-raw', folder });
    assert.equal(all.length, 78);
    const list = join(await temporaryFolder(t), 'list.txt');
    const drive = '2011_09_26/2011_09_26_drive_0052_sync';
    // The three published forms of a line; the images here are JPEG.
    await writeFile(
      list,
      `${drive} 22 l\n${drive}/image_02/data/0000000010.png ${drive}/image_03/data/0000000010.png\n${drive} 22 r\n`,
    );
    const source = await openSource(parseSourceSpec(`kitti-raw:${folder}@${list}`, defaults));
    assert.deepEqual(
      [0, 1].map((i) => source.idAt(i)),
      ['2011_09_26_drive_0052_sync_0000000022', '2011_09_26_drive_0052_sync_0000000010'],
    );
    assert.equal(source.length, 2, 'both sides of a pair are one pair');
    const sample = await source.readView!(0);
    const known = sample.depthLeft!.data.filter((z) => z > 0);
    assert.ok(known.length > 15_000 && known.length < 25_000, `${known.length} points`);
    assert.ok(Math.max(...known) < 90);
    // Disparity is derived from the same depth.
    const at = sample.depthLeft!.data.findIndex((z) => z > 5 && z < 20);
    const disparity = (sample.camera.fxPx * sample.camera.baselineM) / sample.depthLeft!.data[at]!;
    assert.ok(Math.abs(sample.disparityLeft!.data[at]! - disparity) < 1e-4);
    await assert.rejects(
      source.read(0),
      (error) => isCyclopsError(error, 'FILE_MISSING') && /image_03/.test(error.message),
    );

    const forward = await openSource({ kind: 'kitti-raw', folder, list, truth: 'lidar-forward' });
    assert.notEqual(forward.fingerprint, source.fingerprint);
    assert.equal(forward.imagesFingerprint, source.imagesFingerprint);
    const other = await forward.readView!(0);
    // The lidar sits 0.27 m behind the camera.
    assert.ok(Math.abs(other.depthLeft!.data[at]! - sample.depthLeft!.data[at]! - 0.27) < 0.15);

    await writeFile(list, `${drive} 22 l\n${drive} 99 l\n`);
    await assert.rejects(openSource({ kind: 'kitti-raw', folder, list }), (error) => {
      assert.ok(isCyclopsError(error, 'FILE_MISSING'));
      assert.match(error.message, /: 1 of the images .* the first is .*drive_0052_sync\/image_02\/data\/0000000099/);
      return true;
    });
  },
);

test('KITTI odometry: grey pairs with the rig of their sequence', skipWithout('kitti_odometry'), async () => {
  const source = await openSource({ kind: 'kitti-odometry', folder: sharedData('kitti_odometry')! });
  assert.equal(source.length, 51);
  assert.equal(source.idAt(7), '01_000007');
  const { camera, left, right } = await source.read(0);
  assert.ok(Math.abs(camera.baselineM - 0.537166) < 1e-5);
  assert.deepEqual([left.width, left.height, right.width, camera.width], [1241, 376, 1241, 1241]);
});

test(
  'Scene Flow: RGBA images, PFM of both views, visibility by their agreement',
  skipWithout('sceneflow'),
  async () => {
    const source = await openSource({ kind: 'scene-flow', folder: sharedData('sceneflow')! });
    assert.equal(source.length, 1);
    assert.equal(source.idAt(0), 'flyingthings3d_TRAIN_A_0032_0006');
    const sample = await source.read(0);
    assert.equal(sample.left.data.length, 960 * 540 * 3);
    assert.equal(sample.camera.fxPx, 1050);
    // The right image moved by the disparity shows the left one: rows upside down or views exchanged would not.
    const grey = (data: Uint8Array, i: number): number => data[i * 3]! + data[i * 3 + 1]! + data[i * 3 + 2]!;
    let right = 0;
    let wrong = 0;
    for (let y = 0; y < 540; y += 3) {
      for (let x = 300; x < 900; x += 3) {
        const i = y * 960 + x;
        if (sample.visibleLeft!.data[i] !== 1) continue;
        const match = Math.round(x - sample.disparityLeft!.data[i]!);
        if (match < 9 || match > 950) continue;
        right += Math.abs(grey(sample.left.data, i) - grey(sample.right.data, y * 960 + match));
        wrong += Math.abs(grey(sample.left.data, i) - grey(sample.right.data, y * 960 + match + 8));
      }
    }
    assert.ok(right < 0.5 * wrong, `${right} against ${wrong}`);
    const visible = sample.visibleLeft!.data.reduce((sum, bit) => sum + bit, 0) / (960 * 540);
    assert.ok(visible > 0.5 && visible < 0.99, `${visible} visible`);
  },
);

test('Middlebury: doffs, millimetres and the mask', skipWithout('middlebury'), async () => {
  const source = await openSource({ kind: 'middlebury', folder: sharedData('middlebury')! });
  assert.equal(source.idAt(0), 'MiddEval3_trainingQ_Motorcycle');
  const { camera, disparityLeft, visibleLeft } = await source.read(0);
  assert.deepEqual([camera.fxPx, camera.doffsPx, camera.baselineM], [999.421, 32.778, 0.193001]);
  const unknown = disparityLeft!.data.filter((d) => Number.isNaN(d)).length / disparityLeft!.data.length;
  assert.ok(unknown > 0.01 && unknown < 0.04, `${unknown} unknown`);
  assert.ok(visibleLeft!.data.includes(1) && visibleLeft!.data.includes(0));
});
