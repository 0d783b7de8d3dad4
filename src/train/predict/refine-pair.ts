import { flipImage, flipMap } from '../../data/augment.js';
import { refineDisparity } from '../../geometry/matching/refine-disparity.js';
import type { RgbImage } from '../../geometry/raster.js';
import { confidence } from '../labels/label-maps.js';
import type { PairPrediction } from '../labels/producers/producer.js';
import type { ViewPrediction } from './predict.js';

/** The pictures of a pair. */
export interface PairPictures {
  readonly left: RgbImage;
  readonly right: RgbImage;
}

/** The pictures of a sample, without its truth. */
export function picturesOf({ left, right }: PairPictures): PairPictures {
  return { left, right };
}

/** The left view of what a teacher says, matched again at full size; how far both views agree weighs the teacher's word. */
export function refineLeft({ left, right }: PairPictures, prediction: PairPrediction): ViewPrediction {
  const refined = refineDisparity({
    left,
    right,
    disparity: prediction.left.disparity,
    confidence: confidence(prediction.left, prediction.right, -1),
  });
  return { ...prediction.left, ...refined };
}

/** Both views, each matched as the left one of its pair: the right one is that of the mirrored, exchanged pair. */
export function refinePair(pictures: PairPictures, prediction: PairPrediction): PairPrediction {
  const mirrored = refineDisparity({
    left: flipImage(pictures.right),
    right: flipImage(pictures.left),
    disparity: flipMap(prediction.right.disparity),
    confidence: flipMap(confidence(prediction.right, prediction.left, 1)),
  });
  return {
    left: refineLeft(pictures, prediction),
    right: { ...prediction.right, disparity: flipMap(mirrored.disparity), matched: flipMap(mirrored.matched) },
  };
}
