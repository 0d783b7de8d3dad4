import type { StereoCamera } from '../../geometry/camera.js';
import { createFloatMap, createMaskMap, type FloatMap, type MaskMap } from '../../geometry/raster.js';
import type { FrameGeometry } from './frame-geometry.js';
import type { MaterialTable } from './material.js';
import { coefficientsPerTriangle, type VisibilityBuffer } from './raster.js';
import type { TextureStore } from './texture.js';

/** A disparity that differs less than this from an occluder's is the same surface, px. */
const sameSurfacePx = 0.02;

/** Disparity of the sky, px: the smallest that KITTI's 16-bit PNG can say, because 0 means unknown there. */
export const skyDisparityPx: number = 1 / 256;

/** Disparity at pixel centres from the exact planes of the triangles seen there: fx * B / z, px; the sky has `skyDisparityPx`. */
export function disparityOf(view: VisibilityBuffer, camera: StereoCamera): FloatMap {
  const map = createFloatMap(view.width, view.height);
  const scale = camera.fxPx * camera.baselineM;
  const { owner, coefficients } = view;
  for (let y = 0, i = 0; y < view.height; y++) {
    for (let x = 0; x < view.width; x++, i++) {
      const record = owner[i]!;
      if (record < 0) {
        map.data[i] = skyDisparityPx;
        continue;
      }
      const o = record * coefficientsPerTriangle;
      map.data[i] = scale * (coefficients[o]! * x + coefficients[o + 1]! * y + coefficients[o + 2]!);
    }
  }
  return map;
}

/**
 * Which pixel centres of `own` are seen by the other camera. The match of a centre falls between two pixel centres of
 * the other view; whatever surfaces are seen there are evaluated exactly at the match, and hide the point if one is
 * nearer. A match outside the image is not seen. `direction` is -1 from left to right, +1 from right to left.
 */
export function visibilityOf(
  own: VisibilityBuffer,
  other: VisibilityBuffer,
  disparity: FloatMap,
  direction: -1 | 1,
  camera: StereoCamera,
  geometry: FrameGeometry,
  materials: MaterialTable,
  textures: TextureStore,
): MaskMap {
  const { width, height } = own;
  const mask = createMaskMap(width, height);
  const scale = camera.fxPx * camera.baselineM;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const d = own.owner[i]! < 0 ? 0 : disparity.data[i]!;
      const match = x + direction * d;
      if (!(match >= 0 && match <= width - 1)) continue;
      const at = Math.floor(match);
      const near = other.owner[y * width + at]!;
      const far = other.owner[y * width + Math.min(at + 1, width - 1)]!;
      const record = own.owner[i]!;
      const triangle = record < 0 ? -1 : own.triangles[record]!;
      let hidden = false;
      if (record < 0) {
        hidden = near >= 0 || (match > at && far >= 0);
      } else {
        for (let k = 0; k < 2 && !hidden; k++) {
          const candidate = k === 0 ? near : far;
          if (candidate < 0 || (k === 1 && candidate === near) || other.triangles[candidate] === triangle) continue;
          const w = other.inverseDepthAt(candidate, match, y, geometry, materials, textures, camera.fxPx);
          hidden = w > 0 && w * scale > d + sameSurfacePx;
        }
      }
      if (!hidden) mask.data[i] = 1;
    }
  }
  return mask;
}
