import { z } from 'zod';
import { transposeWeights } from '../graph/layout.js';
import { convTranspose, imageShape, type Pads, type Pair } from '../graph/ops.js';
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

const configSchema = z.object({
  kernel_size: pairSchema,
  strides: pairSchema,
  padding: paddingSchema,
  // Keras has these two, tfjs ignores them: to export them one way or the other would be a guess.
  output_padding: z.null('expected none').optional(),
  dilation_rate: z.union([z.literal(1), z.tuple([z.literal(1), z.literal(1)])], 'expected 1').nullish(),
  data_format: dataFormatSchema,
  use_bias: z.boolean(),
  activation: activationSchema,
});

/**
 * Conv2DTranspose: kernel [kh, kw, out, in] becomes [in, out, kh, kw]. It is the gradient of a convolution of its output:
 * `same` gives stride * size, so kernel - stride rows are cut off, the odd one at the end; where the kernel is smaller
 * than the stride, rows are added instead.
 */
export const convertConv2dTranspose: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const kernel = weightsOf(layer, 'kernel', 4);
  assertKernelSize(layer, 'kernel', kernel, config.kernel_size);
  assertChannels(layer, kernel.shape[3]!, imageShape(input)[0]);
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
