import { assert } from '../../base/assert.js';
import { halveByMax, halveByMean, pyramid, resizeBilinear } from '../layers/pyramid.js';
import { tf } from '../tensorflow/tf.js';
import { differencesAlongX, differencesAlongY } from './differences.js';
import { type Loss, scaleWeight, sumOfTerms, weightedMean } from './loss.js';
import { disparityNormPx } from './supervised.js';
import { thinness } from './thinness.js';

/** What a student said and what its teacher says. */
export interface DistillationInput {
  /** Network outputs, finest first; px of the full size = outputFactorPx * output. Sides: full / 2^k. */
  readonly outputs: readonly tf.Tensor4D[];
  readonly outputFactorPx: number;
  /** [B,H,W,1] the teacher's disparity, px of the full size; 0 = unknown. */
  readonly labelPx: tf.Tensor4D;
  /** [B,H,W,1] 0..1; if given, each pixel counts with it. Ours; the paper weighs all alike. */
  readonly confidence?: tf.Tensor4D;
  /** Weight of the relative term, default 0 (the paper). Needs outputs that are never negative. */
  readonly relativeWeight?: number;
  /** Weight of the gradient term, default 0 (the paper). */
  readonly gradientWeight?: number;
  /** A pixel of `thinness` t counts 1 + thinWeight * t times; default 0 (the paper). */
  readonly thinWeight?: number;
}

/**
 * Distillation loss of Guo et al., ECCV 2018, (8): sum over scales of 2^-s times the mean over pixels with a label of
 * |student - label| / 20, the labels brought to each output's size by 2x2 maxima. An output below full size that comes
 * first is instead enlarged bilinearly (half-pixel centres) to the labels' size, as the exported model does.
 *
 * Two terms of ours, off by default, act on the finest output only: `relative`, the mean of |log((student + 1) /
 * (label + 1))|, which weighs an error by how much depth it moves, so that far pixels count as near ones do; and
 * `gradient`, the mean absolute difference of horizontal and vertical differences / 20, which sharpens edges.
 *
 * Thin structures are few pixels, and a mean over all of them is hardly better for having them; `thinWeight`, also ours,
 * raises their share.
 *
 * Terms: `disparity`, and `relative`, `gradient` where asked for.
 */
export function distillationLoss(input: DistillationInput): Loss {
  return tf.tidy(() => {
    const { outputs, outputFactorPx, labelPx, confidence } = input;
    const { relativeWeight = 0, gradientWeight = 0, thinWeight = 0 } = input;
    const [, height, width] = labelPx.shape;
    const deepest = Math.max(...outputs.map((output) => levelOf(output, height)));
    const labels = pyramid(labelPx, deepest + 1, halveByMax);
    const confidences = confidence === undefined ? undefined : pyramid(confidence, deepest + 1, halveByMean);
    const trust = labels.map((label, level) => {
      const known = label.greater(0).toFloat() as tf.Tensor4D;
      return confidences === undefined ? known : known.mul<tf.Tensor4D>(confidences[level]!);
    });
    const emphases = thinWeight === 0 ? undefined : pyramid(emphasis(labelPx, thinWeight), deepest + 1, halveByMax);
    const weights = emphases === undefined ? trust : trust.map((map, level) => map.mul(emphases[level]!));

    const finestPx = resizeBilinear(outputs[0]!, height, width).mul<tf.Tensor4D>(outputFactorPx);
    const perScale = outputs.map((output, scale) => {
      const level = scale === 0 ? 0 : levelOf(output, height);
      const px = scale === 0 ? finestPx : output.mul(outputFactorPx);
      const error = px.sub(labels[level]!).abs();
      return weightedMean(error, weights[level]!).mul(scaleWeight(scale) / disparityNormPx);
    });
    const terms: Record<string, tf.Scalar> = { disparity: tf.addN(perScale) as tf.Scalar };
    if (relativeWeight > 0) {
      const ratio = finestPx.add(1).log().sub(labelPx.add(1).log()).abs();
      terms.relative = weightedMean(ratio, weights[0]!).mul(relativeWeight);
    }
    if (gradientWeight > 0) {
      const difference = gradientDifference(finestPx.sub(labelPx), trust[0]!, emphases?.[0]);
      terms.gradient = difference.mul(gradientWeight / disparityNormPx);
    }
    return sumOfTerms(terms);
  });
}

/** How often a pixel counts. */
function emphasis(labelPx: tf.Tensor4D, thinWeight: number): tf.Tensor4D {
  return thinness(labelPx).mul(thinWeight).add(1);
}

/**
 * Mean absolute horizontal plus vertical difference of an error map, over neighbours that are both trusted; a step from
 * an emphasised pixel to another counts as much as one within.
 */
function gradientDifference(error_BHW1: tf.Tensor4D, trust_BHW1: tf.Tensor4D, emphasis?: tf.Tensor4D): tf.Scalar {
  const [batch, height, width] = trust_BHW1.shape;
  type Four = [number, number, number, number];
  const weightsAlong = (size: Four, next: Four): tf.Tensor => {
    const both = trust_BHW1.slice(next, size).mul(trust_BHW1.slice([0, 0, 0, 0], size));
    if (emphasis === undefined) return both;
    return both.mul(emphasis.slice(next, size).maximum(emphasis.slice([0, 0, 0, 0], size)));
  };
  const x = weightedMean(
    differencesAlongX(error_BHW1).abs(),
    weightsAlong([batch, height, width - 1, 1], [0, 0, 1, 0]),
  );
  const y = weightedMean(
    differencesAlongY(error_BHW1).abs(),
    weightsAlong([batch, height - 1, width, 1], [0, 1, 0, 0]),
  );
  return x.add(y) as tf.Scalar;
}

/** How often the labels' height must be halved to get an output's. */
function levelOf(output: tf.Tensor4D, fullHeight: number): number {
  const level = Math.log2(fullHeight / output.shape[1]);
  assert(Number.isInteger(level) && level >= 0, `distillation: output of ${output.shape[1]} rows for ${fullHeight}`);
  return level;
}
