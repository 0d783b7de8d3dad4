import { join } from 'node:path';
import { CyclopsError } from '../../../base/errors.js';
import { readBytes } from '../../../base/files.js';
import { compareNatural } from '../../../base/natural-order.js';
import { kittiCamera } from '../../../geometry/camera.js';
import type { FloatMap, RgbImage } from '../../../geometry/raster.js';
import { createFloatMap } from '../../../geometry/raster.js';
import { readMatArray } from '../../mat-file.js';
import { listFiles, listFolders, namesIn } from '../files.js';
import type { Layout, PairFiles } from '../layout.js';

const imagePrefix = 'img-';
const depthPrefix = 'depth_sph_corr-';

/** Rows of the laser's 55x305 grid that the middle 2:1 part of a 1704x2272 image covers, the end excluded. */
const gridRows = { from: 17, to: 38 } as const;

/**
 * Make3D's test set (134 images): `Test134/img-NAME.jpg`, `Gridlaserdata/depth_sph_corr-NAME.mat`, in the folder or one or two
 * below. As published tables use it: the middle of the image, twice as wide as high, and rows 17 to 37 of the laser's
 * grid (Godard et al. 2017). Nothing is known about the camera; one of KITTI's field of view stands in, so that depth has
 * no scale: the protocol scales each image by the median. Ids are NAME.
 */
export const make3d: Layout = {
  name: 'make3d',
  expects: 'images img-*.jpg and depth_sph_corr-*.mat',
  detect: (folder) => namesIn(folder).some((name) => /^(?:Test134|Gridlaserdata)/i.test(name)),
  async list(spec) {
    const images = new Map<string, string>();
    const depths = new Map<string, string>();
    for (const folder of await foldersBelow(spec.folder, 2)) {
      for (const [stem, path] of await listFiles(folder, ['.jpg', '.jpeg', '.png'])) {
        if (stem.startsWith(imagePrefix)) images.set(stem.slice(imagePrefix.length), path);
      }
      for (const [stem, path] of await listFiles(folder, ['.mat'])) {
        if (stem.startsWith(depthPrefix)) depths.set(stem.slice(depthPrefix.length), path);
      }
    }
    return {
      root: spec.folder,
      orphans: [...depths].filter(([name]) => !images.has(name)).map(([, path]) => path),
      pairs: [...images]
        .sort(([a], [b]) => compareNatural(a, b))
        .map(([id, left]): PairFiles => {
          const depth = depths.get(id);
          return {
            id,
            left,
            cameraFiles: [],
            truthFiles: depth === undefined ? [] : [depth],
            crop: middle,
            async readCamera({ width, height }) {
              const rows = Math.min(height, Math.floor(width / 2));
              const focal = (kittiCamera.fxPx / kittiCamera.width) * width;
              return {
                width,
                height: rows,
                fxPx: focal,
                fyPx: focal,
                cxPx: width / 2,
                cyPx: rows / 2,
                baselineM: kittiCamera.baselineM,
                doffsPx: 0,
              };
            },
            readTruth: async () => (depth === undefined ? {} : { depthLeft: await readGrid(depth) }),
          };
        }),
    };
  },
};

/** A folder and those inside it, without the training part. */
async function foldersBelow(folder: string, depth: number): Promise<string[]> {
  if (depth === 0) return [folder];
  const inside = (await listFolders(folder)).filter((name) => !/^train/i.test(name));
  return [folder, ...(await Promise.all(inside.map((name) => foldersBelow(join(folder, name), depth - 1)))).flat()];
}

function middle({ width, height, data }: RgbImage): RgbImage {
  const rows = Math.min(height, Math.floor(width / 2));
  const top = Math.floor((height - rows) / 2);
  return { width, height: rows, data: data.subarray(top * width * 3, (top + rows) * width * 3) };
}

async function readGrid(path: string): Promise<FloatMap> {
  const { dimensions, data } = readMatArray(await readBytes(path), 'Position3DGrid', path);
  const [rows, columns, channels] = dimensions;
  if (rows === undefined || columns === undefined || channels !== 4 || rows < gridRows.to) {
    throw new CyclopsError('DATA_INVALID', `${path} Position3DGrid: expected 55x305x4, found ${dimensions.join('x')}`);
  }
  const map = createFloatMap(columns, gridRows.to - gridRows.from, Number.NaN);
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < columns; x++) {
      // The fourth channel is the distance; the first index runs fastest.
      const value = data[gridRows.from + y + rows * (x + columns * 3)]!;
      if (value > 0) map.data[y * columns + x] = value;
    }
  }
  return map;
}
