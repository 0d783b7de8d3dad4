import { ConstantGain, CosineSimilarity1d, SoftArgmaxDisparity } from '../layers/matching-cost.js';
import { tf } from '../tf.js';
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

/** A head's unit in px of the input, as in Guo's networks. */
export const headUnitPx = 20;

/** Scores of perfect and of unrelated matches differ by this much before training. */
const initialSharpness = 14;

/**
 * Our own stereo teacher for small budgets. Matching is built in instead of learned: cosine similarities of features
 * at 1/4 size form a cost volume, a 2-D hourglass with the left features as context corrects it, the soft-argmax reads
 * the disparity, and two small residual stages refine it at 1/2 and full size beside the left image. Untrained, it is
 * a winner-take-all matcher; where DispNetC spends its first tens of thousands of steps finding out what a match is,
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
 * | refine1, refine0 | 3/1 x2, residual head | 64+24+1 -> 32; 32 -> 16, +3+1 -> 16 | 1/2, 1 |
 */
export function createStereoSoftarg(options: StereoSoftargOptions): tf.LayersModel {
  const { width, height, widthPx, seed } = options;
  const context: LayerContext = { seed, init: 'he' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));
  const conv = (name: string, channels: number, kernel = 3, stride: 1 | 2 = 1): Block =>
    convolution({ name, channels: scaled(channels), kernel, stride, activation: 'leaky' }, context);
  const linear = (name: string, channels: number, kernel: number, gain = 1): Block =>
    convolution({ name, channels, kernel, activation: 'none', gain }, context);

  const left = imageInput('left', height, widthPx);
  const right = imageInput('right', height, widthPx);
  const features = createFeatures(conv, linear, scaled, context);
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

  const refine = (
    scale: 0 | 1,
    channels: number,
    coarse: tf.SymbolicTensor,
    disparity: tf.SymbolicTensor,
    detail: tf.SymbolicTensor,
  ) => {
    const raised = upsample(`disparity${scale}_up`, disparity);
    const input = concatenate(`refine${scale}_in`, [upsample(`refine${scale}_up`, coarse), detail, raised]);
    const refined = conv(`refine${scale}b`, channels)(conv(`refine${scale}a`, channels)(input));
    const residual = linear(`residual${scale}`, 1, 3, 0.1)(refined);
    return { features: refined, disparity: add(`disparity${scale}`, [raised, residual]) };
  };
  const half = refine(1, 32, context4, disparity2, leftFeatures.half);
  const full = refine(0, 16, conv('narrow', 16, 1)(half.features), half.disparity, left);
  const visible = [full.features, half.features, context4].map((input, scale) =>
    linear(`visible${scale}`, 1, 3)(input),
  );
  return tf.model({
    name: 'stereo-softarg',
    inputs: [left, right],
    outputs: [full.disparity, half.disparity, disparity2, ...visible],
  });
}

/** The feature extractor, one set of weights for both views. */
function createFeatures(
  conv: (name: string, channels: number, kernel?: number, stride?: 1 | 2) => Block,
  linear: (name: string, channels: number, kernel: number, gain?: number) => Block,
  scaled: (channels: number) => number,
  context: LayerContext,
): (image: tf.SymbolicTensor) => Record<'half' | 'quarter' | 'match', tf.SymbolicTensor> {
  const first = convolution(
    { name: 'feature1', channels: scaled(24), kernel: 5, stride: 2, activation: 'leaky', readsImage: true },
    context,
  );
  const second = conv('feature2', 48, 3, 2);
  const third = [conv('feature3a', 48), linear('feature3b', scaled(48), 3, 0.5)] as const;
  const sum = tf.layers.add({ name: 'feature3' });
  const match = linear('match', scaled(48), 3);
  return (image) => {
    const half = first(image);
    const quarter = second(half);
    const residual = third[1](third[0](quarter));
    const joined = sum.apply([quarter, residual]) as tf.SymbolicTensor;
    return { half, quarter: joined, match: match(joined) };
  };
}
