import { z } from 'zod';
import { imageShape, resize } from '../ops.js';
import { dataFormatSchema, type LayerConverter, pairSchema, readLayerConfig } from './converter.js';

const configSchema = z.object({
  size: pairSchema,
  data_format: dataFormatSchema,
  interpolation: z
    .enum(['nearest', 'bilinear'])
    .nullish()
    .transform((mode) => mode ?? 'nearest'),
});

/** UpSampling2D. tfjs resizes by TensorFlow's old rule, source = target / factor, in both modes. */
export const convertUpSampling2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { size, interpolation } = readLayerConfig(layer, configSchema);
  const [, height, width] = imageShape(input);
  const mode = interpolation === 'nearest' ? 'nearest' : 'linear';
  return resize(graph, name, input, [height * size[0], width * size[1]], mode, 'asymmetric');
};
