import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderLayout } from '../../src/data/sample.js';
import { openSource } from '../../src/data/sources/index.js';
import type { StereoCamera } from '../../src/geometry/camera.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { runCases } from './cases.js';
import { sizeCases, strictCases } from './data-calibrations.js';
import { imageCases } from './data-images.js';
import { listCases } from './data-lists.js';
import { truthCases } from './data-truth.js';

runCases([...truthCases, ...listCases, ...sizeCases, ...strictCases, ...imageCases]);

/** The first pair of each published sample: what was right stays right, to the last digit. */
const published: readonly {
  readonly layout: FolderLayout;
  readonly folder: string;
  readonly pairs: number;
  readonly camera: StereoCamera;
  /** Place in the left map of depth (m) where there is one, else of disparity (px) -> its value. */
  readonly truth: Readonly<Record<number, number>>;
  readonly known: number;
  readonly pixel: readonly number[];
}[] = [
  {
    layout: 'kitti-2015',
    folder: 'kitti2015',
    pairs: 17,
    camera: kitti({ width: 1242, height: 375 }),
    truth: { 140230: 70.7109375, 232928: 7.203125, 326034: 29.11328125, 419176: 53.16796875 },
    known: 106_133,
    pixel: [255, 255, 255],
  },
  {
    layout: 'kitti-raw',
    folder: 'kitti_raw',
    pairs: 78,
    camera: kitti({ width: 1242, height: 375 }),
    truth: {
      140196: 4.193026542663574,
      232875: 9.628198623657227,
      326197: 10.692845344543457,
      419348: 7.244526386260986,
    },
    known: 16_340,
    pixel: [56, 51, 58],
  },
  {
    layout: 'kitti-odometry',
    folder: 'kitti_odometry',
    pairs: 51,
    camera: {
      width: 1241,
      height: 376,
      fxPx: 718.856,
      fyPx: 718.856,
      cxPx: 607.1928,
      cyPx: 185.2157,
      baselineM: 0.5371657188644179,
      doffsPx: 0,
    },
    truth: {},
    known: 0,
    pixel: [43, 43, 43],
  },
  {
    layout: 'scene-flow',
    folder: 'sceneflow',
    pairs: 1,
    camera: { width: 960, height: 540, fxPx: 1050, fyPx: 1050, cxPx: 479.5, cyPx: 269.5, baselineM: 1, doffsPx: 0 },
    truth: {
      155520: 41.75065612792969,
      259200: 44.343814849853516,
      362880: 44.59904479980469,
      466560: 49.62342834472656,
    },
    known: 518_400,
    pixel: [91, 90, 82],
  },
  {
    layout: 'middlebury',
    folder: 'middlebury',
    pairs: 1,
    camera: {
      width: 741,
      height: 497,
      fxPx: 999.421,
      fyPx: 999.421,
      cxPx: 294.182,
      cyPx: 252.932,
      baselineM: 0.193001,
      doffsPx: 32.778,
    },
    truth: {
      110484: 22.64867401123047,
      184139: 51.7147216796875,
      257794: 61.0965576171875,
      331450: 50.10273742675781,
    },
    known: 360_593,
    pixel: [80, 80, 86],
  },
];

function kitti(size: { readonly width: number; readonly height: number }): StereoCamera {
  const [fxPx, fyPx, cxPx, cyPx] = [721.5377, 721.5377, 609.5593, 172.854];
  return { ...size, fxPx, fyPx, cxPx, cyPx, baselineM: 0.5327254279298227, doffsPx: 0 };
}

for (const { layout, folder, pairs, camera, truth, known, pixel } of published) {
  test(`the published sample of ${layout} keeps its camera, truth and pixels`, skipWithout(folder), async () => {
    const source = await openSource({ kind: layout, folder: sharedData(folder)! });
    assert.equal(source.length, pairs);
    const view = await source.readView!(0);
    assert.deepEqual(view.camera, camera);
    const map = view.depthLeft ?? view.disparityLeft;
    for (const [at, value] of Object.entries(truth)) assert.equal(map!.data[Number(at)], value);
    assert.equal(map?.data.filter((value) => value > 0).length ?? 0, known);
    assert.deepEqual([...view.left.data.subarray(300_000, 300_003)], pixel);
  });
}
