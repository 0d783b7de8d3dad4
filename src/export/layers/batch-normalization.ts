import { z } from 'zod';
import { batchNormalization, imageShape } from '../ops.js';
import { type LayerConverter, perChannel, readLayerConfig } from './converter.js';

const configSchema = z.object({
  axis: z.literal([-1, 3]),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});

/** BatchNormalization over channels, with the statistics collected in training. */
export const convertBatchNormalization: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const [channels] = imageShape(input);
  const statistics = {
    scale: config.scale ? perChannel(layer, 'gamma', channels) : new Float32Array(channels).fill(1),
    shift: config.center ? perChannel(layer, 'beta', channels) : new Float32Array(channels),
    mean: perChannel(layer, 'moving_mean', channels),
    variance: perChannel(layer, 'moving_variance', channels),
  };
  return batchNormalization(graph, name, input, statistics, config.epsilon);
};
