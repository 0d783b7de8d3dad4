import type { FolderLayout } from '../../sample.js';
import type { Layout } from '../layout.js';
import { cityscapes } from './cityscapes.js';
import { kittiDepth } from './kitti-depth.js';
import { kittiOdometry } from './kitti-odometry.js';
import { kittiRaw } from './kitti-raw.js';
import { kitti2012, kitti2015 } from './kitti-stereo.js';
import { make3d } from './make3d.js';
import { middlebury } from './middlebury.js';
import { recording } from './recording.js';
import { sceneFlow } from './scene-flow.js';

/** The layouts by name. */
export const layouts: Readonly<Record<FolderLayout, Layout>> = {
  'kitti-2012': kitti2012,
  'kitti-2015': kitti2015,
  'kitti-raw': kittiRaw,
  'kitti-depth': kittiDepth,
  'kitti-odometry': kittiOdometry,
  'scene-flow': sceneFlow,
  cityscapes,
  middlebury,
  make3d,
  recording,
};

/** The layouts that a folder's names fit; one where it is certain. */
export function detectLayouts(folder: string): FolderLayout[] {
  return Object.values(layouts)
    .filter((layout) => layout.detect(folder))
    .map(({ name }) => name);
}
