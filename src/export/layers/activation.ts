import { z } from 'zod';
import type { GraphBuilder, Value } from '../graph.js';
import { binary, clip, unary, withConstant } from '../ops.js';
import { type LayerConverter, readLayerConfig } from './converter.js';

const activations = {
  linear: (_graph: GraphBuilder, _name: string, input: Value) => input,
  relu: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Relu', input),
  relu6: (graph: GraphBuilder, name: string, input: Value) => clip(graph, name, input, 0, 6),
  sigmoid: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Sigmoid', input),
  hard_sigmoid: (graph: GraphBuilder, name: string, input: Value) =>
    clip(
      graph,
      name,
      withConstant(graph, `${name}/shift`, 'Add', withConstant(graph, `${name}/scale`, 'Mul', input, 0.2), 0.5),
      0,
      1,
    ),
  tanh: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Tanh', input),
  elu: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Elu', input, 1),
  softplus: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Softplus', input),
  softsign: (graph: GraphBuilder, name: string, input: Value) => unary(graph, name, 'Softsign', input),
  swish: (graph: GraphBuilder, name: string, input: Value) =>
    binary(graph, name, 'Mul', input, unary(graph, `${name}/sigmoid`, 'Sigmoid', input)),
} as const;

type ActivationName = keyof typeof activations;

const names = Object.keys(activations) as [ActivationName, ...ActivationName[]];

/** Name of an activation function in a layer's configuration. */
export const activationSchema = z
  .enum(names)
  .nullish()
  .transform((name) => name ?? 'linear');

/** Adds an activation function; `name` is that of the layer it belongs to. */
export function applyActivation(graph: GraphBuilder, name: string, activation: ActivationName, input: Value): Value {
  return activations[activation](graph, `${name}/${activation}`, input);
}

/** Activation: a function of its own layer. */
export const convertActivation: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { activation } = readLayerConfig(layer, z.object({ activation: activationSchema }));
  return activations[activation](graph, name, input);
};

/** ReLU, with or without an upper bound. */
export const convertRelu: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { max_value: highest } = readLayerConfig(layer, z.object({ max_value: z.number().positive().nullish() }));
  return typeof highest === 'number' ? clip(graph, name, input, 0, highest) : unary(graph, name, 'Relu', input);
};

/** LeakyReLU. */
export const convertLeakyRelu: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { alpha } = readLayerConfig(layer, z.object({ alpha: z.number().nonnegative() }));
  return unary(graph, name, 'LeakyRelu', input, alpha);
};

/** ELU. */
export const convertElu: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { alpha } = readLayerConfig(layer, z.object({ alpha: z.number().positive() }));
  return unary(graph, name, 'Elu', input, alpha);
};
