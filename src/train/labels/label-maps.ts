import type { WritableLabels } from '../../data/labels.js';
import { disparityOfMatch } from '../../geometry/disparity.js';
import { refinementSettings } from '../../geometry/matching/refine-disparity.js';
import { createMaskMap, type FloatMap, type MaskMap } from '../../geometry/raster.js';
import type { ViewPrediction } from '../predict/predict.js';
import type { PairPrediction } from './producers/producer.js';

/** What decides labels beside teacher and data; stands in labels.json. */
export const labelSettings = {
  /** A pixel counts as visible from this probability on: Guo et al. 2018. */
  visibleThreshold: 0.8,
  /** Left-right difference at which the confidence has fallen to half: px, and share of the disparity. */
  halfConfidencePx: 1,
  halfConfidenceShare: 0.03,
} as const;

/** What decides labels that are refined: these settings stand in labels.json, and with others labels are never mixed. */
export const refinedLabelSettings = {
  ...labelSettings,
  refinement: {
    ...refinementSettings,
    /** What the confidence of a pixel is multiplied by where refinement found no match. */
    unmatchedConfidence: 0.5,
  },
} as const;

/** Labels of a pair from what is known about it: visibility cut at its threshold, confidence by both views' agreement. */
export function labelsFrom({ left, right }: PairPrediction): WritableLabels {
  return {
    disparityLeft: left.disparity,
    disparityRight: right.disparity,
    visibleLeft: visibleMask(left.visible),
    visibleRight: visibleMask(right.visible),
    confidenceLeft: confidence(left, right, -1),
    confidenceRight: confidence(right, left, 1),
  };
}

function visibleMask({ width, height, data }: FloatMap): MaskMap {
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (data[i]! >= labelSettings.visibleThreshold) mask.data[i] = 1;
  return mask;
}

/**
 * Confidence of a view's disparity d, 0..1: p / (1 + (e / h)^2). p is the probability that the pixel is visible in the
 * other view; e = |d - d_other(match)| is how far both views disagree about it; h = max(1 px, 3 % of d), where
 * KITTI's outliers begin at 3 px and 5 %. 0 where there is no disparity, or the match lies outside the other image. Half of
 * that where refinement found no match.
 * @param direction the match of x lies at x + direction * d.
 */
export function confidence(own: ViewPrediction, other: ViewPrediction, direction: -1 | 1): FloatMap {
  const { width, height, data: disparity } = own.disparity;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const d = disparity[i]!;
      const found = disparityOfMatch(own.disparity, other.disparity, x, y, direction);
      if (Number.isNaN(found)) continue;
      const half = Math.max(labelSettings.halfConfidencePx, labelSettings.halfConfidenceShare * d);
      const trust = own.matched?.data[i] === 0 ? refinedLabelSettings.refinement.unmatchedConfidence : 1;
      data[i] = (trust * own.visible.data[i]!) / (1 + ((d - found) / half) ** 2);
    }
  }
  return { width, height, data };
}
