import { tf } from '../tensorflow/tf.js';
import { add, convolution, imageInput, type LayerContext, upsample } from './blocks.js';

/** Size, width and seed of the edge student. */
export interface MonoEdgeOptions {
  /** Multiplies all channel counts, which are then rounded to multiples of 8. Default 1. */
  readonly width?: number;
  /** Input size, px; multiples of 32. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
}

/** Largest disparity the network can say, as a share of the image width: at KITTI's field of view 1.03 m. */
export const maxDisparityShare = 0.3;

/** Disparity of the untrained network, as a share of the width: close to the mean of a street scene. */
const initialDisparityShare = 0.02;

/** Channels and residual blocks at 1/2, 1/4, 1/8, 1/16, 1/32. */
const encoder = [
  { channels: 16, blocks: 0 },
  { channels: 48, blocks: 1 },
  { channels: 96, blocks: 1 },
  { channels: 128, blocks: 1 },
  { channels: 192, blocks: 2 },
] as const;

/** Channels and residual blocks at 1/16, 1/8, 1/4, 1/2. */
const decoder = [
  { channels: 96, blocks: 0 },
  { channels: 64, blocks: 0 },
  { channels: 40, blocks: 1 },
  { channels: 16, blocks: 1 },
] as const;

/**
 * Our own monocular network for embedded GPUs: 2.4 M parameters, 1.9 GMAC at 640x192 (Monodepth2: 14.3 M, 8.0;
 * RT-MonoDepth-S: 1.2 M, 3.1). Dense 3x3 and 1x1 convolutions, ReLU, additions and pixel-repeating upsampling only:
 * what TensorRT fuses. No batch norm, so nothing to fold; no depthwise convolutions, which are bound by memory.
 *
 * Input [B,H,W,3], RGB, (x - mean) / std. Outputs `disparity 1..4`, output s of shape [B, H/2^s, W/2^s, 1], sigmoid;
 * 0.3 * input width * output = px of the full-size input at every scale, always above 0.
 *
 * | layer | in -> out | scale |
 * |---|---|---|
 * | stem | 3 -> 16, 3x3/2 | 1/2 |
 * | down2, res2 | 16 -> 48, 3x3/2; residual 2 x (3x3) | 1/4 |
 * | down3, res3 | 48 -> 96; same | 1/8 |
 * | down4, res4 | 96 -> 128; same | 1/16 |
 * | down5, res5, res5b | 128 -> 192; twice | 1/32 |
 * | up4, disparity4 | coarse 192 -> 96 (1x1, then repeated) + skip 128 -> 96 (1x1); 3x3; -> 1 | 1/16 |
 * | up3, disparity3 | 96 -> 64 + 96 -> 64; 3x3; -> 1 | 1/8 |
 * | up2, disparity2 | 64 -> 40 + 48 -> 40; 3x3; residual 2 x (3x3); -> 1 | 1/4 |
 * | up1, disparity1 | 40 -> 16 + 16 -> 16; same | 1/2 |
 *
 * Why it is built so:
 * - Most multiplications sit at 1/4 to 1/16, and the field of view at 1/32 spans the image height: where a road meets
 *   an object tells its distance. A full-size last stage would cost as much as the whole decoder and add no detail that
 *   bilinear enlargement of the half-size map does not give (`docs/networks.md`).
 * - Residual branches start small and heads almost constant, at the mean disparity, so that without batch norm the
 *   first steps are stable at a high learning rate.
 * - Near its low end a sigmoid is an exponential: equal steps of the logit are equal factors of depth.
 */
export function createMonoEdge(options: MonoEdgeOptions): tf.LayersModel {
  const { height, widthPx, seed, width = 1 } = options;
  const context: LayerContext = { seed, init: 'he' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));
  const image = imageInput('image', height, widthPx);
  const conv = (name: string, channels: number, input: tf.SymbolicTensor, stride: 1 | 2 = 1) =>
    convolution({ name, channels, kernel: 3, stride, activation: 'relu' }, context)(input);
  const linear = (name: string, channels: number, kernel: number, gain: number, input: tf.SymbolicTensor) =>
    convolution({ name, channels, kernel, activation: 'none', gain }, context)(input);
  const rectifiedSum = (name: string, inputs: readonly tf.SymbolicTensor[]) => {
    const relu = tf.layers.activation({ name: `${name}_relu`, activation: 'relu' });
    return relu.apply(add(`${name}_sum`, inputs)) as tf.SymbolicTensor;
  };
  const residual = (name: string, channels: number, input: tf.SymbolicTensor) =>
    rectifiedSum(name, [input, linear(`${name}_2`, channels, 3, residualGain, conv(`${name}_1`, channels, input))]);

  const skips: tf.SymbolicTensor[] = [];
  let features = image;
  for (const [index, { channels, blocks }] of encoder.entries()) {
    const scale = index + 1;
    features = conv(scale === 1 ? 'stem' : `down${scale}`, scaled(channels), features, 2);
    for (let block = 0; block < blocks; block++) {
      features = residual(`res${scale}${block === 0 ? '' : 'b'}`, scaled(channels), features);
    }
    skips.push(features);
  }

  const disparities: tf.SymbolicTensor[] = [];
  for (const [index, { channels, blocks }] of decoder.entries()) {
    const scale = decoder.length - index;
    const narrow = (part: string, input: tf.SymbolicTensor) =>
      linear(`up${scale}_${part}`, scaled(channels), 1, Math.SQRT1_2, input);
    const coarse = upsample(`up${scale}_repeat`, narrow('coarse', features));
    const sum = rectifiedSum(`up${scale}`, [coarse, narrow('skip', skips[scale - 1]!)]);
    features = conv(`up${scale}_conv`, scaled(channels), sum);
    if (blocks > 0) features = residual(`up${scale}_res`, scaled(channels), features);
    disparities.unshift(head(`disparity${scale}`, features, context));
  }
  return tf.model({ name: 'mono-edge', inputs: image, outputs: disparities });
}

/** Deviation of the last weights of a residual branch, against what would keep the variance. */
const residualGain = 0.25;

function head(name: string, features: tf.SymbolicTensor, context: LayerContext): tf.SymbolicTensor {
  const share = initialDisparityShare / maxDisparityShare;
  const initialBias = Math.log(share / (1 - share));
  return convolution(
    { name, channels: 1, kernel: 3, activation: 'sigmoid', gain: 0.1, initialBias },
    context,
  )(features);
}
