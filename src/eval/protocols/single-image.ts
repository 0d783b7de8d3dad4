import type { FloatMap, MaskMap } from '../../geometry/raster.js';
import { createMaskMap } from '../../geometry/raster.js';

/** Which part of the image counts: all, or the crop of Garg et al. 2016 that the Eigen tables use. */
export type Crop = 'none' | 'garg';

/** Which pixels of an image count for depth. */
export interface DepthRules {
  /** Truth beyond is left out, predictions beyond are clipped to it, metres. */
  readonly maxDepthM: number;
  readonly crop: Crop;
}

/** Predictions are clipped to at least this, and truth must be above it, metres. */
export const minDepthM = 1e-3;

/** Rows and columns of Garg's crop, ends excluded; each bound is cut off to a whole number, not rounded. */
export function gargBounds(
  width: number,
  height: number,
): { top: number; bottom: number; left: number; right: number } {
  return {
    top: Math.trunc(0.40810811 * height),
    bottom: Math.trunc(0.99189189 * height),
    left: Math.trunc(0.03594771 * width),
    right: Math.trunc(0.96405229 * width),
  };
}

/** Pixels whose true depth counts: above 1 mm, below the cap (both strict), inside the crop. */
export function depthMask(truthM: FloatMap, rules: DepthRules): MaskMap {
  const { width, height } = truthM;
  const bounds = rules.crop === 'garg' ? gargBounds(width, height) : { top: 0, bottom: height, left: 0, right: width };
  const mask = createMaskMap(width, height);
  for (let y = bounds.top; y < bounds.bottom; y++) {
    for (let x = bounds.left; x < bounds.right; x++) {
      const depth = truthM.data[y * width + x]!;
      if (depth > minDepthM && depth < rules.maxDepthM) mask.data[y * width + x] = 1;
    }
  }
  return mask;
}

/** Predicted depth inside 1 mm .. cap; what has no finite depth (disparity 0) is taken as the cap. */
export function clipDepth(depthM: FloatMap, maxDepthM: number): FloatMap {
  const data = depthM.data.map((depth) =>
    Number.isNaN(depth) || depth < 0 ? maxDepthM : Math.min(maxDepthM, Math.max(minDepthM, depth)),
  );
  return { width: depthM.width, height: depthM.height, data };
}
