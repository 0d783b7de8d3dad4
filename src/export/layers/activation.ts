import { z } from 'zod';
import type { GraphBuilder, Value } from '../graph/graph.js';
import { alignedWeights, graphAxis } from '../graph/layout.js';
import { binary, clip, unary, withConstant } from '../graph/ops.js';
import { prelu, softmax } from '../graph/tensor-ops.js';
import { type LayerConverter, readLayerConfig, unsupported } from './converter.js';

type ActivationFunction = (graph: GraphBuilder, name: string, input: Value) => Value;

const oneOperator =
  (op: string, alpha?: number): ActivationFunction =>
  (graph, name, input) =>
    unary(graph, name, op, input, alpha);

const softmaxOverChannels =
  (op: 'Softmax' | 'LogSoftmax'): ActivationFunction =>
  (graph, name, input) =>
    softmax(graph, name, op, input, graphAxis(-1, input.shape.length));

/** x * gate(x): the gate's nodes are named after it. */
const gated =
  (gate: (graph: GraphBuilder, name: string, input: Value) => Value): ActivationFunction =>
  (graph, name, input) =>
    binary(graph, name, 'Mul', input, gate(graph, name, input));

/** All activation functions of tfjs by the name that stands in a saved layer. */
const activations = {
  linear: (_graph: GraphBuilder, _name: string, input: Value) => input,
  relu: oneOperator('Relu'),
  relu6: (graph: GraphBuilder, name: string, input: Value) => clip(graph, name, input, 0, 6),
  sigmoid: oneOperator('Sigmoid'),
  hard_sigmoid: (graph: GraphBuilder, name: string, input: Value) =>
    clip(
      graph,
      name,
      withConstant(graph, `${name}/shift`, 'Add', withConstant(graph, `${name}/scale`, 'Mul', input, 0.2), 0.5),
      0,
      1,
    ),
  tanh: oneOperator('Tanh'),
  elu: oneOperator('Elu', 1),
  selu: oneOperator('Selu'),
  softplus: oneOperator('Softplus'),
  softsign: oneOperator('Softsign'),
  softmax: softmaxOverChannels('Softmax'),
  log_softmax: softmaxOverChannels('LogSoftmax'),
  swish: gated((graph, name, input) => unary(graph, `${name}/sigmoid`, 'Sigmoid', input)),
  mish: gated((graph, name, input) =>
    unary(graph, `${name}/tanh`, 'Tanh', unary(graph, `${name}/softplus`, 'Softplus', input)),
  ),
  // (1 + erf(x / sqrt 2)) / 2, the normal distribution's own integral.
  gelu: gated((graph, name, input) => {
    const scaled = withConstant(graph, `${name}/scaled`, 'Mul', input, Math.SQRT1_2);
    return halfOfOnePlus(graph, name, unary(graph, `${name}/erf`, 'Erf', scaled));
  }),
  // (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2.
  gelu_new: gated((graph, name, input) => {
    const square = binary(graph, `${name}/square`, 'Mul', input, input);
    const factor = withConstant(
      graph,
      `${name}/factor`,
      'Add',
      withConstant(graph, `${name}/cubic`, 'Mul', square, 0.044715 * Math.sqrt(2 / Math.PI)),
      Math.sqrt(2 / Math.PI),
    );
    return halfOfOnePlus(
      graph,
      name,
      unary(graph, `${name}/tanh`, 'Tanh', binary(graph, `${name}/inner`, 'Mul', input, factor)),
    );
  }),
} as const satisfies Readonly<Record<string, ActivationFunction>>;

function halfOfOnePlus(graph: GraphBuilder, name: string, input: Value): Value {
  return withConstant(graph, `${name}/half`, 'Mul', withConstant(graph, `${name}/plus`, 'Add', input, 1), 0.5);
}

type ActivationName = keyof typeof activations;

/** Names of the activation functions that can be exported. */
const activationNames = Object.keys(activations) as [ActivationName, ...ActivationName[]];

/** Name of an activation function in a layer's configuration. */
export const activationSchema = z
  .enum(activationNames)
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

/** PReLU: a slope a channel, or one an element, as its shared axes say. */
export const convertPrelu: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const alpha = layer.weights.get('alpha');
  const fits = alpha !== undefined && alpha.shape.length === input.shape.length - 1;
  if (!fits) throw unsupported(layer, `expected a weight alpha of ${input.shape.length - 1} axes`);
  const slope = alignedWeights(alpha, input.shape.length);
  if (slope.shape.some((size, axis) => size !== 1 && size !== input.shape[axis])) {
    throw unsupported(layer, `its slopes [${slope.shape}] do not fit its input [${input.shape}] (NCHW)`);
  }
  return prelu(graph, name, input, slope);
};

/** ThresholdedReLU: x where it is above theta, else 0. */
export const convertThresholdedRelu: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { theta } = readLayerConfig(layer, z.object({ theta: z.number().nonnegative() }));
  return unary(graph, name, 'ThresholdedRelu', input, theta);
};

/** Softmax along one axis. */
export const convertSoftmax: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { axis: given } = readLayerConfig(
    layer,
    z.object({ axis: z.union([z.int(), z.tuple([z.int()]).transform(([only]) => only)]) }),
  );
  const rank = input.shape.length;
  if (given === 0 || given >= rank || given < 1 - rank) throw unsupported(layer, `axis: expected 1 to ${rank - 1}`);
  return softmax(graph, name, 'Softmax', input, graphAxis(given, rank));
};
