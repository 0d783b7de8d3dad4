import { z } from 'zod';
import { transposeWeights } from '../graph/layout.js';
import { conv, convTranspose, imageShape, type Pads, type Pair, type Weights } from '../graph/ops.js';
import type { NetworkLayer } from '../read/network.js';
import { activationSchema, applyActivation } from './activation.js';
import {
  assertChannels,
  assertKernelSize,
  dataFormatSchema,
  type LayerConverter,
  paddingSchema,
  pairSchema,
  perChannel,
  readLayerConfig,
  weightsOf,
} from './converter.js';
import { onePixel, windowOver } from './window.js';

const commonSchema = z.object({
  kernel_size: pairSchema,
  strides: pairSchema,
  padding: paddingSchema,
  data_format: dataFormatSchema,
  use_bias: z.boolean(),
  activation: activationSchema,
});

const configSchema = commonSchema.extend({ dilation_rate: pairSchema.nullish() });

const transposeSchema = commonSchema.extend({
  // Keras has these two, tfjs ignores them: to export them one way or the other would be a guess.
  output_padding: z.null('expected none').optional(),
  dilation_rate: z.union([z.literal(1), z.tuple([z.literal(1), z.literal(1)])], 'expected 1').nullish(),
});

/** Conv2D: kernel [kh, kw, in, out] becomes [out, in, kh, kw]. */
export const convertConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const kernel = kernelOf(layer, 'kernel', config.kernel_size, { axis: 2, channels: imageShape(input)[0] });
  const bias = config.use_bias ? perChannel(layer, 'bias', kernel.shape[3]!) : undefined;
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const result = conv(graph, name, input, transposeWeights(kernel, [3, 2, 0, 1]), bias, window);
  return applyActivation(graph, name, config.activation, result);
};

/** SeparableConv2D: a depthwise convolution, then one of 1x1; the bias belongs to the second. */
export const convertSeparableConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const [channels] = imageShape(input);
  const depthwise = kernelOf(layer, 'depthwise_kernel', config.kernel_size, { axis: 2, channels });
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const spread = conv(graph, `${name}/depthwise`, input, groupedWeights(depthwise), undefined, window, channels);
  const pointwise = kernelOf(layer, 'pointwise_kernel', [1, 1], { axis: 2, channels: spread.shape[1]! });
  const bias = config.use_bias ? perChannel(layer, 'bias', pointwise.shape[3]!) : undefined;
  const result = conv(graph, name, spread, transposeWeights(pointwise, [3, 2, 0, 1]), bias, onePixel);
  return applyActivation(graph, name, config.activation, result);
};

/** DepthwiseConv2D: kernel [kh, kw, in, multiplier] becomes [in * multiplier, 1, kh, kw] in `in` groups. */
export const convertDepthwiseConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const [channels] = imageShape(input);
  const kernel = kernelOf(layer, 'depthwise_kernel', config.kernel_size, { axis: 2, channels });
  const bias = config.use_bias ? perChannel(layer, 'bias', channels * kernel.shape[3]!) : undefined;
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const result = conv(graph, name, input, groupedWeights(kernel), bias, window, channels);
  return applyActivation(graph, name, config.activation, result);
};

/**
 * Conv2DTranspose: kernel [kh, kw, out, in] becomes [in, out, kh, kw]. It is the gradient of a convolution of its output:
 * `same` gives stride * size, so kernel - stride rows are left out, the odd one at the end; where the kernel is smaller
 * than the stride, rows are added instead.
 */
export const convertConv2dTranspose: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, transposeSchema);
  const kernel = kernelOf(layer, 'kernel', config.kernel_size, { axis: 3, channels: imageShape(input)[0] });
  const bias = config.use_bias ? perChannel(layer, 'bias', kernel.shape[2]!) : undefined;
  const { kernel_size: size, strides, padding } = config;
  const surplus: Pair = [Math.max(size[0] - strides[0], 0), Math.max(size[1] - strides[1], 0)];
  const [top, left] = [Math.floor(surplus[0] / 2), Math.floor(surplus[1] / 2)];
  const pads: Pads = padding === 'same' ? [top, left, surplus[0] - top, surplus[1] - left] : [0, 0, 0, 0];
  const outputPadding: Pair = [Math.max(strides[0] - size[0], 0), Math.max(strides[1] - size[1], 0)];
  const weights = transposeWeights(kernel, [3, 2, 0, 1]);
  const result = convTranspose(graph, name, input, weights, bias, { kernel: size, strides, pads, outputPadding });
  return applyActivation(graph, name, config.activation, result);
};

/** A kernel [kh, kw, ...] of the size that the settings say, for the channels that the layer reads: those of `axis`. */
function kernelOf(
  layer: NetworkLayer,
  name: string,
  size: Pair,
  reads: { readonly axis: 2 | 3; readonly channels: number },
): Weights {
  const kernel = weightsOf(layer, name, 4);
  assertKernelSize(layer, name, kernel, size);
  assertChannels(layer, kernel.shape[reads.axis]!, reads.channels);
  return kernel;
}

/** Kernel [kh, kw, in, multiplier] as [in * multiplier, 1, kh, kw]. */
function groupedWeights(kernel: Weights): Weights {
  const { shape, data } = transposeWeights(kernel, [2, 3, 0, 1]);
  return { shape: [shape[0]! * shape[1]!, 1, shape[2]!, shape[3]!], data };
}
