import type { StereoCamera } from './camera.js';
import { assertStereoCamera } from './camera.js';
import type { FloatMap } from './raster.js';

/**
 * Depth along the optical axis from disparity: z = fx * B / (d + doffs).
 * @param disparityPx H*W, px at the width `camera` belongs to; >= 0, NaN = unknown.
 * @returns H*W metres; unknown stays NaN, zero disparity is +Infinity.
 * @throws CyclopsError `CAMERA_INVALID` if a focal length or the baseline is not above 0.
 */
export function depthFromDisparity(disparityPx: FloatMap, camera: StereoCamera): FloatMap {
  assertStereoCamera(camera, 'camera');
  const focalTimesBaseline = camera.fxPx * camera.baselineM;
  const data = disparityPx.data.map((d) => focalTimesBaseline / (d + camera.doffsPx));
  return { width: disparityPx.width, height: disparityPx.height, data };
}

/** Disparity from depth, the inverse of `depthFromDisparity`: d = fx * B / z - doffs; px. */
export function disparityFromDepth(depthM: FloatMap, camera: StereoCamera): FloatMap {
  assertStereoCamera(camera, 'camera');
  const focalTimesBaseline = camera.fxPx * camera.baselineM;
  const data = depthM.data.map((z) => focalTimesBaseline / z - camera.doffsPx);
  return { width: depthM.width, height: depthM.height, data };
}
