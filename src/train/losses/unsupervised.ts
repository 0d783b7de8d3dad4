import { halveByMax, halveByMean, pyramid } from '../layers/pyramid.js';
import { warpHorizontal } from '../layers/warp-horizontal.js';
import { tf } from '../tensorflow/tf.js';
import { differencesAlongX, differencesAlongY } from './differences.js';
import { type Loss, scaleWeight, sumOfTerms } from './loss.js';
import { maskedPhotometricLoss } from './photometric.js';

/** What a stereo network says of an unlabelled pair, and what it said before fine-tuning. */
export interface UnsupervisedInput {
  /** Raw disparity heads, finest first; px of the full size = outputFactorPx * head. */
  readonly disparityHeads: readonly tf.Tensor4D[];
  readonly outputFactorPx: number;
  /** [B,H,W,3], 0..1, without colour augmentation. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
  /** [B,H,W,1] px: disparity of the frozen network, negatives set to 0. */
  readonly referencePx: tf.Tensor4D;
  /** [B,H,W,1] 0 or 1: its visibility, probability >= 0.8. */
  readonly visible: tf.Tensor4D;
  /**
   * Weights of both regularization terms, which hold on to the frozen network; defaults 0.05 and 0.1 (the paper; the
   * authors' code has half).
   */
  readonly absoluteWeight?: number;
  readonly relativeWeight?: number;
}

/** Share of the regularization that visible pixels get, too, towards the frozen network's disparity; g3 in (6). */
const visibleShare = 0.1;

/**
 * Unsupervised fine-tuning loss of Guo et al., ECCV 2018, (4) to (7): sum over scales of 2^-s (photometric error of the
 * warped right view where visible + regularization to the frozen network's disparity, mostly where hidden, and to its
 * differences). Both are in px. Terms: `photometric`, `absolute`, `relative`.
 */
export function unsupervisedLoss(input: UnsupervisedInput): Loss {
  return tf.tidy(() => {
    const { disparityHeads, outputFactorPx, absoluteWeight = 0.05, relativeWeight = 0.1 } = input;
    const levels = disparityHeads.length;
    const lefts = pyramid(input.left, levels, halveByMean);
    const rights = pyramid(input.right, levels, halveByMean);
    const references = pyramid(input.referencePx, levels, halveByMax);
    const visibles = pyramid(input.visible, levels, halveByMean);

    const photometric: tf.Tensor[] = [];
    const absolute: tf.Tensor[] = [];
    const relative: tf.Tensor[] = [];
    for (const [scale, head] of disparityHeads.entries()) {
      const weight = scaleWeight(scale);
      const px = head.mul<tf.Tensor4D>(outputFactorPx);
      const warped = warpHorizontal(rights[scale]!, px.div(2 ** scale), { sourceGradient: false });
      photometric.push(maskedPhotometricLoss(warped, lefts[scale]!, visibles[scale]!).mul(weight));
      const error = px.sub<tf.Tensor4D>(references[scale]!);
      const regularization = tf.scalar(1 + visibleShare).sub(visibles[scale]!);
      absolute.push(
        error
          .abs()
          .mul(regularization)
          .mean()
          .mul(weight * absoluteWeight),
      );
      const slopes = differencesAlongX(error).abs().mean().add(differencesAlongY(error).abs().mean());
      relative.push(slopes.mul(0.5 * weight * relativeWeight));
    }
    return sumOfTerms({
      photometric: tf.addN(photometric) as tf.Scalar,
      absolute: tf.addN(absolute) as tf.Scalar,
      relative: tf.addN(relative) as tf.Scalar,
    });
  });
}
