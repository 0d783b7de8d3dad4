import { warpHorizontal } from '../layers/warp-horizontal.js';
import { tf } from '../tensorflow/tf.js';
import { scaleWeight } from './loss.js';

/**
 * Sum over scales of 2^-s times the mean binary cross-entropy of logits against visibility; Guo et al., ECCV 2018, (3).
 * @param logits, visibles finest first, equal shapes pairwise; visibility in 0..1.
 */
export function visibilityLoss(logits: readonly tf.Tensor4D[], visibles: readonly tf.Tensor4D[]): tf.Scalar {
  return tf.tidy(() => {
    const perScale = logits.map((logit, scale) =>
      binaryCrossEntropy(logit, visibles[scale]!).mean().mul(scaleWeight(scale)),
    );
    return tf.addN(perScale) as tf.Scalar;
  });
}

/** Elementwise cross-entropy of a logit against a target in 0..1, without overflow for large logits. */
export function binaryCrossEntropy<T extends tf.Tensor>(logits: T, targets: T): T {
  return tf.tidy(() => tf.softplus(logits).sub(logits.mul(targets)) as T);
}

/**
 * The 3x3 maximum Guo's code applies to the visibility target, outside = visible: it removes occlusions thinner than
 * three pixels, which a network at a quarter of the size cannot see.
 */
export function dilateVisible(visible_BHW1: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => largestOfThree(largestOfThree(visible_BHW1, 1), 2));
}

/** The largest of each pixel and its neighbours along an axis, 1 beyond the border. A pool of 3x3 takes ten times as long. */
function largestOfThree(map: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const border = [0, 1, 2, 3].map((each): [number, number] => (each === axis ? [1, 1] : [0, 0]));
  const framed: tf.Tensor4D = map.pad(border, 1);
  const from = (start: number): tf.Tensor4D =>
    framed.slice(axis === 1 ? [0, start, 0, 0] : [0, 0, start, 0], map.shape);
  return from(0).maximum(from(1)).maximum(from(2));
}

/** Largest left-right difference of a visible pixel, px at the width of the maps; Guo et al., ECCV 2018, (1). */
const visibleWithinPx = 1;

/**
 * Which left pixels the right camera sees too, from both views' true disparities: 1 where the right view's disparity at
 * the match differs by at most 1 px; Guo et al., ECCV 2018, (1). A match outside the right view counts as hidden.
 * Both maps must be dense.
 */
export function leftRightVisible(left_BHW1: tf.Tensor4D, right_BHW1: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const width = left_BHW1.shape[2];
    const found = warpHorizontal(right_BHW1, left_BHW1, { sourceGradient: false });
    const isInside = tf.range(0, width).reshape([1, 1, width, 1]).greaterEqual(left_BHW1);
    return left_BHW1.sub(found).abs().lessEqual(visibleWithinPx).logicalAnd(isInside).toFloat() as tf.Tensor4D;
  });
}
