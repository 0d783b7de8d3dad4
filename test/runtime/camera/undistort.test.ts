import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import { renderPair } from '../../../src/data/synthetic/render-pair.js';
import type { Intrinsics } from '../../../src/geometry/camera.js';
import { distort, type LensDistortion } from '../../../src/geometry/distortion.js';
import { networkView } from '../../../src/geometry/network-view.js';
import type { RgbImage } from '../../../src/geometry/raster.js';
import { encodePng } from '../../../src/image/codec.js';
import { planUndistortion } from '../../../src/runtime/camera/undistort.js';
import { type DepthFrame, metricDepth } from '../../../src/runtime/index.js';
import { throughLens } from '../../support/lens.js';
import { KeepingOutput, stream } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A real lens of about 100 degrees, strongly bent, in an image of another shape than the network's. */
const lens: LensDistortion = {
  kind: 'brown',
  radial: [-0.28, 0.09, -0.012],
  tangential: [0.0006, -0.0004],
  rational: [0, 0, 0],
};
const camera: Intrinsics = { width: 1280, height: 720, fxPx: 640, fyPx: 636, cxPx: 628, cyPx: 371 };
const training: Intrinsics = { width: 640, height: 192, fxPx: 371.8, fyPx: 369.4, cxPx: 313.9, cyPx: 88.3 };

test('every pixel of the network is looked up where the lens has put its ray', () => {
  const view = networkView(training, camera).intrinsics;
  const plan = planUndistortion({ camera, lens, rotation: undefined, rectified: camera }, view, 1280, 720)!;
  const { crop, width, height, map } = plan;
  assert.equal(width % 4, 0);
  assert.ok(width <= crop.width && height <= crop.height);
  for (const [column, row] of [
    [0, 0],
    [639, 191],
    [320, 96],
    [17, 150],
  ] as const) {
    const ray = [(column - view.cxPx) / view.fxPx, (row - view.cyPx) / view.fyPx] as const;
    const [x, y] = distort(lens, ...ray)!;
    const at = (row * 640 + column) * 2;
    // From the captured image back to the source's.
    const sourceX = ((map.data[at]! + 0.5) * crop.width) / width - 0.5 + crop.x;
    const sourceY = ((map.data[at + 1]! + 0.5) * crop.height) / height - 0.5 + crop.y;
    assert.ok(Math.abs(sourceX - (x * camera.fxPx + camera.cxPx)) < 1e-3);
    assert.ok(Math.abs(sourceY - (y * camera.fyPx + camera.cyPx)) < 1e-3);
  }
  // Twice the resolution of the same camera: the same rays.
  const twice = planUndistortion({ camera, lens, rotation: undefined, rectified: camera }, view, 2560, 1440)!;
  assert.ok(Math.abs(twice.crop.width / crop.width - 2) < 0.02);
});

test('a pinhole needs no look-up', () => {
  const pinhole = { camera, lens: undefined, rotation: undefined, rectified: camera };
  assert.equal(planUndistortion(pinhole, networkView(training, camera).intrinsics, 1280, 720), undefined);
});

async function depthOf(t: TestContext, image: RgbImage, settings: object): Promise<DepthFrame> {
  const folder = join(await temporaryFolder(t), 'images');
  await mkdir(folder);
  await writeFile(join(folder, 'a.png'), await encodePng(image));
  const output = new KeepingOutput();
  const model = join(packageRoot(), 'models/edge-street');
  const source = { kind: 'images', path: folder } as const;
  await (await stream({ model, engine: { threads: 1 }, camera: { source, ...settings } }, output)).done;
  return output.frames[0]!;
}

test('one street, two cameras, the same metres: the shipped model through a pinhole and through a bent lens', async (t) => {
  const { left, camera: pinhole } = renderPair({
    domain: 'street',
    seed: 5,
    scene: 0,
    frame: 3,
    width: 1242,
    height: 375,
    sensor: false,
  });
  const { width, height, fxPx, fyPx, cxPx, cyPx } = pinhole;
  const straight = await depthOf(t, left, { intrinsics: { width, height, fxPx, fyPx, cxPx, cyPx } });

  const calibration = join(await temporaryFolder(t), 'lens.yaml');
  const [k1, k2, k3] = lens.radial;
  await writeFile(
    calibration,
    `image_width: 1280\nimage_height: 720\ndistortion_model: plumb_bob\ndistortion_coefficients: {data: [${[k1, k2, ...lens.tangential, k3]}]}\ncamera_matrix: {data: [${camera.fxPx}, 0, ${camera.cxPx}, 0, ${camera.fyPx}, ${camera.cyPx}, 0, 0, 1]}\n`,
  );
  const taken = throughLens(left, pinhole, camera, lens);
  const undistorted = await depthOf(t, taken, { calibration });
  assert.equal(undistorted.image.data.length, straight.image.data.length);
  assert.ok(Math.abs(undistorted.intrinsics.fxPx / straight.intrinsics.fxPx - 1) < 0.01);
  assert.ok(Math.abs(undistorted.intrinsics.cyPx - straight.intrinsics.cyPx) < 1.5);

  // The same without the lens's calibration, as a control: what the undistortion is worth.
  const bent = await depthOf(t, taken, { intrinsics: { ...camera } });
  const spread = (other: DepthFrame) => {
    const [a, b] = [metricDepth(straight), metricDepth(other)];
    const shares: number[] = [];
    // Away from the borders, where the rendered image ends. Each pixel by its ray, for the two views differ a little.
    for (let row = 20; row < 172; row += 3) {
      for (let column = 40; column < 600; column += 3) {
        const x = (column - straight.intrinsics.cxPx) / straight.intrinsics.fxPx;
        const y = (row - straight.intrinsics.cyPx) / straight.intrinsics.fyPx;
        const toColumn = Math.round(x * other.intrinsics.fxPx + other.intrinsics.cxPx);
        const toRow = Math.round(y * other.intrinsics.fyPx + other.intrinsics.cyPx);
        if (toColumn < 0 || toColumn > 639 || toRow < 0 || toRow > 191) continue;
        const metres = a.data[row * 640 + column]!;
        shares.push(Math.abs(b.data[toRow * 640 + toColumn]! / metres - 1));
      }
    }
    return shares.sort((p, q) => p - q)[shares.length >> 1]!;
  };
  t.diagnostic(`median difference: ${spread(undistorted)} undistorted, ${spread(bent)} with the lens ignored`);
  assert.ok(spread(undistorted) < 0.05, `${spread(undistorted)}`);
  assert.ok(spread(bent) > 2 * spread(undistorted), `${spread(bent)}`);
});
