import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { readPairLabels } from '../../../src/data/labels.js';
import { createFloatMap } from '../../../src/geometry/raster.js';
import { openLabelThreads } from '../../../src/train/labels/label-threads.js';
import type { PairPrediction } from '../../../src/train/labels/producers/producer.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const [width, height] = [24, 8];

function prediction(disparityPx: number): PairPrediction {
  const view = () => ({
    disparity: createFloatMap(width, height, disparityPx),
    visible: createFloatMap(width, height, 0.9),
  });
  return { left: view(), right: view() };
}

test('more pairs than threads are all written, each with its own labels', async (t) => {
  const folder = await temporaryFolder(t);
  const threads = openLabelThreads(folder);
  t.after(() => threads.close());
  const written: string[] = [];
  const pairs = Array.from({ length: 9 }, (_, index) => ({ id: `pair-${index}`, disparityPx: index + 1 }));
  for (const { id, disparityPx } of pairs)
    await threads.write({ id, prediction: prediction(disparityPx) }, () => written.push(id));
  await threads.finish();
  assert.deepEqual(written.sort(), pairs.map(({ id }) => id).sort());
  for (const { id, disparityPx } of pairs) {
    const labels = await readPairLabels(folder, id, { width, height });
    assert.ok(labels.disparityLeft!.data.every((px) => px === disparityPx));
    assert.ok(labels.visibleRight!.data.every((bit) => bit === 1));
    assert.ok(Math.abs(labels.confidenceLeft!.data[width - 1]! - 0.9) < 0.005);
  }
});

test('what a thread cannot write ends the labelling with its reason', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  const threads = openLabelThreads(join(file, 'labels'));
  t.after(() => threads.close());
  await threads.write({ id: 'pair', prediction: prediction(3) }, () => assert.fail('nothing was written'));
  await assert.rejects(threads.finish(), (error) => isCyclopsError(error, 'WRITE_FAILED'));
  await assert.rejects(
    threads.write({ id: 'next', prediction: prediction(3) }, () => undefined),
    (error) => isCyclopsError(error, 'WRITE_FAILED'),
  );
});
