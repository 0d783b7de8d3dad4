import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CyclopsError } from '../../../base/errors.js';
import { readText } from '../../../base/files.js';
import { kittiCamera } from '../../../geometry/camera.js';
import { disparityFromDepth } from '../../../geometry/disparity.js';
import { readPng16 } from '../../../image/png16.js';
import { assertPinhole } from '../../calibration.js';
import { cameraOfPublished } from '../calibrated-size.js';
import { assertSameSize, imageEndings, listFiles } from '../files.js';
import type { Layout, PairFiles } from '../layout.js';

/** The parts of KITTI's `depth_selection`; only the validation part comes with ground truth. */
const parts = ['val_selection_cropped', 'test_depth_prediction_anonymous'] as const;

/** All images of the selection were cut to this. */
const publishedSize = { width: 1216, height: 352 };

/**
 * KITTI's single-image depth selection: `image`, `intrinsics` and, of `val_selection_cropped`, `groundtruth_depth`; images of
 * 1216x352, one view. The rig's nominal baseline stands in, as these cameras have none: it only carries depth.
 */
export const kittiDepth: Layout = {
  name: 'kitti-depth',
  expects: 'images in val_selection_cropped/image',
  detect: (folder) => selectionFolder(folder) !== undefined,
  async list(spec) {
    const folder = selectionFolder(spec.folder);
    if (folder === undefined) return { pairs: [], root: spec.folder, orphans: [] };
    const images = await listFiles(join(folder, 'image'), imageEndings);
    const truth = await listFiles(join(folder, 'groundtruth_depth'), ['.png']);
    const truthStem = (stem: string): string => stem.replace('_sync_image_', '_sync_groundtruth_depth_');
    const wanted = new Set([...images.keys()].map(truthStem));
    return {
      root: folder,
      orphans: [...truth].filter(([stem]) => !wanted.has(stem)).map(([, path]) => path),
      pairs: [...images].map(([id, left]): PairFiles => {
        const intrinsics = join(folder, 'intrinsics', `${id}.txt`);
        const truthPath = truth.get(truthStem(id));
        return {
          id,
          left,
          cameraFiles: [intrinsics],
          truthFiles: truthPath === undefined ? [] : [truthPath],
          async readCamera(size) {
            const values = (await readText(intrinsics)).trim().split(/\s+/).map(Number);
            if (values.length !== 9 || values.some((value) => !Number.isFinite(value))) {
              throw new CyclopsError('CAMERA_INVALID', `${intrinsics}: expected 9 numbers, found ${values.length}`);
            }
            const [fxPx, , cxPx, , fyPx, cyPx] = values as [number, number, number, number, number, number];
            assertPinhole(values, 'K', intrinsics);
            const camera = { fxPx, fyPx, cxPx, cyPx, baselineM: kittiCamera.baselineM, doffsPx: 0 };
            return cameraOfPublished(camera, publishedSize, size, { calibration: intrinsics, image: left });
          },
          async readTruth(camera) {
            if (truthPath === undefined) return {};
            const depth = await readPng16(truthPath);
            assertSameSize(camera, left, depth, truthPath);
            return { depthLeft: depth, disparityLeft: disparityFromDepth(depth, camera) };
          },
        };
      }),
    };
  },
};

function selectionFolder(root: string): string | undefined {
  const places = [
    root,
    ...parts.map((part) => join(root, part)),
    ...parts.map((part) => join(root, 'depth_selection', part)),
  ];
  return places.find((folder) => existsSync(join(folder, 'image')) && existsSync(join(folder, 'intrinsics')));
}
