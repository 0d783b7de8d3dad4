import { z } from 'zod';
import { transposeWeights } from '../graph/layout.js';
import { conv } from '../graph/ops.js';
import { matrixProduct } from '../graph/tensor-ops.js';
import { activationSchema, applyActivation } from './activation.js';
import { assertChannels, type LayerConverter, perChannel, readLayerConfig, weightsOf } from './converter.js';
import { onePixel } from './window.js';

const configSchema = z.object({ use_bias: z.boolean(), activation: activationSchema });

/** Dense: a matrix product along the last axis; over the channels of an image that is a 1x1 convolution. */
export const convertDense: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { use_bias: useBias, activation } = readLayerConfig(layer, configSchema);
  const kernel = weightsOf(layer, 'kernel', 2);
  const isImage = input.shape.length === 4;
  assertChannels(layer, kernel.shape[0]!, isImage ? input.shape[1]! : input.shape.at(-1)!);
  const bias = useBias ? perChannel(layer, 'bias', kernel.shape[1]!) : undefined;
  if (!isImage) return applyActivation(graph, name, activation, matrixProduct(graph, name, input, kernel, bias));
  const { shape, data } = transposeWeights(kernel, [1, 0]);
  const result = conv(graph, name, input, { shape: [...shape, 1, 1], data }, bias, onePixel);
  return applyActivation(graph, name, activation, result);
};
