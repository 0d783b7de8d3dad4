import { halveByMean, pyramid } from '../layers/pyramid.js';
import { warpHorizontal } from '../layers/warp-horizontal.js';
import { tf } from '../tensorflow/tf.js';
import { differencesAlongX, differencesAlongY } from './differences.js';
import { type Loss, sumOfTerms } from './loss.js';
import { maskedPhotometricLoss } from './photometric.js';

/** What a stereo network says about both views of an unlabelled pair. */
export interface GodardInput {
  /** Raw disparity heads of each view, finest first; px of the full size = outputFactorPx * head. */
  readonly leftHeads: readonly tf.Tensor4D[];
  readonly rightHeads: readonly tf.Tensor4D[];
  readonly outputFactorPx: number;
  /** [B,H,W,3], 0..1. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
}

/** Weight of the smoothness at the finest scale; each coarser one has half of it. */
const smoothnessWeight = 0.1;

/**
 * The loss of Godard et al., CVPR 2017, (1) to (4), on a stereo network: per scale and view the photometric error
 * (0.85 SSIM distance + 0.15 L1) of the view rebuilt from the other one, plus 0.1 * 2^-s times the edge-aware slope of
 * the disparity, plus the left-right difference of both disparities. Disparities count as fractions of the image width,
 * as there. Hidden pixels are not left out: this is the baseline that Guo et al. compare their masks and regularization with.
 * Terms: `photometric`, `smoothness`, `consistency`.
 */
export function godardLoss(input: GodardInput): Loss {
  return tf.tidy(() => {
    const { leftHeads, rightHeads, outputFactorPx } = input;
    const lefts = pyramid(input.left, leftHeads.length, halveByMean);
    const rights = pyramid(input.right, rightHeads.length, halveByMean);
    const share = outputFactorPx / input.left.shape[2];
    const photometric: tf.Tensor[] = [];
    const smoothness: tf.Tensor[] = [];
    const consistency: tf.Tensor[] = [];
    for (const [scale, leftHead] of leftHeads.entries()) {
      const views = [
        { own: lefts[scale]!, other: rights[scale]!, head: leftHead, otherHead: rightHeads[scale]!, direction: 1 },
        { own: rights[scale]!, other: lefts[scale]!, head: rightHeads[scale]!, otherHead: leftHead, direction: -1 },
      ];
      for (const { own, other, head, otherHead, direction } of views) {
        const shiftPx: tf.Tensor4D = head.mul((direction * outputFactorPx) / 2 ** scale);
        const rebuilt = warpHorizontal(other, shiftPx, { sourceGradient: false });
        photometric.push(maskedPhotometricLoss(rebuilt, own, tf.onesLike(head)));
        smoothness.push(edgeAwareSlope(head, own).mul((share * smoothnessWeight) / 2 ** scale));
        consistency.push(head.sub(warpHorizontal(otherHead, shiftPx)).abs().mean().mul(share));
      }
    }
    return sumOfTerms({
      photometric: tf.addN(photometric) as tf.Scalar,
      smoothness: tf.addN(smoothness) as tf.Scalar,
      consistency: tf.addN(consistency) as tf.Scalar,
    });
  });
}

/** mean |dx d| e^-|dx I| + mean |dy d| e^-|dy I|, |d I| the mean over the colours. */
function edgeAwareSlope(disparity_BHW1: tf.Tensor4D, image_BHW3: tf.Tensor4D): tf.Scalar {
  const along = (differences: (map: tf.Tensor4D) => tf.Tensor4D): tf.Tensor =>
    differences(disparity_BHW1).abs().mul(differences(image_BHW3).abs().mean(3, true).neg().exp()).mean();
  return along(differencesAlongX).add(along(differencesAlongY));
}
