import { tf } from '../tf.js';
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
  return tf.tidy(() => {
    const framed: tf.Tensor4D = visible_BHW1.pad(
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      1,
    );
    return tf.maxPool(framed, 3, 1, 'valid');
  });
}
