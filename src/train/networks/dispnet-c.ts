import { Correlation1d } from '../layers/correlation-1d.js';
import { tf } from '../tensorflow/tf.js';
import {
  concatenate,
  convolution,
  imageInput,
  type LayerContext,
  paddedConvolution,
  upConvolution,
  type WeightInit,
} from './blocks.js';

/** Largest displacement the correlation looks at, in columns at 1/4 of the input: 160 px at input size. */
export const maxDisplacement = 40;

/** Size, width and seed of a DispNet-C. */
export interface DispNetCOptions {
  /** Multiplies all channel counts, which are then rounded to multiples of 8. 1 = the paper. */
  readonly width: number;
  /** Input size, px; multiples of 64. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
  /** Default `he`; the paper's is `xavier`. */
  readonly init?: WeightInit;
}

/**
 * The stereo network of Guo et al., ECCV 2018 (DispNet-C of Mayer et al. with a second head a scale for visibility).
 *
 * Inputs `[left, right]`, each [B,H,W,3], RGB 0..1 without mean subtraction. Outputs
 * `[disparity 0..3, visibility logit 0..3]`, scale s of shape [B, H/2^s, W/2^s, 1]. 20 * disparity head = px of the
 * full-size input at every scale; logit > 0 = seen in the right view too. Zero padding, bias and LeakyReLU 0.1
 * everywhere but at the heads, which are linear.
 *
 * | layer | kernel/stride | in -> out (width 1) | scale | note |
 * |---|---|---|---|---|
 * | conv1 | 7/2 | 3 -> 64 | 1/2 | both views, shared |
 * | conv2 | 5/2 | 64 -> 128 | 1/4 | both views, shared |
 * | corr | | 128, 128 -> 41 | 1/4 | far -> zero displacement, mean over channels |
 * | redir | 1/1 | 128 -> 64 | 1/4 | left only |
 * | conv3, conv3_1 | 3/2, 3/1 | 64+41 -> 256 -> 256 | 1/8 | order redir, corr |
 * | conv4, conv4_1 | 3/2, 3/1 | 256 -> 512 -> 512 | 1/16 | |
 * | conv5, conv5_1 | 3/2, 3/1 | 512 -> 512 -> 512 | 1/32 | |
 * | conv6, conv6_1 | 3/2, 3/1 | 512 -> 1024 -> 1024 | 1/64 | |
 * | up5, i5 | deconv 4/2, 3/1 | 1024 -> 512; 512+512 -> 512 | 1/32 | order up, skip |
 * | up4, i4 | same | 512 -> 256; 256+512 -> 256 | 1/16 | |
 * | up3, i3, heads | same | 256 -> 128; 128+256 -> 128; -> 1, 1 | 1/8 | |
 * | up2, i2, heads | same | 128 -> 64; 64+128 -> 64; -> 1, 1 | 1/4 | skip conv2, left |
 * | up1, i1, heads | same | 64 -> 32; 32+64 -> 32; -> 1, 1 | 1/2 | skip conv1, left |
 * | up0, i0, heads | same | 32 -> 16; 16 -> 16; -> 1, 1 | 1 | no skip |
 */
export function createDispNetC(options: DispNetCOptions): tf.LayersModel {
  const { width, height, widthPx, seed } = options;
  const context: LayerContext = { seed, init: options.init ?? 'he' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));
  const down = (name: string, channels: number, kernel: number) =>
    paddedConvolution({ name, channels: scaled(channels), kernel, stride: 2, activation: 'leaky' }, context);
  const same = (name: string, channels: number, kernel = 3) =>
    convolution({ name, channels: scaled(channels), kernel, activation: 'leaky' }, context);

  const left = imageInput('left', height, widthPx);
  const right = imageInput('right', height, widthPx);
  const conv1 = down('conv1', 64, 7);
  const conv2 = down('conv2', 128, 5);
  const left1 = conv1(left);
  const left2 = conv2(left1);
  const right2 = conv2(conv1(right));
  const correlation = new Correlation1d({ name: 'corr', maxDisplacement }).apply([left2, right2]) as tf.SymbolicTensor;
  const corr = tf.layers.leakyReLU({ name: 'corr_leaky', alpha: 0.1 }).apply(correlation) as tf.SymbolicTensor;
  const joined = concatenate('joined', [same('redir', 64, 1)(left2), corr]);

  const left3 = same('conv3_1', 256)(down('conv3', 256, 3)(joined));
  const left4 = same('conv4_1', 512)(down('conv4', 512, 3)(left3));
  const left5 = same('conv5_1', 512)(down('conv5', 512, 3)(left4));
  const left6 = same('conv6_1', 1024)(down('conv6', 1024, 3)(left5));

  const up = (scale: number, channels: number, input: tf.SymbolicTensor, skip?: tf.SymbolicTensor) => {
    const raised = upConvolution(`up${scale}`, scaled(channels), context)(input);
    const merged = skip === undefined ? raised : concatenate(`cat${scale}`, [raised, skip]);
    return same(`i${scale}`, channels)(merged);
  };
  const up5 = up(5, 512, left6, left5);
  const up4 = up(4, 256, up5, left4);
  const up3 = up(3, 128, up4, left3);
  const up2 = up(2, 64, up3, left2);
  const up1 = up(1, 32, up2, left1);
  const up0 = up(0, 16, up1);

  const head = (kind: string) => (features: tf.SymbolicTensor, scale: number) =>
    convolution({ name: `${kind}${scale}`, channels: 1, kernel: 3, activation: 'none' }, context)(features);
  const scales = [up0, up1, up2, up3];
  return tf.model({
    name: 'dispnet-c',
    inputs: [left, right],
    outputs: [...scales.map(head('disparity')), ...scales.map(head('visible'))],
  });
}
