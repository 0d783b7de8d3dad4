import { assert } from '../../base/assert.js';
import { halveByMean } from '../layers/pyramid.js';
import { warpWithZeroBorder } from '../layers/warp-zero-border.js';
import { tf } from '../tensorflow/tf.js';
import { differencesAlongX, differencesAlongY } from './differences.js';
import { gaussianSsimDistance } from './gaussian-ssim.js';
import { type Loss, sumOfTerms } from './loss.js';

// Axes: B batch, H rows, W columns of the network's input; h, w those of a head; s the place of a head, 0 = finest.

/** A pair, and what one network for single images says about both of its views. */
export interface LsimInput {
  /** [B,H,W,3], 0..1: the images the network saw, colour changes included. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
  /** Disparity heads for the left image, finest first, [B,h,w,1]; px of the full size = outputFactorPx * head. */
  readonly leftHeads: readonly tf.Tensor4D[];
  /**
   * Heads for the mirrored right image, mirrored still, as the network gave them. Without them only the left image is
   * learned from: its photometric error and smoothness, and no consistency.
   */
  readonly mirroredRightHeads?: readonly tf.Tensor4D[];
  readonly outputFactorPx: number;
}

/** Share of SSIM in the photometric error; the rest is L1. */
const ssimShare = 0.85;

/** Weight of the smoothness at the finest scale; each coarser one has half of it. */
const smoothnessWeight = 0.1;

/** Weight of the left-right consistency, at every scale. */
const consistencyWeight = 1;

/**
 * The loss of Goldman et al., Learn Stereo, Infer Mono, CVPRW 2019, summed over scales and both views:
 *
 *     0.85 SSIM distance + 0.15 L1, of the view and the one rebuilt from the other view by its own disparity
 *     + 0.1 * 2^-s TV, TV = mean |dx d| + mean |dy d|, whatever the image looks like
 *     + 1.0 * mean |d - the other view's disparity at the match|
 *
 * Disparities count as fractions of the image width, images are reduced to the heads' sizes by area, and both are
 * compared at that size. Gradients reach both disparities of the consistency term. Terms: `photometric`, `smoothness`,
 * `consistency` (absent for one view).
 *
 * Two things differ from the released code: there x and y differences go into one list of which only the first half is
 * summed, so that vertical ones never count; here both do, as total variation says. And of its two versions this is the
 * later one, the paper's: SSIM under a Gaussian window and smoothness without image edges.
 */
export function lsimLoss(input: LsimInput): Loss {
  return tf.tidy(() => {
    const { left, right, leftHeads, mirroredRightHeads, outputFactorPx } = input;
    const toNorm = outputFactorPx / left.shape[2];
    const photometric: tf.Tensor[] = [];
    const smoothness: tf.Tensor[] = [];
    const consistency: tf.Tensor[] = [];
    for (const [scale, head] of leftHeads.entries()) {
      const leftNorm: tf.Tensor4D = head.mul(toNorm);
      const rightNorm = mirroredRightHeads && mirror(mirroredRightHeads[scale]!).mul<tf.Tensor4D>(toNorm);
      const images = { left: reduceTo(left, head), right: reduceTo(right, head) };
      // A pixel's match lies to its left in the right image, to its right in the left one.
      const views = [{ own: images.left, other: images.right, norm: leftNorm, otherNorm: rightNorm, direction: 1 }];
      if (rightNorm !== undefined) {
        views.push({ own: images.right, other: images.left, norm: rightNorm, otherNorm: leftNorm, direction: -1 });
      }
      for (const { own, other, norm, otherNorm, direction } of views) {
        const shiftPx: tf.Tensor4D = norm.mul(direction * norm.shape[2]);
        photometric.push(photometricError(warpWithZeroBorder(other, shiftPx, { sourceGradient: false }), own));
        smoothness.push(totalVariation(norm).mul(smoothnessWeight / 2 ** scale));
        if (otherNorm === undefined) continue;
        consistency.push(norm.sub(warpWithZeroBorder(otherNorm, shiftPx)).abs().mean().mul(consistencyWeight));
      }
    }
    const sum = (terms: tf.Tensor[]): tf.Scalar => tf.addN(terms) as tf.Scalar;
    return sumOfTerms({
      photometric: sum(photometric),
      smoothness: sum(smoothness),
      ...(consistency.length === 0 ? {} : { consistency: sum(consistency) }),
    });
  });
}

/** Mirrored left to right. */
export function mirror(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  return map_BHWC.reverse(2);
}

/** Mean over the batch. */
function photometricError(rebuilt_BHWC: tf.Tensor4D, image_BHWC: tf.Tensor4D): tf.Tensor {
  const structure = gaussianSsimDistance(rebuilt_BHWC, image_BHWC).mean();
  const colour = rebuilt_BHWC.sub(image_BHWC).abs().mean();
  return structure.mul(ssimShare).add(colour.mul(1 - ssimShare));
}

function totalVariation(map_BHW1: tf.Tensor4D): tf.Tensor {
  return differencesAlongX(map_BHW1).abs().mean().add(differencesAlongY(map_BHW1).abs().mean());
}

/** An image at the size of a head, by area: its sides are a power of two times the head's. */
function reduceTo(image_BHWC: tf.Tensor4D, head: tf.Tensor4D): tf.Tensor4D {
  let reduced = image_BHWC;
  while (reduced.shape[2] > head.shape[2]) reduced = halveByMean(reduced);
  const [, height, width] = reduced.shape;
  assert(height === head.shape[1] && width === head.shape[2], `loss: a head of ${head.shape} for ${image_BHWC.shape}`);
  return reduced;
}
