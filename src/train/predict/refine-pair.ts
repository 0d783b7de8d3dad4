import { flipImage, flipMap } from '../../data/augment.js';
import { refineDisparity } from '../../geometry/matching/refine-disparity.js';
import type { RgbImage } from '../../geometry/raster.js';
import { confidence } from '../labels/label-maps.js';
import type { PairPrediction } from '../labels/producers/producer.js';
import type { ViewPrediction } from './predict.js';

/** The images of a pair. */
export interface PairImages {
  readonly left: RgbImage;
  readonly right: RgbImage;
}

/** The images of a sample, without its truth. */
export function imagesOf({ left, right }: PairImages): PairImages {
  return { left, right };
}

/** The left view of what a teacher says, matched again at full size; how far both views agree weighs the teacher's word. */
export function refineLeft({ left, right }: PairImages, prediction: PairPrediction): ViewPrediction {
  const refined = refineDisparity({
    left,
    right,
    disparity: prediction.left.disparity,
    confidence: confidence(prediction.left, prediction.right, -1),
  });
  return { ...prediction.left, ...refined };
}

/** Both views, each matched as the left one of its pair: the right one is that of the mirrored, exchanged pair. */
export function refinePair(images: PairImages, prediction: PairPrediction): PairPrediction {
  const mirrored = refineDisparity({
    left: flipImage(images.right),
    right: flipImage(images.left),
    disparity: flipMap(prediction.right.disparity),
    confidence: flipMap(confidence(prediction.right, prediction.left, 1)),
  });
  return {
    left: refineLeft(images, prediction),
    right: { ...prediction.right, disparity: flipMap(mirrored.disparity), matched: flipMap(mirrored.matched) },
  };
}
