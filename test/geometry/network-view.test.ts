import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kittiCamera, scaleIntrinsics } from '../../src/geometry/camera.js';
import { anyCameraView, networkView } from '../../src/geometry/network-view.js';
import { cameraOf } from '../../src/runtime/camera/metric-scale.js';

const training = scaleIntrinsics(kittiCamera, 512, 160);

test('the training camera itself needs no crop and no factor', () => {
  for (const camera of [kittiCamera, scaleIntrinsics(kittiCamera, 640, 192), { width: 1242, height: 375 }]) {
    const view = networkView(training, camera);
    assert.deepEqual(view.crop, { x: 0, y: 0, width: camera.width, height: camera.height });
    assert.equal(view.depthScale, 1);
    assert.ok(Math.abs(view.intrinsics.fxPx - training.fxPx) < 0.5);
  }
});

test('a wider camera is cropped to the training field of view', () => {
  // 90 degrees across 1920 px: fx 960, so the training width covers 1242 / 721.5 * 960 px.
  const camera = cameraOf({ horizontalFovDeg: 90 }, 1920, 1080)!;
  assert.ok(Math.abs(camera.fxPx - 960) < 1e-9);
  const view = networkView(training, camera);
  assert.equal(view.depthScale, 1);
  assert.ok(Math.abs(view.crop.width - (1242 / 721.5377) * 960) <= 1);
  assert.ok(Math.abs(view.intrinsics.fxPx / training.fxPx - 1) < 2e-3);
  assert.ok(Math.abs(view.intrinsics.fyPx / training.fyPx - 1) < 5e-3);
  // The horizon is where it was in training.
  assert.ok(Math.abs(view.intrinsics.cyPx - training.cyPx) < 1);
  assert.equal(view.isGuess, false);
});

test('a narrower camera keeps its width, and depth is scaled by the focal ratio', () => {
  const camera = { width: 1280, height: 720, fxPx: 1500, fyPx: 1500, cxPx: 639.5, cyPx: 359.5 };
  const view = networkView(training, camera);
  assert.equal(view.crop.width, 1280);
  const fxAtNetwork = (1500 * 512) / 1280;
  assert.ok(Math.abs(view.depthScale - fxAtNetwork / training.fxPx) < 1e-9);
  assert.ok(view.depthScale > 1.9);
});

test('an image that is too low is padded, aligned at the horizon', () => {
  const camera = { width: 1242, height: 300, fxPx: 721.5377, fyPx: 721.5377, cxPx: 609.6, cyPx: 120 };
  const view = networkView(training, camera);
  assert.ok(Math.abs(view.crop.height - 375) <= 1);
  assert.ok(view.crop.y < 0 && view.crop.y + view.crop.height >= 300);
  assert.ok(Math.abs(view.intrinsics.cyPx - training.cyPx) < 1);
  assert.throws(() => networkView(training, { ...camera, height: 150, cyPx: 75 }), { code: 'CAMERA_INVALID' });
});

test('without a focal length the training shape is cropped and said to be a guess', () => {
  const view = networkView(training, { width: 960, height: 540 });
  assert.equal(view.isGuess, true);
  assert.equal(view.crop.width, 960);
  assert.ok(Math.abs(view.crop.width / view.crop.height / (1242 / 375) - 1) < 0.01);
  assert.equal(view.depthScale, 1);
  assert.match(view.note, /give --fx or --fov/);
  const wide = networkView(training, { width: 2000, height: 300 });
  assert.equal(wide.crop.height, 300);
  assert.ok(wide.crop.width < 1010 && wide.crop.x > 490);
});

test('crops stay inside the image and on even pixels', () => {
  for (const width of [640, 1280, 1919, 2448]) {
    for (const height of [480, 720, 1081]) {
      for (const fov of [40, 70, 100, 140]) {
        const camera = cameraOf({ horizontalFovDeg: fov }, width, height)!;
        const { crop } = networkView(training, camera);
        assert.ok(crop.x >= 0 && crop.x + crop.width <= width, JSON.stringify({ width, height, fov, crop }));
        if (crop.height <= height) assert.ok(crop.y >= 0 && crop.y + crop.height <= height);
        assert.equal(crop.x % 2, 0);
      }
    }
  }
});

test('a field of view that hardly any camera has is said to be implausible', () => {
  const at = (fxPx: number) =>
    networkView(training, { width: 1280, height: 720, fxPx, fyPx: fxPx, cxPx: 639.5, cyPx: 359.5 });
  for (const [fxPx, degrees] of [
    [72, 167],
    [7200, 10],
  ] as const) {
    const view = at(fxPx);
    assert.equal(view.isImplausible, true);
    assert.match(view.note, new RegExp(`field of view of ${degrees} degrees`));
  }
  for (const fxPx of [260, 720, 2500]) {
    assert.equal(at(fxPx).isImplausible, false);
    assert.doesNotMatch(at(fxPx).note, /degrees/);
  }
});

test('for a network of any camera the crop is the largest of its shape, from the middle', () => {
  const input = { width: 512, height: 256 };
  for (const [camera, crop] of [
    [
      { width: 1000, height: 800 },
      { x: 0, y: 150, width: 1000, height: 500 },
    ],
    [
      { width: 2000, height: 400 },
      { x: 600, y: 0, width: 800, height: 400 },
    ],
    [
      { width: 640, height: 320 },
      { x: 0, y: 0, width: 640, height: 320 },
    ],
  ] as const) {
    const view = anyCameraView(input, camera);
    assert.deepEqual(view.crop, crop);
    assert.deepEqual([view.depthScale, view.isGuess, view.isImplausible], [1, false, false]);
    const { width, height, cxPx, cyPx } = view.intrinsics;
    assert.deepEqual([width, height], [512, 256]);
    assert.ok(Math.abs(cxPx - 255.5) < 1e-9 && Math.abs(cyPx - 127.5) < 1e-9, `${cxPx}, ${cyPx}`);
  }
  const known = { width: 1000, height: 800, fxPx: 900, fyPx: 700, cxPx: 480, cyPx: 410 };
  const { intrinsics } = anyCameraView(input, known);
  assert.ok(Math.abs(intrinsics.fxPx - 900 * 0.512) < 1e-9 && Math.abs(intrinsics.fyPx - 700 * 0.512) < 1e-9);
  assert.ok(Math.abs(intrinsics.cxPx - (480.5 * 0.512 - 0.5)) < 1e-9);
  assert.ok(Math.abs(intrinsics.cyPx - (260.5 * 0.512 - 0.5)) < 1e-9);
});
