import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StereoSample } from '../../src/data/sample.js';
import { evaluateDisparity } from '../../src/eval/evaluate.js';
import { evaluationSheet } from '../../src/eval/prediction-image.js';
import { depthFromDisparity } from '../../src/geometry/disparity.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { colorizeDepth, colorizeError, depthScale } from '../../src/image/colormap.js';
import { contactSheet } from '../../src/image/sheet.js';
import { tinySample, tinySize } from '../support/tiny-pairs.js';

const { width, height } = tinySize;
const range = { minM: 2, maxM: 80 };

/** The sheet of a sample whose prediction is 2 px too large, and that of the cells that it should hold. */
async function sheetOf(
  sample: StereoSample,
  trueDepthM: Float32Array,
  error: readonly [data: Float32Array, limit: number, label: string],
) {
  const { disparityLeft, left, camera } = tinySample(0);
  const predicted = { ...disparityLeft!, data: disparityLeft!.data.map((value) => value + 2) };
  const source = {
    spec: { kind: 'kitti-2015', folder: 'in memory' },
    ...{ length: 1, fingerprint: 'test', imagesFingerprint: 'test', idAt: () => sample.id, read: async () => sample },
  } as const;
  const { images } = await evaluateDisparity(source, async () => predicted, {
    pixels: 'all',
    maxDepthM: 80,
    crop: 'none',
  });
  const [data, limit, label] = error;
  const cells = [
    { image: left, label: `${sample.id}: left view` },
    {
      image: colorizeDepth(depthFromDisparity(predicted, camera), range),
      label: `predicted depth, Abs Rel ${images[0]!.depth!.absRel.toFixed(3)}`,
    },
    { image: colorizeDepth({ width, height, data: trueDepthM }, range), label: 'true depth' },
    { image: colorizeError({ width, height, data }, limit), label },
    { image: depthScale(width, 24, range.minM, range.maxM), label: 'depth' },
  ];
  return [
    evaluationSheet(sample, predicted, images[0]!),
    contactSheet(cells, { columns: 2, cellWidth: width }),
  ] as const;
}

test('a sheet shows input, prediction, truth, error in px and the scale, in this order', async () => {
  const sample = tinySample(0);
  const trueM = depthFromDisparity(sample.disparityLeft!, sample.camera).data;
  const [found, expected] = await sheetOf(sample, trueM, [
    createFloatMap(width, height, 2).data,
    6,
    'disparity error, 0 (blue) to 6 px (red)',
  ]);
  assert.deepEqual(found, expected);
});

test('where truth is depth, the error is a share of it', async () => {
  const { disparityLeft, ...sample } = tinySample(0);
  const depthLeft = depthFromDisparity(disparityLeft!, sample.camera);
  const share = disparityLeft!.data.map((value, i) => {
    const trueM = depthLeft.data[i]!;
    return Math.abs(trueM - Math.fround(30 / (value + 2))) / trueM;
  });
  const [found, expected] = await sheetOf({ ...sample, depthLeft }, depthLeft.data, [
    share,
    0.3,
    'depth error, 0 (blue) to 30 % (red)',
  ]);
  assert.deepEqual(found, expected);
});
