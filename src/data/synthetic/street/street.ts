import type { StereoCamera } from '../../../geometry/camera.js';
import type { Frame } from '../scene.js';
import type { HardShares } from '../shares.js';
/** x */
export function createStreetScene(
  _seed: number,
  _scene: number,
  _camera: StereoCamera,
  _hard: HardShares,
): { frameAt(frame: number): Frame } {
  throw new Error('not yet');
}
