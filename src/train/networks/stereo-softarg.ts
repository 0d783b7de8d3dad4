import { ConstantGain, CosineSimilarity1d, SoftArgmaxDisparity } from '../layers/matching-cost.js';
import { SimilarityWindow } from '../layers/similarity-window.js';
import { tf } from '../tensorflow/tf.js';
import { add, type Block, concatenate, convolution, imageInput, type LayerContext, upsample } from './blocks.js';

/** Size, width and seed of the stereo network. */
export interface StereoSoftargOptions {
  /** Multiplies channel counts. */
  readonly width: number;
  /** Input size, px; multiples of 64. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
}

/** Largest displacement at 1/4 size: 47 columns are 188 px of the input. */
const maxDisplacement = 47;

/** Displacements at 1/2 size that are looked at on each side of what 1/4 size says. */
const windowRadius = 4;

/** A head's unit in px of the input, as in Guo's networks. */
export const headUnitPx = 20;

/** Scores of perfect and of unrelated matches differ by this much before training. */
const initialSharpness = 14;

/**
 * Our own stereo teacher for small budgets. Matching is built in instead of learned: cosine similarities of features
 * at 1/4 size form a cost volume, a 2-D hourglass with the left features as context corrects it, the soft-argmax reads
 * the disparity. At 1/2 size it looks again: the similarities of a few displacements around that first estimate,
 * corrected in the same way, give an offset to it. A small residual stage beside the left image sharpens outlines at
 * full size. Untrained, it is a winner-take-all matcher; where DispNetC spends its first tens of thousands of steps finding out what a match is,
 * it improves from the first. A visibility logit stands beside the disparity at each of the three scales.
 *
 * Inputs `[left, right]`, each [B,H,W,3]; outputs `[disparity 0..2, visibility logit 0..2]`, scale s of shape
 * [B, H/2^s, W/2^s, 1]; 20 * disparity head = px of the full-size input.
 *
 * | layer | kernel/stride | in -> out (width 1) | scale |
 * |---|---|---|---|
 * | feature1, feature2 | 5/2, 3/2 | 3 -> 24 -> 48, both views, shared | 1/2, 1/4 |
 * | feature3 (residual), match | 3/1 x2, 3/1 | 48 -> 48 -> 48, shared | 1/4 |
 * | similarity | | 48, 48 -> 48 displacements | 1/4 |
 * | join | 3/1 | 48 + 48 -> 64 | 1/4 |
 * | down8, down16, down32 | 3/2 + 3/1 | 64 -> 96 -> 128 -> 160 | 1/8 .. 1/32 |
 * | up16, up8, up4 | 1/1 both sides, sum, 3/1 | -> 128 -> 96 -> 64 | 1/16 .. 1/4 |
 * | scores = 14 * similarity + correction | 3/1 | 64 -> 48 | 1/4 |
 * | half_match | 3/1 | 24 -> 24, shared | 1/2 |
 * | window | | 24, 24 -> 9 displacements around the estimate | 1/2 |
 * | refine1 | 3/1 x2 | 64 + 24 + 1 -> 32 -> 32 | 1/2 |
 * | window_scores = 14 * window + correction | 3/1 | 32 -> 9 | 1/2 |
 * | narrow, refine0, residual0 | 1/1, 3/1 x2, 3/1 | 32 -> 16; 16 + 3 + 1 -> 16 -> 16 -> 1 | 1 |
 */
export function createStereoSoftarg(options: StereoSoftargOptions): tf.LayersModel {
  const { width, height, widthPx, seed } = options;
  const context: LayerContext = { seed, init: 'he' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));
  const conv = (name: string, channels: number, kernel = 3, stride: 1 | 2 = 1): Block =>
    convolution({ name, channels: scaled(channels), kernel, stride, activation: 'leaky' }, context);
  const linear = (name: string, channels: number, kernel: number, gain = 1): Block =>
    convolution({ name, channels, kernel, activation: 'none', gain }, context);

  const refined = (scale: 0 | 1, channels: number, parts: readonly tf.SymbolicTensor[]) =>
    conv(`refine${scale}b`, channels)(conv(`refine${scale}a`, channels)(concatenate(`refine${scale}_in`, parts)));

  const left = imageInput('left', height, widthPx);
  const right = imageInput('right', height, widthPx);
  const features = createFeatures(conv, linear, scaled);
  const leftFeatures = features(left);
  const rightFeatures = features(right);
  const similarity = new CosineSimilarity1d({ name: 'similarity', maxDisplacement }).apply([
    leftFeatures.match,
    rightFeatures.match,
  ]) as tf.SymbolicTensor;

  const join = conv('join', 64)(concatenate('joined', [similarity, leftFeatures.quarter]));
  const eighth = conv('down8b', 96)(conv('down8a', 96, 3, 2)(join));
  const sixteenth = conv('down16b', 128)(conv('down16a', 128, 3, 2)(eighth));
  const last = conv('down32b', 160)(conv('down32a', 160, 3, 2)(sixteenth));
  const raise = (name: string, channels: number, coarse: tf.SymbolicTensor, skip: tf.SymbolicTensor) => {
    const narrow = (part: string, gain: number) => linear(`${name}_${part}`, scaled(channels), 1, gain);
    const sum = add(`${name}_sum`, [
      upsample(`${name}_up`, narrow('coarse', Math.SQRT1_2)(coarse)),
      narrow('skip', Math.SQRT1_2)(skip),
    ]);
    return conv(
      `${name}_conv`,
      channels,
    )(tf.layers.leakyReLU({ name: `${name}_leaky`, alpha: 0.1 }).apply(sum) as tf.SymbolicTensor);
  };
  const context16 = raise('up16', 128, last, sixteenth);
  const context8 = raise('up8', 96, context16, eighth);
  const context4 = raise('up4', 64, context8, join);

  const sharpened = new ConstantGain({ name: 'sharpened', gain: initialSharpness }).apply(
    similarity,
  ) as tf.SymbolicTensor;
  const scores = add('scores', [sharpened, linear('correction', maxDisplacement + 1, 3, 0.5)(context4)]);
  const disparity2 = new SoftArgmaxDisparity({ name: 'disparity2', step: 4 / headUnitPx }).apply(
    scores,
  ) as tf.SymbolicTensor;

  // Half size: look again, in a few displacements around the first estimate.
  const estimate1 = upsample('disparity1_up', disparity2);
  const window = new SimilarityWindow({ name: 'window', radius: windowRadius, unitPx: headUnitPx / 2 }).apply([
    leftFeatures.halfMatch,
    rightFeatures.halfMatch,
    estimate1,
  ]) as tf.SymbolicTensor;
  const half = refined(1, 32, [upsample('refine1_up', context4), leftFeatures.half, estimate1]);
  const windowScores = add('window_scores', [
    new ConstantGain({ name: 'window_sharpened', gain: initialSharpness }).apply(window) as tf.SymbolicTensor,
    linear('window_correction', 2 * windowRadius + 1, 3, 0.5)(half),
  ]);
  const offset1 = new SoftArgmaxDisparity({ name: 'offset1', step: 2 / headUnitPx, zero: windowRadius }).apply(
    windowScores,
  ) as tf.SymbolicTensor;
  const disparity1 = add('disparity1', [estimate1, offset1]);

  // Full size: outlines from the left image alone.
  const estimate0 = upsample('disparity0_up', disparity1);
  const full = refined(0, 16, [upsample('refine0_up', conv('narrow', 16, 1)(half)), left, estimate0]);
  const disparity0 = add('disparity0', [estimate0, linear('residual0', 1, 3, 0.1)(full)]);

  const visible = [full, half, context4].map((input, scale) => linear(`visible${scale}`, 1, 3)(input));
  return tf.model({
    name: 'stereo-softarg',
    inputs: [left, right],
    outputs: [disparity0, disparity1, disparity2, ...visible],
  });
}

/** The feature extractor, one set of weights for both views. */
function createFeatures(
  conv: (name: string, channels: number, kernel?: number, stride?: 1 | 2) => Block,
  linear: (name: string, channels: number, kernel: number, gain?: number) => Block,
  scaled: (channels: number) => number,
): (image: tf.SymbolicTensor) => Record<'half' | 'halfMatch' | 'quarter' | 'match', tf.SymbolicTensor> {
  const first = conv('feature1', 24, 5, 2);
  const second = conv('feature2', 48, 3, 2);
  const third = [conv('feature3a', 48), linear('feature3b', scaled(48), 3, 0.5)] as const;
  const sum = tf.layers.add({ name: 'feature3' });
  const match = linear('match', scaled(48), 3);
  const halfMatch = linear('half_match', scaled(24), 3);
  return (image) => {
    const half = first(image);
    const quarter = second(half);
    const residual = third[1](third[0](quarter));
    const joined = sum.apply([quarter, residual]) as tf.SymbolicTensor;
    return { half, halfMatch: halfMatch(half), quarter: joined, match: match(joined) };
  };
}
