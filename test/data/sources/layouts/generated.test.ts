import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { isCyclopsError } from '../../../../src/base/errors.js';
import { openSource } from '../../../../src/data/sources/index.js';
import { detectLayout } from '../../../../src/data/sources/parse-spec.js';
import type { FloatMap } from '../../../../src/geometry/raster.js';
import { encodeJpeg, encodePng } from '../../../../src/image/codec.js';
import { encodePfm } from '../../../../src/image/pfm.js';
import { encodeGreyPng } from '../../../../src/image/png-grey.js';
import { encodePng16 } from '../../../../src/image/png16.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { tinySample } from '../../../support/tiny-pairs.js';

// Layouts of which no published sample is at hand: small folders with the names their publishers use.

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

const sample = tinySample(1, 3, 9);

test('KITTI 2012: colour pairs, P2 and P3 of the calibration', async (t) => {
  const folder = await temporaryFolder(t);
  const training = join(folder, 'training');
  for (const frame of ['000000_10', '000000_11']) {
    await put(join(training, 'colored_0', `${frame}.png`), await encodePng(sample.left));
    await put(join(training, 'colored_1', `${frame}.png`), await encodePng(sample.right));
  }
  await put(join(training, 'disp_occ/000000_10.png'), encodePng16(sample.disparityLeft!));
  const grey = '60 0 45 0 0 60 22 0 0 0 1 0';
  const calibration = `P0: ${grey}\nP1: 60 0 45 -6 0 60 22 0 0 0 1 0\nP2: 60 0 45 3 0 60 22 0 0 0 1 0\nP3: 60 0 47 -27 0 60 22 0 0 0 1 0\n`;
  await put(join(training, 'calib/000000.txt'), calibration);
  assert.equal(detectLayout(folder), 'kitti-2012');
  const source = await openSource({ kind: 'kitti-2012', folder });
  assert.equal(source.length, 1);
  const found = await source.read(0);
  assert.deepEqual([found.camera.baselineM, found.camera.doffsPx, found.camera.width], [0.5, 2, 96]);
  assert.deepEqual(found.disparityLeft, sample.disparityLeft);
  assert.equal(found.visibleLeft, undefined);
});

test('KITTI 2015: moving cars are the foreground', async (t) => {
  const folder = await temporaryFolder(t);
  const training = join(folder, 'training');
  const objects = new Uint8Array(96 * 48);
  objects[100] = 1;
  objects[101] = 7;
  await put(join(training, 'image_2/000000_10.png'), await encodePng(sample.left));
  await put(join(training, 'image_3/000000_10.png'), await encodePng(sample.right));
  await put(join(training, 'obj_map/000000_10.png'), encodeGreyPng({ width: 96, height: 48, data: objects }));
  await put(join(folder, 'cameras.json'), JSON.stringify({ '000000_10': sample.camera }));
  const { foregroundLeft } = await (await openSource({ kind: 'kitti-2015', folder })).read(0);
  assert.deepEqual([...foregroundLeft!.data.subarray(99, 103)], [0, 1, 1, 0]);
});

test('KITTI raw: improved ground truth in any of the places people unpack it to', async (t) => {
  const root = await temporaryFolder(t);
  const folder = join(root, 'raw');
  const drive = '2011_09_26_drive_0001_sync';
  const depth: FloatMap = { width: 96, height: 48, data: new Float32Array(96 * 48).fill(Number.NaN) };
  depth.data[50] = 12.5;
  await put(join(folder, '2011_09_26', drive, 'image_02/data/0000000005.png'), await encodePng(sample.left));
  await put(
    join(folder, '2011_09_26/calib_cam_to_cam.txt'),
    'S_rect_02: 96 48\nP_rect_02: 60 0 45 0 0 60 22 0 0 0 1 0\nP_rect_03: 60 0 45 -30 0 60 22 0 0 0 1 0\n',
  );
  for (const place of [
    join(root, 'data_depth_annotated/val', drive),
    join(folder, 'train', drive),
    join(folder, '2011_09_26', drive),
  ]) {
    depth.data[50]! += 1;
    await put(join(place, 'proj_depth/groundtruth/image_02/0000000005.png'), encodePng16(depth));
    const source = await openSource({ kind: 'kitti-raw', folder, truth: 'annotated' });
    const found = await source.readView!(0);
    assert.equal(found.depthLeft!.data[50], depth.data[50], place);
    assert.ok(Math.abs(found.disparityLeft!.data[50]! - 30 / depth.data[50]!) < 1e-5);
    assert.ok(Number.isNaN(found.depthLeft!.data[51]!));
  }
});

test('KITTI raw: improved ground truth of either view is that of its own folder', async (t) => {
  const folder = await temporaryFolder(t);
  const [date, drive] = ['2011_09_26', '2011_09_26_drive_0001_sync'];
  const calibration =
    'S_rect_02: 96 48\nP_rect_02: 60 0 45 0 0 60 22 0 0 0 1 0\nP_rect_03: 60 0 45 -30 0 60 22 0 0 0 1 0\n';
  await put(join(folder, date, 'calib_cam_to_cam.txt'), calibration);
  const truth = (depthM: number): FloatMap => ({ width: 96, height: 48, data: new Float32Array(96 * 48).fill(depthM) });
  for (const [view, image, depthM] of [
    ['image_02', sample.left, 10],
    ['image_03', sample.right, 20],
  ] as const) {
    await put(join(folder, date, drive, view, 'data/0000000005.png'), await encodePng(image));
    const place = join(folder, date, drive, 'proj_depth/groundtruth', view);
    await put(join(place, '0000000005.png'), encodePng16(truth(depthM)));
  }
  const found = await (await openSource({ kind: 'kitti-raw', folder, truth: 'annotated' })).read(0);
  assert.deepEqual([found.left, found.right], [sample.left, sample.right]);
  assert.equal(found.depthLeft!.data[50], 10);
  // fx * B = 30.
  assert.equal(found.disparityLeft!.data[50], 3);
  assert.equal(found.disparityRight!.data[50], 1.5);
});

test('the depth selection of KITTI: one view, its own focal length, truth by its own name', async (t) => {
  const folder = await temporaryFolder(t);
  const selection = join(folder, 'depth_selection/val_selection_cropped');
  const stem = (kind: string): string => `2011_09_26_drive_0002_sync_${kind}_0000000005_image_02`;
  await put(join(selection, 'image', `${stem('image')}.png`), await encodePng(sample.left));
  await put(join(selection, 'intrinsics', `${stem('image')}.txt`), '60 0 45 0 61 22 0 0 1');
  await put(
    join(selection, 'groundtruth_depth', `${stem('groundtruth_depth')}.png`),
    encodePng16(sample.disparityLeft!),
  );
  assert.equal(detectLayout(folder), 'kitti-depth');
  const source = await openSource({ kind: 'kitti-depth', folder });
  const found = await source.readView!(0);
  assert.deepEqual([found.camera.fxPx, found.camera.fyPx, found.camera.cyPx], [60, 61, 22]);
  assert.deepEqual(found.depthLeft, sample.disparityLeft);
  await assert.rejects(
    source.read(0),
    (error) => isCyclopsError(error, 'FILE_MISSING') && /no right view/.test(error.message),
  );
});

/** The tiny pair in a corner of images of Scene Flow's size, the far plane around it. */
function largePair() {
  const [width, height] = [960, 540];
  const place = <T extends Float32Array | Uint8Array>(from: T, to: T, channels: number): T => {
    const row = sample.left.width * channels;
    for (let y = 0; y < sample.left.height; y++) to.set(from.subarray(y * row, (y + 1) * row), y * width * channels);
    return to;
  };
  const image = (from: Uint8Array) => ({ width, height, data: place(from, new Uint8Array(width * height * 3), 3) });
  const map = (from: Float32Array) => ({
    width,
    height,
    data: place(from, new Float32Array(width * height).fill(3), 1),
  });
  const visible = new Uint8Array(width * height).map((_, i) => (i % width < 3 ? 0 : 1));
  return {
    left: image(sample.left.data),
    right: image(sample.right.data),
    disparityLeft: map(sample.disparityLeft!.data),
    disparityRight: map(sample.disparityRight!.data),
    visibleLeft: { width, height, data: place(sample.visibleLeft!.data, visible, 1) },
  };
}

test('Scene Flow: the paths of Monkaa and Driving, clean or final, both focal lengths', async (t) => {
  const folder = await temporaryFolder(t);
  const large = largePair();
  const scenes = [
    'driving/RENDER/15mm_focallength/scene_forwards/fast',
    'driving/RENDER/35mm_focallength/scene_forwards/fast',
    'monkaa/RENDER/eating_x2',
  ];
  for (const scene of scenes) {
    for (const pass of ['frames_cleanpass', 'frames_finalpass']) {
      const shade = { ...large.left, data: large.left.data.map((v) => (pass === 'frames_cleanpass' ? v : v >> 1)) };
      await put(join(folder, scene.replace('RENDER', pass), 'left/0001.png'), await encodePng(shade));
      await put(join(folder, scene.replace('RENDER', pass), 'right/0001.png'), await encodePng(large.right));
    }
    const truth = join(folder, scene.replace('RENDER', 'disparity'));
    await put(join(truth, 'left/0001.pfm'), encodePfm(large.disparityLeft));
    await put(join(truth, 'right/0001.pfm'), encodePfm(large.disparityRight));
  }
  assert.equal(detectLayout(folder), 'scene-flow');
  const clean = await openSource({ kind: 'scene-flow', folder, pass: 'clean' });
  const final = await openSource({ kind: 'scene-flow', folder });
  assert.deepEqual(
    [0, 1, 2].map((i) => clean.idAt(i)),
    [
      'driving_15mm_focallength_scene_forwards_fast_0001',
      'driving_35mm_focallength_scene_forwards_fast_0001',
      'monkaa_eating_x2_0001',
    ],
  );
  const [near, far] = [await clean.read(0), await final.read(1)];
  assert.deepEqual([near.camera.fxPx, far.camera.fxPx], [450, 1050]);
  assert.deepEqual(near.left, large.left);
  assert.equal(far.left.data[0], large.left.data[0]! >> 1);
  assert.deepEqual(near.disparityLeft, large.disparityLeft);
  // The rendered mask, except where two surfaces 6 px apart happen to agree: nowhere.
  assert.deepEqual(near.visibleLeft, large.visibleLeft);
  assert.notEqual(clean.imagesFingerprint, final.imagesFingerprint);
});

test('Cityscapes: disparity less one step, the camera of each image, no bonnet', async (t) => {
  const folder = await temporaryFolder(t);
  const name = 'frankfurt_000000_000294';
  const place = (kind: string, ending: string): string =>
    join(folder, kind, 'val/frankfurt', `${name}_${kind}.${ending}`);
  await put(place('leftImg8bit', 'png'), await encodePng(sample.left));
  await put(place('rightImg8bit', 'png'), await encodePng(sample.right));
  const stored = new Uint16Array(96 * 48);
  stored[0] = 1;
  stored[1] = 257;
  await put(place('disparity', 'png'), encodeGreyPng({ width: 96, height: 48, data: stored }));
  await put(
    place('camera', 'json'),
    JSON.stringify({
      extrinsic: { baseline: 0.2093, pitch: 0.03, roll: 0, x: 1.7, y: 0.1, yaw: 0, z: 1.2 },
      intrinsic: { fx: 100, fy: 101, u0: 48, v0: 20 },
    }),
  );
  assert.equal(detectLayout(folder), 'cityscapes');
  const source = await openSource({ kind: 'cityscapes', folder });
  assert.equal(source.idAt(0), name);
  const found = await source.read(0);
  assert.deepEqual([found.left.height, found.right.height, found.camera.height], [38, 38, 38]);
  assert.deepEqual([found.camera.fxPx, found.camera.fyPx, found.camera.baselineM], [100, 101, 0.2093]);
  assert.deepEqual([...found.disparityLeft!.data.subarray(0, 3)], [0, 1, Number.NaN]);
});

/** A MAT file of level 5 with one array of doubles, as MATLAB 7 writes it: compressed. */
function matFile(name: string, dimensions: readonly number[], values: Float64Array): Uint8Array {
  const element = (type: number, body: Uint8Array): Uint8Array => {
    const padded = new Uint8Array(8 + Math.ceil(body.length / 8) * 8);
    new DataView(padded.buffer).setUint32(0, type, true);
    new DataView(padded.buffer).setUint32(4, body.length, true);
    padded.set(body, 8);
    return padded;
  };
  const body = Buffer.concat([
    element(6, new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0])),
    element(5, new Uint8Array(Int32Array.from(dimensions).buffer)),
    element(1, new TextEncoder().encode(name)),
    element(9, new Uint8Array(values.buffer)),
  ]);
  const packed = deflateSync(element(14, body));
  const tag = new Uint8Array(8);
  new DataView(tag.buffer).setUint32(0, 15, true);
  new DataView(tag.buffer).setUint32(4, packed.length, true);
  const header = new Uint8Array(128).fill(32);
  header.set([0, 1, 0x49, 0x4d], 124);
  return Buffer.concat([header, tag, packed]);
}

test('Make3D: the middle of the image, rows 17 to 37 of the laser grid, from a MATLAB file', async (t) => {
  const folder = await temporaryFolder(t);
  const grid = new Float64Array(55 * 305 * 4);
  for (let y = 0; y < 55; y++) for (let x = 0; x < 305; x++) grid[y + 55 * (x + 305 * 3)] = y + x / 1000;
  const image = { width: 40, height: 54, data: new Uint8Array(40 * 54 * 3).fill(20) };
  image.data.fill(200, 17 * 40 * 3, 37 * 40 * 3);
  await put(join(folder, 'Test134/img-op1-p-015t000.jpg'), await encodeJpeg(image, 100));
  await put(
    join(folder, 'Gridlaserdata/depth_sph_corr-op1-p-015t000.mat'),
    matFile('Position3DGrid', [55, 305, 4], grid),
  );
  await put(join(folder, 'Train400Img/img-op9-p-015t000.jpg'), await encodeJpeg(image));
  assert.equal(detectLayout(folder), 'make3d');
  const source = await openSource({ kind: 'make3d', folder });
  assert.equal(source.length, 1, 'the training images do not count');
  const { left, depthLeft } = await source.readView!(0);
  assert.deepEqual([left.width, left.height], [40, 20]);
  assert.ok(left.data.every((value) => value > 150));
  assert.deepEqual([depthLeft!.width, depthLeft!.height], [305, 21]);
  assert.ok(Math.abs(depthLeft!.data[0]! - 17) < 1e-6);
  assert.ok(Math.abs(depthLeft!.data[20 * 305 + 304]! - 37.304) < 1e-5);

  const path = join(folder, 'Gridlaserdata/depth_sph_corr-op1-p-015t000.mat');
  for (const [bytes, expected] of [
    [matFile('Depth', [1, 1], new Float64Array(1)), /expected a variable Position3DGrid, found Depth/],
    [matFile('Position3DGrid', [2, 2], new Float64Array(4)), /expected 55x305x4, found 2x2/],
    [matFile('Position3DGrid', [55, 305, 4], grid).subarray(0, 3000), /ends early|damaged/],
    [new Uint8Array(500), /expected a little-endian MAT file/],
  ] as const) {
    await put(path, bytes);
    await assert.rejects(
      source.readView!(0),
      (error) => isCyclopsError(error, 'DATA_INVALID') && expected.test(error.message),
    );
  }
});

test('a folder that fits two layouts must be named', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'sequences'));
  await mkdir(join(folder, 'leftImg8bit'));
  assert.throws(() => detectLayout(folder), /could be kitti-odometry or cityscapes; say which, as in kitti-odometry:/);
});
