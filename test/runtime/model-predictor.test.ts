import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readModelPackage } from '../../src/model-package/read.js';
import { openOrtNode } from '../../src/runtime/engine/ort-node/ort-node.js';
import { openModelPredictor } from '../../src/runtime/model-predictor.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

const { width, height } = tinySize;

test('disparity of a model is fx * B over its metres, for the training camera and for a narrower one', async (t) => {
  const folder = await temporaryFolder(t);
  const { package: model } = await writeTinyPackage(folder, { width, height });
  const engine = await openOrtNode(await readModelPackage(folder), { provider: 'cpu', threads: 1 });
  const { left } = tinySample(2);
  const { depthM } = await engine.infer(left.data.slice() as Uint8Array<ArrayBuffer>);
  await engine.close();
  const predictor = await openModelPredictor(folder);
  t.after(() => predictor.close());
  for (const ratio of [1, 1.5]) {
    const { fxPx, fyPx, cxPx, cyPx } = model.camera;
    const camera = { width, height, fxPx: fxPx * ratio, fyPx: fyPx * ratio, cxPx, cyPx, baselineM: 0.3, doffsPx: 0 };
    const { data } = await predictor.predict({ ...tinySample(2), camera });
    // A camera that sees less has everything `ratio` times larger in its image, so it is `ratio` times further away.
    for (let i = 0; i < data.length; i++) {
      const expected = (camera.fxPx * 0.3) / (depthM[i]! * ratio);
      assert.ok(Math.abs(data[i]! - expected) < 1e-4 * expected, `pixel ${i}: ${data[i]} against ${expected}`);
    }
  }
});

test('a wider camera is cropped to the training field of view; around it nothing is predicted', async (t) => {
  const folder = await temporaryFolder(t);
  const { package: model } = await writeTinyPackage(folder, { width: 48, height: 24 });
  const predictor = await openModelPredictor(folder);
  t.after(() => predictor.close());
  // Half the focal length at equal width: the training field of view is the middle half of the image.
  const focal = model.camera.fxPx * (width / 48) * 0.5;
  const camera = { width, height, fxPx: focal, fyPx: focal, cxPx: 47.5, cyPx: 23.5, baselineM: 0.5, doffsPx: 0 };
  const { data } = await predictor.predict({ ...tinySample(2), camera });
  const known = Array.from({ length: width }, (_, x) => !Number.isNaN(data[24 * width + x]!));
  assert.equal(known.filter(Boolean).length, 48);
  assert.ok(known.indexOf(true) >= 22 && known.indexOf(true) <= 26);
  assert.ok(Number.isNaN(data[0]!) && Number.isNaN(data.at(-1)!));
});

test('the byte order of the input makes no difference', async (t) => {
  const folder = await temporaryFolder(t);
  const sample = tinySample(2);
  const results: Float32Array[] = [];
  for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
    const path = join(folder, channels);
    const { package: model } = await writeTinyPackage(path, { width, height, channels });
    const predictor = await openModelPredictor(path);
    results.push(
      (
        await predictor.predict({
          ...sample,
          camera: { ...sample.camera, fxPx: model.camera.fxPx, fyPx: model.camera.fyPx },
        })
      ).data,
    );
    await predictor.close();
  }
  for (const other of results.slice(1)) {
    assert.ok(other.every((value, i) => Math.abs(value - results[0]![i]!) < 1e-4 * value));
  }
});
