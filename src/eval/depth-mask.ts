import type { FloatMap, MaskMap } from '../geometry/raster.js';
import { createMaskMap } from '../geometry/raster.js';

/** Which part of the image counts: all, the crop of Garg et al. 2016 that the Eigen tables use, or that of Eigen et al. */
export type Crop = 'none' | 'garg' | 'eigen';

/** Which pixels of an image count for depth. */
export interface DepthRules {
  /** Truth beyond is left out, predictions beyond are clipped to it, metres. */
  readonly maxDepthM: number;
  readonly crop: Crop;
  /** Truth must be above it, metres; 1 mm unless given. */
  readonly minDepthM?: number;
}

/** Predictions are clipped to at least this, and truth must be above it unless said otherwise, metres. */
export const minDepthM = 1e-3;

/** Shares of height (top, bottom) and width (left, right) between which the crops lie. */
const cropShares = {
  none: [0, 1, 0, 1],
  garg: [0.40810811, 0.99189189, 0.03594771, 0.96405229],
  eigen: [0.3324324, 0.91351351, 0.0359477, 0.96405229],
} as const;

/** Rows and columns of a crop, ends excluded; each bound is truncated to a whole number, not rounded. */
export function cropBounds(
  crop: Crop,
  width: number,
  height: number,
): { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number } {
  const [top, bottom, left, right] = cropShares[crop];
  return {
    top: Math.trunc(top * height),
    bottom: Math.trunc(bottom * height),
    left: Math.trunc(left * width),
    right: Math.trunc(right * width),
  };
}

/** Pixels whose true depth counts: above the least, below the cap (both strict), inside the crop. */
export function depthMask(truthM: FloatMap, rules: DepthRules): MaskMap {
  const { width, height } = truthM;
  const bounds = cropBounds(rules.crop, width, height);
  const least = rules.minDepthM ?? minDepthM;
  const mask = createMaskMap(width, height);
  for (let y = bounds.top; y < bounds.bottom; y++) {
    for (let x = bounds.left; x < bounds.right; x++) {
      const depth = truthM.data[y * width + x]!;
      if (depth > least && depth < rules.maxDepthM) mask.data[y * width + x] = 1;
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
