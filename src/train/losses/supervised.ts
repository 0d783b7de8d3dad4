import { assert } from '../../base/assert.js';
import { halveByMax, halveByMean, pyramid } from '../layers/pyramid.js';
import { tf } from '../tensorflow/tf.js';
import { type Loss, scaleWeight, sumOfTerms, weightedMean } from './loss.js';
import { visibilityLoss } from './visibility.js';

/** What a stereo network said and what is true. Scale s has sides H/2^s, W/2^s. */
export interface SupervisedInput {
  /** Raw disparity heads, finest first; px of the full size = outputFactorPx * head. */
  readonly disparityHeads: readonly tf.Tensor4D[];
  /** Visibility logits, finest first; empty: no visibility term. */
  readonly visibilityLogits: readonly tf.Tensor4D[];
  /** [B,H,W,1] px of the full size. */
  readonly disparityPx: tf.Tensor4D;
  /** [B,H,W,1], 1 = seen in the other view; needed if there are logits. */
  readonly visible?: tf.Tensor4D;
  readonly outputFactorPx: number;
  /** Count only pixels with disparity > 0, for sparse truth (0 = unknown); dense truth counts them all. */
  readonly sparse?: boolean;
}

/**
 * Multi-scale supervised loss of Guo et al., ECCV 2018, (2) and (3): sum over scales of 2^-s (L1 / 20 + binary
 * cross-entropy of visibility), equal weights; with `sparse` the fine-tuning variant. Truth is brought to each scale
 * by 2x2 maximum (disparity) and 2x2 mean (visibility).
 * Terms: `disparity`, `visibility`.
 */
export function supervisedLoss(input: SupervisedInput): Loss {
  return tf.tidy(() => {
    const { disparityHeads, visibilityLogits, outputFactorPx } = input;
    const truths = pyramid(input.disparityPx, disparityHeads.length, halveByMax);
    const perScale = disparityHeads.map((head, scale) => {
      const truth = truths[scale]!;
      const error = head.mul(outputFactorPx).sub(truth).abs();
      const mean = input.sparse ? weightedMean(error, truth.greater(0).toFloat()) : error.mean();
      return mean.mul(scaleWeight(scale) / disparityNormPx) as tf.Scalar;
    });
    const disparity = tf.addN(perScale) as tf.Scalar;
    if (visibilityLogits.length === 0) return sumOfTerms({ disparity });
    assert(input.visible !== undefined, 'supervised loss: visibility logits need a visibility truth');
    const visibles = pyramid(input.visible, visibilityLogits.length, halveByMean);
    return sumOfTerms({ disparity, visibility: visibilityLoss(visibilityLogits, visibles) });
  });
}

/** Guo's code divides all disparity errors by 20 px. */
export const disparityNormPx = 20;
