import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../../../base/config.js';
import type { FloatMap, RgbImage } from '../../../geometry/raster.js';
import { readPng16 } from '../../../image/png16.js';
import { assertSameSize, findImage, imageEndings, listFiles, listFolders } from '../files.js';
import type { Layout, PairFiles, Truth } from '../layout.js';

/** The bottom fifth shows the car's bonnet (Godard et al. 2017, Guo et al. 2018 crop it). */
const keptRows = 4 / 5;

const cameraSchema = z.object({
  extrinsic: z.object({ baseline: z.number().positive() }),
  intrinsic: z.object({ fx: z.number().positive(), fy: z.number().positive(), u0: z.number(), v0: z.number() }),
});

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
            const { extrinsic, intrinsic } = await readConfig(camera, cameraSchema);
            // Cutting at the bottom moves no pixel.
            return {
              width,
              height: Math.floor(height * keptRows),
              fxPx: intrinsic.fx,
              fyPx: intrinsic.fy,
              cxPx: intrinsic.u0,
              cyPx: intrinsic.v0,
              baselineM: extrinsic.baseline,
              doffsPx: 0,
            };
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
