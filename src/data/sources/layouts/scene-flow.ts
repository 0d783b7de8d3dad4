import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { disparityOfMatch } from '../../../geometry/disparity.js';
import type { FloatMap, MaskMap } from '../../../geometry/raster.js';
import { createMaskMap } from '../../../geometry/raster.js';
import { cameraForImage } from '../calibrated-size.js';
import { assertSameSize, foldersIn, imageEndings, listFiles, listFolders, namesIn, withoutEnding } from '../files.js';
import type { Layout, PairCamera, PairFiles, Size, Truth } from '../layout.js';
import { readSignedDisparity } from '../signed-disparity.js';

const framesPattern = /^(?:(?:frames|RGB)_(?:clean|final)pass|image_(?:clean|final))$/;

/**
 * Names of the folder of images: the publishers', the one Guo et al. join the three parts in, and that of FlyingThings3D's
 * subset.
 */
const framesNames = {
  clean: ['frames_cleanpass', 'RGB_cleanpass', 'image_clean'],
  final: ['frames_finalpass', 'RGB_finalpass', 'image_final'],
} as const;

/** How deep `left` may lie below the images' folder: Driving has `15mm_focallength/scene_forwards/fast/left`. */
const limitDepth = 5;

/** Two views show one surface where their disparities agree to this, px (Guo et al. 2018, equation 1). */
const agreePx = 1;

/**
 * Scene Flow: FlyingThings3D, Monkaa and Driving, each `frames_cleanpass` or `frames_finalpass` with `disparity` beside it,
 * `.../left/FRAME.png` and `.../left/FRAME.pfm`; the folder holds one part, or parts as subfolders. Visibility is taken
 * from the agreement of both views' disparity. Lengths are in the data's own units. Ids are the path, joined by `_`.
 *
 * The subset of FlyingThings3D (`train/image_clean/left/0000000.png`, `train/disparity/left/0000000.pfm`) writes where a
 * pixel goes: disparity of its left view is negative, of its right one positive. Elsewhere both are positive.
 */
export const sceneFlow: Layout = {
  name: 'scene-flow',
  expects: 'frames_finalpass or frames_cleanpass with left and right folders',
  detect: (folder) =>
    [folder, ...foldersIn(folder)].some((place) => namesIn(place).some((name) => framesPattern.test(name))),
  async list(spec) {
    const roots = [spec.folder, ...(await listFolders(spec.folder)).map((name) => join(spec.folder, name))];
    const pairs: PairFiles[] = [];
    const orphans: string[] = [];
    for (const root of roots) {
      const passes = spec.pass === undefined ? (['final', 'clean'] as const) : [spec.pass];
      const name = passes.flatMap((pass) => framesNames[pass]).find((candidate) => existsSync(join(root, candidate)));
      if (name === undefined) continue;
      const frames = join(root, name);
      for (const folder of await foldersWithLeft(frames, 0)) {
        const left = await listFiles(join(folder, 'left'), imageEndings);
        const right = await listFiles(join(folder, 'right'), imageEndings);
        const disparity = join(root, 'disparity', relative(frames, folder));
        orphans.push(...[...right].filter(([frame]) => !left.has(frame)).map(([, path]) => path));
        const truthLeft = await listFiles(join(disparity, 'left'), ['.pfm']);
        const truthRight = await listFiles(join(disparity, 'right'), ['.pfm']);
        for (const [frame, path] of left) {
          const truth = { left: truthLeft.get(frame), right: truthRight.get(frame) };
          const place = withoutEnding(relative(frames, join(folder, frame)));
          const part = root === spec.folder ? [] : [relative(spec.folder, root)];
          pairs.push({
            id: [...part, ...place.split('/')].join('_'),
            left: path,
            right: right.get(frame) ?? join(folder, 'right', `${frame}.png`),
            cameraFiles: [],
            truthFiles: [truth.left, truth.right].filter((file) => file !== undefined),
            readCamera: async (size) => cameraOf(size, path),
            readTruth: (camera) => readTruth(truth, camera, path, name.startsWith('image_')),
          });
        }
      }
    }
    return { pairs, root: spec.folder, orphans };
  },
};

async function foldersWithLeft(folder: string, depth: number): Promise<string[]> {
  const inside = await listFolders(folder);
  if (inside.includes('left')) return [folder];
  if (depth === limitDepth) return [];
  const found = await Promise.all(inside.map((name) => foldersWithLeft(join(folder, name), depth + 1)));
  return found.flat();
}

/** All parts were rendered at this size. */
const publishedSize = { width: 960, height: 540 };

/** 1050 px and a baseline of 1 (Mayer et al. 2016); Driving's `15mm_focallength` scenes have 450 px. */
function cameraOf(size: Size, path: string): PairCamera {
  const fxPx = path.includes('15mm_focallength') ? 450 : 1050;
  const camera = { fxPx, fyPx: fxPx, cxPx: 479.5, cyPx: 269.5, baselineM: 1, doffsPx: 0 };
  return cameraForImage(camera, publishedSize, size, {
    calibration: 'the rendered cameras of Scene Flow',
    image: path,
  });
}

async function readTruth(
  files: { readonly left: string | undefined; readonly right: string | undefined },
  camera: Size,
  image: string,
  isSubset: boolean,
): Promise<Truth> {
  const read = async (path: string | undefined, sign: 'positive' | 'negative'): Promise<FloatMap | undefined> => {
    if (path === undefined) return undefined;
    const map = await readSignedDisparity(path, sign);
    assertSameSize(camera, image, map, path);
    return map;
  };
  const left = await read(files.left, isSubset ? 'negative' : 'positive');
  const right = await read(files.right, 'positive');
  return {
    ...(left === undefined ? {} : { disparityLeft: left }),
    ...(right === undefined ? {} : { disparityRight: right }),
    ...(left === undefined || right === undefined
      ? {}
      : { visibleLeft: agreement(left, right, -1), visibleRight: agreement(right, left, 1) }),
  };
}

function agreement(own: FloatMap, other: FloatMap, direction: -1 | 1): MaskMap {
  const mask = createMaskMap(own.width, own.height);
  for (let y = 0, i = 0; y < own.height; y++) {
    for (let x = 0; x < own.width; x++, i++) {
      if (Math.abs(disparityOfMatch(own, other, x, y, direction) - own.data[i]!) <= agreePx) mask.data[i] = 1;
    }
  }
  return mask;
}
