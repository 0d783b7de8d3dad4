import { ConstantGain } from '../layers/matching-cost.js';
import { tf } from '../tensorflow/tf.js';
import {
  concatenate,
  convolution,
  imageInput,
  type LayerContext,
  paddedConvolution,
  upsample,
  type WeightInit,
} from './blocks.js';

/** Size, width and seed of the monocular network of Goldman et al. */
export interface MonoLsimOptions {
  /** Multiplies all channel counts, which are then rounded to multiples of 8. Default 1 = the paper. */
  readonly width?: number;
  /** Input size, px; multiples of 128. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
  /** Default `xavier` = the paper. */
  readonly init?: WeightInit;
}

/** Largest disparity the network can output, as a fraction of the image width. */
const maxDisparityNorm = 0.3;

/** Kernel side and channels of the two convolutions at 1/1 .. 1/64; the second one of each has stride 2. */
const encoder = [
  { kernel: 7, channels: 32 },
  { kernel: 5, channels: 64 },
  { kernel: 3, channels: 128 },
  { kernel: 3, channels: 256 },
  { kernel: 3, channels: 512 },
  { kernel: 3, channels: 512 },
  { kernel: 3, channels: 512 },
] as const;

/** Channels at 1/64, 1/32 .. 1/1. */
const decoder = [512, 512, 256, 128, 64, 32, 16] as const;

/** Disparity heads, at 1/8, 1/4, 1/2 and 1/1. */
const scales = 4;

/**
 * The monocular network of Goldman et al., CVPRW 2019: the VGG-style one of Godard et al., CVPR 2017, with one
 * disparity channel a head. 31.6 M parameters, 14.9 GMAC at 512x256. The siamese branches of the paper are this network,
 * applied to the left image and to the mirrored right image; one image is all it needs at test time.
 *
 * Input [B,H,W,3], RGB 0..1 without mean subtraction. Outputs `disparity1..4`, output s = 1..4 of shape
 * [B, H/2^(s-1), W/2^(s-1), 1], 0.3 * sigmoid: fractions of the image width, always above 0. Width * output = px of the
 * full-size input at every scale. Zero padding, bias and ELU everywhere but at the heads.
 *
 * | layer | kernel/stride | in -> out (width 1) | scale |
 * |---|---|---|---|
 * | conv1a, conv1b | 7/1, 7/2 | 3 -> 32 -> 32 | 1/2 |
 * | conv2a, conv2b | 5/1, 5/2 | 32 -> 64 -> 64 | 1/4 |
 * | conv3a, conv3b | 3/1, 3/2 | 64 -> 128 -> 128 | 1/8 |
 * | conv4a, conv4b | same | 128 -> 256 -> 256 | 1/16 |
 * | conv5a, conv5b | same | 256 -> 512 -> 512 | 1/32 |
 * | conv6a, conv6b | same | 512 -> 512 -> 512 | 1/64 |
 * | conv7a, conv7b | same | 512 -> 512 -> 512 | 1/128 |
 * | up7, i7 | repeat x2 and 3/1, 3/1 | 512 -> 512; 512+512 -> 512 | 1/64 |
 * | up6, i6 | same | 512 -> 512; 512+512 -> 512 | 1/32 |
 * | up5, i5 | same | 512 -> 256; 256+256 -> 256 | 1/16 |
 * | up4, i4, disparity4 | same; 3/1 | 256 -> 128; 128+128 -> 128; -> 1 | 1/8 |
 * | up3, i3, disparity3 | same | 128 -> 64; 64+64+1 -> 64; -> 1 | 1/4 |
 * | up2, i2, disparity2 | same | 64 -> 32; 32+32+1 -> 32; -> 1 | 1/2 |
 * | up1, i1, disparity1 | same | 32 -> 16; 16+1 -> 16; -> 1 | 1 |
 *
 * "+1" is the coarser disparity (after the factor 0.3), repeated to twice its sides; joined in the order up, skip,
 * disparity.
 *
 * The ResNet-50 variant of the released code feeds the left image to both branches, by mistake; the paper's network is
 * this one.
 */
export function createMonoLsim(options: MonoLsimOptions): tf.LayersModel {
  const { height, widthPx, seed, width = 1 } = options;
  const context: LayerContext = { seed, init: options.init ?? 'xavier' };
  const scaled = (channels: number): number => Math.max(8, 8 * Math.round((channels * width) / 8));
  const elu = (name: string, input: tf.SymbolicTensor) =>
    tf.layers.activation({ name: `${name}_elu`, activation: 'elu' }).apply(input) as tf.SymbolicTensor;
  const conv = (name: string, channels: number, input: tf.SymbolicTensor, kernel = 3) =>
    elu(name, convolution({ name, channels: scaled(channels), kernel, activation: 'none' }, context)(input));
  const down = (name: string, channels: number, input: tf.SymbolicTensor, kernel: number) => {
    const strided = { name, channels: scaled(channels), kernel, stride: 2, activation: 'none' } as const;
    return elu(name, paddedConvolution(strided, context)(input));
  };

  const image = imageInput('image', height, widthPx);
  const skips: tf.SymbolicTensor[] = [];
  let features = image;
  for (const [index, { kernel, channels }] of encoder.entries()) {
    const level = index + 1;
    features = down(`conv${level}b`, channels, conv(`conv${level}a`, channels, features, kernel), kernel);
    skips.push(features);
  }

  const disparities: tf.SymbolicTensor[] = [];
  for (const [index, channels] of decoder.entries()) {
    const level = decoder.length - index;
    const inputs = [conv(`up${level}`, channels, upsample(`up${level}_repeat`, features))];
    if (level > 1) inputs.push(skips[level - 2]!);
    const coarser = disparities[0];
    if (coarser !== undefined) inputs.push(upsample(`disparity${level + 1}_up`, coarser));
    features = conv(`i${level}`, channels, concatenate(`cat${level}`, inputs));
    if (level <= scales) disparities.unshift(head(`disparity${level}`, features, context));
  }
  return tf.model({ name: 'mono-lsim', inputs: image, outputs: disparities });
}

function head(name: string, features: tf.SymbolicTensor, context: LayerContext): tf.SymbolicTensor {
  const share = convolution({ name, channels: 1, kernel: 3, activation: 'sigmoid' }, context)(features);
  return new ConstantGain({ name: `${name}_norm`, gain: maxDisparityNorm }).apply(share) as tf.SymbolicTensor;
}
