import { tf } from '../tensorflow/tf.js';
import {
  type ConvolutionOptions,
  concatenate,
  convolution,
  imageInput,
  type LayerContext,
  upConvolution,
  upsample,
  type WeightInit,
} from './blocks.js';

/** Size, width and seed of the VGG-16 student. */
export interface MonoVggOptions {
  /** Multiplies all channel counts, which are then rounded to multiples of 8. Default 1 = the paper. */
  readonly width?: number;
  /** Input size, px; multiples of 32. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
  /** Default `he`. */
  readonly init?: WeightInit;
}

/**
 * The monocular network of Guo et al., ECCV 2018: the convolutions of VGG-16 (ReLU, a 2x2 maximum pool *ending* each
 * block, no batch norm), and a decoder whose skips are the pooled maps and which hands each scale's disparity to the next.
 *
 * Input [B,H,W,3], RGB, (x - mean) / std. Outputs `disparity 0..3`, scale s of shape [B, H/2^s, W/2^s, 1], linear;
 * 20 * output = px of the full-size input at every scale.
 *
 * | layer | in -> out (width 1) | scale |
 * |---|---|---|
 * | enc1..5 | 3-64-64, 128-128, 256 x 3, 512 x 3, 512 x 3 (3x3) | 1/2 .. 1/32 |
 * | up4, i4 | deconv 4/2 512 -> 256; 256+512 -> 256 | 1/16 |
 * | up3, i3, disparity3 | 256 -> 128; 128+256 -> 128; -> 1 | 1/8 |
 * | up2, i2, disparity2 | 128 -> 64; 64+128+1 -> 64; -> 1 | 1/4 |
 * | up1, i1, disparity1 | 64 -> 32; 32+64+1 -> 32; -> 1 | 1/2 |
 * | up0, i0, disparity0 | 32 -> 16; 16+1 -> 16; -> 1 | 1 |
 *
 * "+1" is the coarser raw head, repeated to twice its sides; joined in the order up, skip, disparity. Decoder LeakyReLU 0.1.
 */
export function createMonoVgg(options: MonoVggOptions): tf.LayersModel {
  const { height, widthPx, seed, width = 1 } = options;
  const context: LayerContext = { seed, init: options.init ?? 'he' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));

  const encoder: readonly (readonly number[])[] = [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ];
  const image = imageInput('image', height, widthPx);
  const pooled: tf.SymbolicTensor[] = [];
  let features = image;
  for (const [block, widths] of encoder.entries()) {
    for (const [index, channels] of widths.entries()) {
      const name = `enc${block + 1}_${index + 1}`;
      const options: ConvolutionOptions = { name, channels: scaled(channels), kernel: 3, activation: 'relu' };
      features = convolution(options, context)(features);
    }
    const pool = tf.layers.maxPooling2d({ name: `pool${block + 1}`, poolSize: 2, strides: 2 });
    features = pool.apply(features) as tf.SymbolicTensor;
    pooled.push(features);
  }

  const disparities: tf.SymbolicTensor[] = [];
  for (const [index, channels] of [256, 128, 64, 32, 16].entries()) {
    const scale = 4 - index;
    const inputs = [upConvolution(`up${scale}`, scaled(channels), context)(features)];
    const skip = scale > 0 ? pooled[scale - 1] : undefined;
    if (skip !== undefined) inputs.push(skip);
    const coarser = disparities[0];
    if (coarser !== undefined) inputs.push(upsample(`disparity${scale + 1}_up`, coarser));
    const merged = inputs.length === 1 ? inputs[0]! : concatenate(`cat${scale}`, inputs);
    features = convolution(
      { name: `i${scale}`, channels: scaled(channels), kernel: 3, activation: 'leaky' },
      context,
    )(merged);
    if (scale === 4) continue;
    const head = convolution({ name: `disparity${scale}`, channels: 1, kernel: 3, activation: 'none' }, context);
    disparities.unshift(head(features));
  }
  return tf.model({ name: 'mono-vgg', inputs: image, outputs: disparities });
}
