import { z } from 'zod';
import { withConstant } from '../graph/ops.js';
import { broadcast, broadcastShape } from '../graph/tensor-ops.js';
import { type LayerConverter, readLayerConfig, unsupported } from './converter.js';

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

const operators = { add: 'Add', subtract: 'Sub', multiply: 'Mul', divide: 'Div' } as const;

/** Arithmetic: two tensors element by element, or one and a constant, as Keras records operators in a model. */
export const convertArithmetic: LayerConverter = ({ graph, layer, name, inputs: [first, second] }) => {
  const schema = z.object({
    op: z.enum(['add', 'subtract', 'multiply', 'divide']),
    constant: z.number().finite().optional(),
    reversed: z.boolean().optional(),
  });
  const { op, constant, reversed } = readLayerConfig(layer, schema);
  if (second === undefined && constant !== undefined) {
    const value = graph.floats(`${name}/constant`, [1], Float32Array.of(constant));
    return graph.node(name, operators[op], reversed ? [value, first] : [first, value], {}, { shape: first.shape });
  }
  if (second === undefined || constant !== undefined || reversed) {
    throw unsupported(layer, 'expected two tensors, or one and a constant');
  }
  if (broadcastShape(first.shape, second.shape) === undefined) {
    const shapes = `[${first.shape}] and [${second.shape}]`;
    throw unsupported(layer, `expected inputs of fitting shapes, found ${shapes} (NCHW)`);
  }
  return broadcast(graph, name, operators[op], first, second);
};

/** Dropout and noise: they do nothing once training is over. */
export const convertPassThrough: LayerConverter = ({ inputs: [input] }) => input;
