import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StereoCamera } from '../../../src/geometry/camera.js';
import { scaleIntrinsics } from '../../../src/geometry/camera.js';
import { networks } from '../../../src/train/networks/index.js';
import { createNetwork } from '../../../src/train/networks/network.js';
import { makeExamples } from '../../../src/train/report/examples.js';
import { openValidation } from '../../../src/train/run/validate.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinyCamera, writeTinyFolder } from '../../support/tiny-pairs.js';

const entry = networks['mono-vgg'];
const size = { width: 64, height: 32 };

/** A student that says `disparityPx` everywhere. */
function constantStudent(disparityPx: number): tf.LayersModel {
  const model = createNetwork({ network: 'mono-vgg', widthMultiplier: 0.1, seed: 1 }, size);
  tf.tidy(() => {
    model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
    const head = model.getLayer('disparity0');
    head.setWeights([tf.zeros(head.getWeights()[0]!.shape), tf.tensor1d([disparityPx / entry.outputFactorPx(64)])]);
  });
  return model;
}

const camera = scaleIntrinsics(tinyCamera, size.width, size.height);

test('exactly the pairs that were asked for count, whatever the batch', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 5);
  const model = constantStudent(4);
  const measure = async (count: number, batch: number): Promise<Record<string, number>> => {
    const source = { kind: 'kitti-2015', folder } as const;
    return (await openValidation(source, entry, { ...size, camera, count, batch })).measure(model);
  };
  for (const count of [3, 5, 100]) {
    const oneByOne = await measure(count, 1);
    assert.ok(oneByOne.valEpePx! > 0);
    for (const batch of [2, 4]) {
      for (const [name, value] of Object.entries(await measure(count, batch))) {
        assert.ok(Math.abs(value - oneByOne[name]!) < 1e-6, `${name} of ${count} pairs in batches of ${batch}`);
      }
    }
  }
  assert.notEqual((await measure(3, 1)).valEpePx, (await measure(5, 1)).valEpePx);
  model.dispose();
});

test('a pair that fills its batch several times is an example once', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const model = constantStudent(4);
  const source = { kind: 'kitti-2015', folder } as const;
  const { batches } = await openValidation(source, entry, { ...size, camera, count: 16, batch: 4 });
  assert.deepEqual(batches[0]!.ids, ['000000_10', '000000_10', '000000_10', '000000_10']);
  const examples = await makeExamples(model, entry, batches, 4);
  assert.deepEqual(
    examples.map(({ id }) => id),
    ['000000_10'],
  );
  model.dispose();
});

test('a student is measured in metres of the camera it was trained with', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const model = constantStudent(4);
  const measure = async (): Promise<Record<string, number>> => {
    const source = { kind: 'kitti-2015', folder } as const;
    return (await openValidation(source, entry, { ...size, camera, count: 2, batch: 1 })).measure(model);
  };
  const same = await measure();
  // The same pairs as a rig of half the baseline would have measured them: every true depth is half of what it was.
  const path = join(folder, 'cameras.json');
  const cameras = JSON.parse(await readFile(path, 'utf8')) as Record<string, StereoCamera>;
  const halved = Object.entries(cameras).map(([id, one]) => [id, { ...one, baselineM: one.baselineM / 2 }]);
  await writeFile(path, JSON.stringify(Object.fromEntries(halved)));
  const other = await measure();
  // 4 px are 4.7 m to this student; the pairs' surfaces were at 2 to 15 m and are now at 1 to 8 m.
  assert.ok(Math.abs(other.valAbsRel! - same.valAbsRel!) > 0.1, `${other.valAbsRel} and ${same.valAbsRel}`);
  model.dispose();
});
