import { z } from 'zod';
import { transposeWeights } from '../graph/layout.js';
import { conv, imageShape, type Weights } from '../graph/ops.js';
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

const configSchema = z.object({
  kernel_size: pairSchema,
  strides: pairSchema,
  padding: paddingSchema,
  dilation_rate: pairSchema.nullish(),
  data_format: dataFormatSchema,
  use_bias: z.boolean(),
  activation: activationSchema,
});

/** Conv2D: kernel [kh, kw, in, out] becomes [out, in, kh, kw]. */
export const convertConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const kernel = weightsOf(layer, 'kernel', 4);
  assertKernelSize(layer, 'kernel', kernel, config.kernel_size);
  assertChannels(layer, kernel.shape[2]!, imageShape(input)[0]);
  const bias = config.use_bias ? perChannel(layer, 'bias', kernel.shape[3]!) : undefined;
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const result = conv(graph, name, input, transposeWeights(kernel, [3, 2, 0, 1]), bias, window);
  return applyActivation(graph, name, config.activation, result);
};

/** SeparableConv2D: a depthwise convolution, then one of 1x1; the bias belongs to the second. */
export const convertSeparableConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const depthwise = weightsOf(layer, 'depthwise_kernel', 4);
  assertKernelSize(layer, 'depthwise_kernel', depthwise, config.kernel_size);
  assertChannels(layer, depthwise.shape[2]!, imageShape(input)[0]);
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const spread = conv(graph, `${name}/depthwise`, input, groupedWeights(depthwise), undefined, window, input.shape[1]!);
  const pointwise = weightsOf(layer, 'pointwise_kernel', 4);
  assertKernelSize(layer, 'pointwise_kernel', pointwise, [1, 1]);
  assertChannels(layer, pointwise.shape[2]!, spread.shape[1]!);
  const bias = config.use_bias ? perChannel(layer, 'bias', pointwise.shape[3]!) : undefined;
  const result = conv(graph, name, spread, transposeWeights(pointwise, [3, 2, 0, 1]), bias, onePixel);
  return applyActivation(graph, name, config.activation, result);
};

/** Kernel [kh, kw, in, multiplier] as [in * multiplier, 1, kh, kw]. */
function groupedWeights(kernel: Weights): Weights {
  const { shape, data } = transposeWeights(kernel, [2, 3, 0, 1]);
  return { shape: [shape[0]! * shape[1]!, 1, shape[2]!, shape[3]!], data };
}

/** DepthwiseConv2D: kernel [kh, kw, in, multiplier] becomes [in * multiplier, 1, kh, kw] in `in` groups. */
export const convertDepthwiseConv2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const kernel = weightsOf(layer, 'depthwise_kernel', 4);
  assertKernelSize(layer, 'depthwise_kernel', kernel, config.kernel_size);
  const [channels] = imageShape(input);
  assertChannels(layer, kernel.shape[2]!, channels);
  const bias = config.use_bias ? perChannel(layer, 'bias', channels * kernel.shape[3]!) : undefined;
  const window = windowOver(input, config.padding, config.kernel_size, config.strides, config.dilation_rate ?? [1, 1]);
  const result = conv(graph, name, input, groupedWeights(kernel), bias, window, channels);
  return applyActivation(graph, name, config.activation, result);
};
