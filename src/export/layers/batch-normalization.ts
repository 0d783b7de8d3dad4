import { z } from 'zod';
import { batchNormalization, imageShape } from '../ops.js';
import { assertChannels, type LayerConverter, readLayerConfig, weightsOf } from './converter.js';

const configSchema = z.object({
  axis: z.literal([-1, 3]),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});

/** BatchNormalization over channels, with the statistics collected in training. */
export const convertBatchNormalization: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, configSchema);
  const mean = weightsOf(layer, 'moving_mean', 1).data;
  const [channels] = imageShape(input);
  assertChannels(layer, mean.length, channels);
  const statistics = {
    scale: config.scale ? weightsOf(layer, 'gamma', 1).data : new Float32Array(channels).fill(1),
    shift: config.center ? weightsOf(layer, 'beta', 1).data : new Float32Array(channels),
    mean,
    variance: weightsOf(layer, 'moving_variance', 1).data,
  };
  return batchNormalization(graph, name, input, statistics, config.epsilon);
};
