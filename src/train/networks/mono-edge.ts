import { tf } from '../tf.js';
import { add, convolution, imageInput, type LayerContext, upsample } from './blocks.js';

/** Size and seed of the edge student. */
export interface MonoEdgeOptions {
  /** Input size, px; multiples of 32. */
  readonly height: number;
  readonly widthPx: number;
  readonly seed: number;
}

/** Largest disparity the network can say, as a share of the image width: at KITTI's field of view 1.03 m. */
export const maxDisparityShare = 0.3;

/** Disparity of the untrained network, as a share of the width. */
const initialDisparityShare = 0.04;

export function createMonoEdge(options: MonoEdgeOptions): tf.LayersModel {
  const { height, widthPx, seed } = options;
  const context: LayerContext = { seed, init: 'he' };
  const conv = (name: string, channels: number, input: tf.SymbolicTensor, stride: 1 | 2 = 1) =>
    convolution({ name, channels, kernel: 3, stride, activation: 'relu' }, context)(input);
  const residual = (name: string, channels: number, input: tf.SymbolicTensor): tf.SymbolicTensor => {
    const inner = conv(`${name}_a`, channels, input);
    const branch = convolution(
      { name: `${name}_b`, channels, kernel: 3, activation: 'none', gain: 0.25 },
      context,
    )(inner);
    const sum = add(`${name}_sum`, [input, branch]);
    return tf.layers.activation({ name: `${name}_relu`, activation: 'relu' }).apply(sum) as tf.SymbolicTensor;
  };

  const image = imageInput('image', height, widthPx);
  const half = conv('stem', 16, image, 2);
  const quarter = residual('res2', 32, conv('down2', 32, half, 2));
  const eighth = residual('res3', 64, conv('down3', 64, quarter, 2));
  const sixteenth = residual('res4', 128, conv('down4', 128, eighth, 2));
  const last = residual('res5b', 192, residual('res5a', 192, conv('down5', 192, sixteenth, 2)));

  const raise = (name: string, channels: number, coarse: tf.SymbolicTensor, skip: tf.SymbolicTensor) => {
    const narrow = (part: string, input: tf.SymbolicTensor) =>
      convolution(
        { name: `${name}_${part}`, channels, kernel: 1, activation: 'none', gain: Math.SQRT1_2 },
        context,
      )(input);
    const sum = add(`${name}_sum`, [upsample(`${name}_up`, narrow('coarse', coarse)), narrow('skip', skip)]);
    const rectified = tf.layers.activation({ name: `${name}_relu`, activation: 'relu' }).apply(sum);
    return conv(`${name}_conv`, channels, rectified as tf.SymbolicTensor);
  };
  const up4 = raise('up4', 96, last, sixteenth);
  const up3 = raise('up3', 48, up4, eighth);
  const up2 = raise('up2', 32, up3, quarter);
  const up1 = raise('up1', 16, up2, half);

  const share = initialDisparityShare / maxDisparityShare;
  const head = (features: tf.SymbolicTensor, index: number) =>
    convolution(
      {
        name: `disparity${index + 1}`,
        channels: 1,
        kernel: 3,
        activation: 'sigmoid',
        gain: 0.5,
        initialBias: Math.log(share / (1 - share)),
      },
      context,
    )(features);
  return tf.model({ name: 'mono-edge', inputs: image, outputs: [up1, up2, up3, up4].map(head) });
}
