import { z } from 'zod';
import type { Value } from '../graph/graph.js';
import { graphAxis, reshapeInTfjs, shapeInTfjs } from '../graph/layout.js';
import { concat, withConstant } from '../graph/ops.js';
import { type BinaryOperator, broadcast, broadcastShape } from '../graph/tensor-ops.js';
import { type LayerCall, type LayerConverter, readLayerConfig, unsupported } from './converter.js';

/** Sizes of 1 spread over the other input's; an input of fewer axes gets its missing ones behind the batch, as in Keras. */
function elementwise(op: BinaryOperator): LayerConverter {
  return (call) => {
    const rank = Math.max(...call.inputs.map(({ shape }) => shape.length));
    const [first, ...others] = call.inputs.map((input, index) => raiseRank(call, input, rank, index));
    return others.reduce((sum, input, index) => {
      if (broadcastShape(sum.shape, input.shape) === undefined) throw unequal(call, [sum, input]);
      const isLast = index === others.length - 1;
      return broadcast(call.graph, isLast ? call.name : `${call.name}/${index}`, op, sum, input);
    }, first!);
  };
}

function raiseRank({ graph, name }: LayerCall, input: Value, rank: number, index: number): Value {
  const shape = shapeInTfjs(input);
  if (shape.length === rank) return input;
  const missing = new Array<number>(rank - shape.length).fill(1);
  return reshapeInTfjs(graph, `${name}/input${index}`, input, [shape[0]!, ...missing, ...shape.slice(1)]);
}

function unequal({ layer }: LayerCall, [a, b]: readonly [Value, Value]): Error {
  return unsupported(layer, `expected inputs of fitting shapes, found [${a.shape}] and [${b.shape}] (NCHW)`);
}

/** Add. */
export const convertAdd: LayerConverter = elementwise('Add');
/** Multiply. */
export const convertMultiply: LayerConverter = elementwise('Mul');
/** Maximum. */
export const convertMaximum: LayerConverter = elementwise('Max');
/** Minimum. */
export const convertMinimum: LayerConverter = elementwise('Min');

/** Average. */
export const convertAverage: LayerConverter = (call) => {
  const sum = convertAdd({ ...call, name: `${call.name}/sum` });
  return withConstant(call.graph, call.name, 'Mul', sum, 1 / call.inputs.length);
};

/** Concatenate, along any axis but the batch. */
export const convertConcatenate: LayerConverter = (call) => {
  const { axis: given } = readLayerConfig(call.layer, z.object({ axis: z.int() }));
  const rank = call.inputs[0].shape.length;
  const isThere = given !== 0 && given < rank && given >= 1 - rank;
  if (!isThere) throw unsupported(call.layer, `axis: expected 1 to ${rank - 1} or -1, found ${given}`);
  const axis = graphAxis(given, rank);
  const others = (value: Value): string => value.shape.map((size, index) => (index === axis ? '*' : size)).join();
  const odd = call.inputs.find((input) => others(input) !== others(call.inputs[0]));
  if (odd !== undefined) throw unequal(call, [call.inputs[0], odd]);
  return concat(call.graph, call.name, call.inputs, axis);
};
