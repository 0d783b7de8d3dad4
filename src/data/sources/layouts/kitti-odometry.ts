import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../../../base/files.js';
import { parseKittiProjections } from '../../calibration.js';
import { kittiCameraForImage } from '../calibrated-size.js';
import { imageEndings, listFiles, listFolders } from '../files.js';
import type { Layout, PairFiles } from '../layout.js';

/**
 * KITTI odometry: `sequences/NN/image_2`, `image_3` (colour) or `image_0`, `image_1` (grey), and `calib.txt`. No depth. Ids
 * are `NN_FRAME`.
 */
export const kittiOdometry: Layout = {
  name: 'kitti-odometry',
  expects: 'frames in sequences/NN/image_2 or image_0',
  detect: (folder) => existsSync(join(folder, 'sequences')),
  async list(spec) {
    const pairs: PairFiles[] = [];
    const orphans: string[] = [];
    for (const sequence of await listFolders(join(spec.folder, 'sequences'))) {
      const folder = join(spec.folder, 'sequences', sequence);
      const isColour = existsSync(join(folder, 'image_2'));
      const [leftName, rightName] = isColour ? ['image_2', 'image_3'] : ['image_0', 'image_1'];
      const left = await listFiles(join(folder, leftName), imageEndings);
      const right = await listFiles(join(folder, rightName), imageEndings);
      const calibration = join(folder, 'calib.txt');
      orphans.push(...[...right].filter(([frame]) => !left.has(frame)).map(([, path]) => path));
      for (const [frame, path] of left) {
        pairs.push({
          id: `${sequence}_${frame}`,
          left: path,
          right: right.get(frame) ?? join(folder, rightName, `${frame}.png`),
          cameraFiles: [calibration],
          truthFiles: [],
          readCamera: async (size) =>
            kittiCameraForImage(
              parseKittiProjections(
                await readText(calibration),
                isColour ? { left: 'P2', right: 'P3' } : { left: 'P0', right: 'P1' },
                calibration,
              ),
              size,
              { calibration, image: path },
            ),
          readTruth: async () => ({}),
        });
      }
    }
    return { pairs, root: spec.folder, orphans };
  },
};
