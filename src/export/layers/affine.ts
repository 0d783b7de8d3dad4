import { z } from 'zod';
import { withConstant } from '../graph/ops.js';
import { type LayerConverter, readLayerConfig } from './converter.js';

/** Rescaling: x * scale + offset. */
export const convertRescaling: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const schema = z.object({ scale: z.number().finite(), offset: z.number().finite().nullish() });
  const { scale, offset } = readLayerConfig(layer, schema);
  if (!offset) return withConstant(graph, name, 'Mul', input, scale);
  return withConstant(graph, name, 'Add', withConstant(graph, `${name}/scaled`, 'Mul', input, scale), offset);
};

/** ConstantGain of cyclops: x * gain. */
export const convertConstantGain: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { gain } = readLayerConfig(layer, z.object({ gain: z.number().finite() }));
  return withConstant(graph, name, 'Mul', input, gain);
};

/** Dropout and noise: they do nothing once training is over. */
export const convertPassThrough: LayerConverter = ({ inputs: [input] }) => input;
