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

/**
 * What a mono network's disparity means for another camera than the one it was trained with, both cameras at the size
 * of the network's input. The network reads sizes in px: what it says holds for the training camera, z = fx_t * B_t /
 * (d + doffs_t), and a camera of focal length fx sees the same image at fx / fx_t times that depth. Written as the
 * camera's own disparity, d' = fx * B / z' - doffs, both focal lengths cancel:
 * d' = (d + doffs_t) * B / B_t - doffs.
 * @param disparityPx what the network says, px; NaN stays NaN.
 * @returns px, for `camera`.
 */
export function disparityForCamera(disparityPx: FloatMap, trained: StereoCamera, camera: StereoCamera): FloatMap {
  assertStereoCamera(trained, 'training camera');
  assertStereoCamera(camera, 'camera');
  const ratio = camera.baselineM / trained.baselineM;
  if (ratio === 1 && trained.doffsPx === camera.doffsPx) return disparityPx;
  const data = disparityPx.data.map((d) => (d + trained.doffsPx) * ratio - camera.doffsPx);
  return { width: disparityPx.width, height: disparityPx.height, data };
}

/**
 * What the other view says about the pixel that (x, y) of one's own view matches: its disparity at x + direction * d,
 * read linearly between columns, in px. NaN where d or what is found is unknown, and where the match lies outside.
 * @param direction -1 from the left view to the right one, 1 the other way.
 */
export function disparityOfMatch(own: FloatMap, other: FloatMap, x: number, y: number, direction: -1 | 1): number {
  const row = y * own.width;
  const matchX = x + direction * own.data[row + x]!;
  if (!(matchX >= 0 && matchX <= own.width - 1)) return Number.NaN;
  const column = Math.floor(matchX);
  const share = matchX - column;
  const near = other.data[row + column]!;
  // On a column exactly, its neighbour does not count: it may be unknown, or belong to the next row.
  return share === 0 ? near : near * (1 - share) + other.data[row + column + 1]! * share;
}

/** Both views agree about a pixel if their disparities differ by at most this much, px (Guo et al., ECCV 2018, (1)). */
const agreementPx = 1;

/**
 * 1 where the other view's disparity at the match of a pixel agrees within 1 px, else 0: seen by both views.
 * @param direction as in `disparityOfMatch`.
 */
export function agreement(own: FloatMap, other: FloatMap, direction: -1 | 1): FloatMap {
  const { width, height } = own;
  const data = own.data.map((disparity, i) => {
    const found = disparityOfMatch(own, other, i % width, Math.floor(i / width), direction);
    return Math.abs(disparity - found) <= agreementPx ? 1 : 0;
  });
  return { width, height, data };
}
