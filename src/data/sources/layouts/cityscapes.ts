import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../../base/config.js';
import type { FloatMap, RgbImage } from '../../../geometry/raster.js';
import { readPng16 } from '../../../image/png16.js';
import { refuseStrayKeys } from '../../calibration.js';
import { cameraOfPublished } from '../calibrated-size.js';
import { assertSameSize, findImage, imageEndings, listFiles, listFolders } from '../files.js';
import type { Layout, PairCamera, PairFiles, Size, Truth } from '../layout.js';

/** The bottom fifth shows the car's bonnet (Godard et al. 2017, Guo et al. 2018 crop it). */
const keptRows = 4 / 5;

/** All images have this size as published; a camera's file does not say it. */
const publishedSize = { width: 2048, height: 1024 };

const cameraSchema = z.looseObject({
  extrinsic: z.looseObject({ baseline: z.number().positive() }),
  intrinsic: z.looseObject({ fx: z.number().positive(), fy: z.number().positive(), u0: z.number(), v0: z.number() }),
});
const knownKeys = /^(?:extrinsic|intrinsic|baseline|pitch|roll|yaw|[xyz]|f[xy]|[uv]0)$/;

/**
 * Cityscapes: `leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png` with `rightImg8bit`, `disparity` and `camera` beside it. The
 * lower fifth, the bonnet, is cropped. Disparity is (value - 1) / 256, computed by its authors with semi-global matching.
 * Ids are `CITY_SEQUENCE_FRAME`.
 */
export const cityscapes: Layout = {
  name: 'cityscapes',
  expects: 'images in leftImg8bit/SPLIT/CITY',
  detect: (folder) => existsSync(join(folder, 'leftImg8bit')),
  async list(spec) {
    const pairs: PairFiles[] = [];
    const orphans: string[] = [];
    const views = join(spec.folder, 'leftImg8bit');
    const cities: string[] = [];
    for (const split of await listFolders(views)) {
      cities.push(...(await listFolders(join(views, split))).map((city) => join(split, city)));
    }
    for (const city of cities) {
      const left = await listFiles(join(views, city), imageEndings);
      const stems = new Set([...left.keys()].map((stem) => stem.replace(/_leftImg8bit$/, '')));
      for (const [stem, path] of await listFiles(join(spec.folder, 'rightImg8bit', city), imageEndings)) {
        if (!stems.has(stem.replace(/_rightImg8bit$/, ''))) orphans.push(path);
      }
      for (const [stem, path] of left) {
        const id = stem.replace(/_leftImg8bit$/, '');
        const fileOf = (kind: string): string => join(spec.folder, kind, city, `${id}_${kind}`);
        const camera = `${fileOf('camera')}.json`;
        const disparity = `${fileOf('disparity')}.png`;
        pairs.push({
          id,
          left: path,
          right: findImage(fileOf('rightImg8bit')) ?? `${fileOf('rightImg8bit')}.png`,
          cameraFiles: [camera],
          truthFiles: existsSync(disparity) ? [disparity] : [],
          crop: withoutBonnet,
          async readCamera({ width, height }) {
            const full = await readCityscapesCamera(camera, { width, height }, path);
            // Cutting at the bottom moves no pixel.
            return { ...full, height: Math.floor(height * keptRows) };
          },
          async readTruth(used): Promise<Truth> {
            return existsSync(disparity) ? { disparityLeft: await readDisparity(disparity, used, path) } : {};
          },
        });
      }
    }
    return { pairs, root: spec.folder, orphans };
  },
};

async function readCityscapesCamera(calibration: string, stored: Size, image: string): Promise<PairCamera> {
  const file = await readConfig(calibration, cameraSchema);
  const { extrinsic, intrinsic } = file;
  const keys = [file, extrinsic, intrinsic].flatMap((part) => Object.keys(part));
  refuseStrayKeys(keys, knownKeys, calibration, "the fields of Cityscapes' cameras");
  const camera = {
    fxPx: intrinsic.fx,
    fyPx: intrinsic.fy,
    cxPx: intrinsic.u0,
    cyPx: intrinsic.v0,
    baselineM: extrinsic.baseline,
    doffsPx: 0,
  };
  return cameraOfPublished(camera, publishedSize, stored, { calibration, image });
}

function withoutBonnet({ width, height, data }: RgbImage): RgbImage {
  const rows = Math.floor(height * keptRows);
  return { width, height: rows, data: data.subarray(0, width * rows * 3) };
}

async function readDisparity(
  path: string,
  used: { readonly width: number; readonly height: number },
  image: string,
): Promise<FloatMap> {
  const { width, height, data } = await readPng16(path);
  const rows = Math.floor(height * keptRows);
  assertSameSize(used, image, { width, height: rows }, path);
  return { width, height: rows, data: data.subarray(0, width * rows).map((value) => value - 1 / 256) };
}
