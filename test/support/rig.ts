import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Intrinsics, StereoCamera } from '../../src/geometry/camera.js';
import type { LensDistortion, Rotation } from '../../src/geometry/distortion.js';

/** One real camera of a rig, before rectification. */
export interface RigView {
  readonly camera: Intrinsics;
  readonly lens?: Extract<LensDistortion, { kind: 'brown' }>;
  readonly rotation?: Rotation;
}

/** Writes `left.yaml` and `right.yaml` as ROS's stereo calibration does. @returns their paths. */
export async function writeCameraInfos(
  folder: string,
  rig: StereoCamera,
  views: { readonly left?: RigView; readonly right?: RigView } = {},
): Promise<{ readonly left: string; readonly right: string }> {
  const paths = { left: join(folder, 'left.yaml'), right: join(folder, 'right.yaml') };
  for (const side of ['left', 'right'] as const) {
    const pinhole = { ...rig, cxPx: rig.cxPx + (side === 'right' ? rig.doffsPx : 0) };
    const { camera, lens, rotation = [1, 0, 0, 0, 1, 0, 0, 0, 1] } = views[side] ?? { camera: pinhole };
    const [k1, k2, k3] = lens?.radial ?? [0, 0, 0];
    const shift = side === 'right' ? -rig.fxPx * rig.baselineM : 0;
    await writeFile(
      paths[side],
      `image_width: ${camera.width}
image_height: ${camera.height}
camera_name: ${side}
camera_matrix: {rows: 3, cols: 3, data: [${[camera.fxPx, 0, camera.cxPx, 0, camera.fyPx, camera.cyPx, 0, 0, 1]}]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [${[k1, k2, ...(lens?.tangential ?? [0, 0]), k3]}]}
rectification_matrix: {rows: 3, cols: 3, data: [${rotation}]}
projection_matrix: {rows: 3, cols: 4, data: [${[pinhole.fxPx, 0, pinhole.cxPx, shift, 0, pinhole.fyPx, pinhole.cyPx, 0, 0, 0, 1, 0]}]}
`,
    );
  }
  return paths;
}
