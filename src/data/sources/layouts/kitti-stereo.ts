import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../../base/config.js';
import { CyclopsError } from '../../../base/errors.js';
import { readBytes, readText } from '../../../base/files.js';
import type { FloatMap, MaskMap } from '../../../geometry/raster.js';
import { createMaskMap } from '../../../geometry/raster.js';
import { decodeGreyPng } from '../../../image/png-grey.js';
import { readPng16 } from '../../../image/png16.js';
import { camerasSchema, parseKittiCalibration, parseKittiProjections } from '../../calibration.js';
import type { FolderSpec } from '../../sample.js';
import { type CameraNames, cameraForImage, kittiCameraForImage } from '../calibrated-size.js';
import { assertSameSize, imageEndings, knownMask, listFiles } from '../files.js';
import type { Layout, Listing, PairCamera, PairFiles, Size, Truth } from '../layout.js';

/** The names in which the two KITTI stereo data sets differ. */
interface Names {
  /** Folders of left and right images, the first pair that is there counts. */
  readonly views: readonly (readonly [left: string, right: string])[];
  /** Ground truth of one view: every measured pixel, and those that the other camera sees too. */
  readonly truth: Readonly<Record<'left' | 'right', { readonly all: string; readonly visible: string }>>;
  readonly calibration: string;
  parseCamera(text: string, size: Size, names: CameraNames, leftFolder: string): PairCamera;
}

const names2015: Names = {
  views: [['image_2', 'image_3']],
  truth: {
    left: { all: 'disp_occ_0', visible: 'disp_noc_0' },
    // Ours: the official data have no truth for the right view.
    right: { all: 'disp_occ_0_right', visible: 'disp_noc_0_right' },
  },
  calibration: 'calib_cam_to_cam',
  parseCamera: (text, size, names) => {
    const camera = parseKittiCalibration(text, names.calibration);
    return cameraForImage(camera, camera, size, names);
  },
};

const names2012: Names = {
  views: [
    ['colored_0', 'colored_1'],
    ['image_0', 'image_1'],
  ],
  truth: {
    left: { all: 'disp_occ', visible: 'disp_noc' },
    right: { all: 'disp_occ_right', visible: 'disp_noc_right' },
  },
  calibration: 'calib',
  parseCamera: (text, size, names, leftFolder) => {
    const keys = leftFolder === 'colored_0' ? { left: 'P2', right: 'P3' } : { left: 'P0', right: 'P1' };
    return kittiCameraForImage(parseKittiProjections(text, keys, names.calibration), size, names);
  },
};

/**
 * KITTI Stereo 2015 (`training/image_2`, `image_3`, `disp_occ_0`, `disp_noc_0`, `obj_map`, `calib_cam_to_cam`), official or
 * written by `cyclops synth` (which adds `disp_*_right` and `cameras.json`). Images are PNG or JPEG.
 */
export const kitti2015: Layout = {
  name: 'kitti-2015',
  expects: 'pairs in training/image_2 and training/image_3',
  detect: (folder) => trainingFolder(folder, names2015) !== undefined,
  list: (spec) => listStereo(spec, names2015),
};

/** KITTI Stereo 2012 (`training/colored_0`, `colored_1` or the grey `image_0`, `image_1`; `disp_occ`, `disp_noc`, `calib`). */
export const kitti2012: Layout = {
  name: 'kitti-2012',
  expects: 'pairs in training/colored_0 and training/colored_1',
  detect: (folder) => {
    const found = trainingFolder(folder, names2012);
    // Sequences of odometry have image_0 and image_1 too.
    return found !== undefined && ['disp_noc', 'disp_occ', 'colored_0'].some((name) => existsSync(join(found, name)));
  },
  list: (spec) => listStereo(spec, names2012),
};

function trainingFolder(root: string, names: Names): string | undefined {
  return [join(root, 'training'), root].find((folder) => names.views.some(([left]) => existsSync(join(folder, left))));
}

async function listStereo(spec: FolderSpec, names: Names): Promise<Listing> {
  const folder = trainingFolder(spec.folder, names);
  if (folder === undefined) return { pairs: [], root: spec.folder, orphans: [] };
  const [leftName, rightName] = names.views.find(([left]) => existsSync(join(folder, left))) ?? names.views[0]!;
  const left = await listFiles(join(folder, leftName), imageEndings);
  const right = await listFiles(join(folder, rightName), imageEndings);
  const truth = new Map<string, ReadonlyMap<string, string>>();
  for (const name of [...Object.values(names.truth).flatMap(({ all, visible }) => [all, visible]), 'obj_map']) {
    truth.set(name, await listFiles(join(folder, name), ['.png']));
  }
  const camerasPath = [join(spec.folder, 'cameras.json'), join(folder, 'cameras.json')].find(existsSync);
  const cameras = camerasPath === undefined ? {} : await readConfig(camerasPath, camerasSchema);
  // The official data hold two moments, _10 and _11, of each scene; disparity belongs to the first.
  const isFirst = (stem: string): boolean => stem.endsWith('_10');
  const stems = [...left.keys()];
  const ids = stems.some(isFirst) ? stems.filter(isFirst) : stems;
  const rightOnly = [...right].filter(([stem]) => !left.has(stem));
  const truthOnly = [...truth.values()].flatMap((files) => [...files].filter(([stem]) => !left.has(stem)));
  return {
    root: folder,
    orphans: [...rightOnly, ...truthOnly].map(([, path]) => path),
    pairs: ids.map((id): PairFiles => {
      const calibration = join(folder, names.calibration, `${id.replace(/_\d+$/, '')}.txt`);
      const truthOf = (view: 'left' | 'right'): TruthFiles => ({
        all: truth.get(names.truth[view].all)?.get(id),
        visible: truth.get(names.truth[view].visible)?.get(id),
      });
      const files = { left: truthOf('left'), right: truthOf('right'), objects: truth.get('obj_map')?.get(id) };
      const knownCamera = cameras[id];
      return {
        id,
        ...(id.endsWith('_10') ? { alias: id.slice(0, -3) } : {}),
        left: left.get(id)!,
        right: right.get(id) ?? join(folder, rightName, `${id}.png`),
        ...(knownCamera === undefined ? {} : { knownCamera }),
        cameraFiles: knownCamera === undefined ? [calibration] : [],
        truthFiles: [files.left.all, files.left.visible, files.right.all, files.right.visible, files.objects].filter(
          (path) => path !== undefined,
        ),
        async readCamera(size) {
          if (!existsSync(calibration)) {
            throw new CyclopsError(
              'FILE_MISSING',
              `${calibration}: the calibration of pair ${id} is missing, and no cameras.json names the pair`,
            );
          }
          const files = { calibration, image: left.get(id)! };
          return names.parseCamera(await readText(calibration), size, files, leftName);
        },
        async readTruth(size, wanted) {
          const hasRight = files.right.all !== undefined || files.right.visible !== undefined;
          const isLeft = wanted !== 'right' || !hasRight;
          return {
            ...(isLeft ? await readViewTruth(files.left, 'left', size, left.get(id)!) : {}),
            ...(wanted === 'left' ? {} : await readViewTruth(files.right, 'right', size, left.get(id)!)),
            ...(files.objects === undefined || wanted !== 'both'
              ? {}
              : { foregroundLeft: await readObjects(files.objects, size, left.get(id)!) }),
          };
        },
      };
    }),
  };
}

interface TruthFiles {
  readonly all: string | undefined;
  readonly visible: string | undefined;
}

/**
 * One view's truth. With both folders, a pixel is visible where the non-occluded one has a value; with only the
 * non-occluded one, that is all there is. With only the other one nothing is known about visibility.
 */
async function readViewTruth(
  { all, visible }: TruthFiles,
  view: 'left' | 'right',
  size: Size,
  image: string,
): Promise<Truth> {
  const path = all ?? visible;
  if (path === undefined) return {};
  const disparity = await readSized(path, size, image);
  const seen = visible === undefined || all === undefined ? disparity : await readSized(visible, size, image);
  const mask = visible === undefined ? undefined : knownMask(seen);
  return view === 'left'
    ? { disparityLeft: disparity, ...(mask === undefined ? {} : { visibleLeft: mask }) }
    : { disparityRight: disparity, ...(mask === undefined ? {} : { visibleRight: mask }) };
}

async function readSized(path: string, size: Size, image: string): Promise<FloatMap> {
  const map = await readPng16(path);
  assertSameSize(size, image, map, path);
  return map;
}

/** `obj_map`: 0 = background, otherwise the number of a moving car. */
async function readObjects(path: string, size: Size, image: string): Promise<MaskMap> {
  const { width, height, data } = decodeGreyPng(await readBytes(path), path);
  assertSameSize(size, image, { width, height }, path);
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (data[i]! > 0) mask.data[i] = 1;
  return mask;
}
