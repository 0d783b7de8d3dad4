import { z } from 'zod';
import type { GraphBuilder, Value } from '../graph.js';
import { binary, concat, conv, imageShape, pad, unary, withConstant } from '../ops.js';
import { broadcast, reduce, slice, softmax } from '../tensor-ops.js';
import { type LayerCall, type LayerConverter, readLayerConfig, unsupported } from './converter.js';
import { onePixel } from './window.js';

// Layers of the stereo networks (src/train/layers).

/** Our networks look 47 columns far; each column is three nodes. */
const displacements = z.object({ max_displacement: z.int().positive().max(512) });

/** Correlation1d: the mean over channels of left times right, for every displacement from the farthest to none. */
export const convertCorrelation1d: LayerConverter = (call) => {
  const [left, right] = pairOf(call);
  return correlate(call, left, right, 'ReduceMean');
};

/** CosineSimilarity1d: as Correlation1d, of features that are centred and brought to length 1. */
export const convertCosineSimilarity1d: LayerConverter = (call) => {
  const [left, right] = pairOf(call);
  const unitLeft = unitLength(call.graph, `${call.name}/left`, left);
  return correlate(call, unitLeft, unitLength(call.graph, `${call.name}/right`, right), 'ReduceSum');
};

function pairOf({ layer, inputs: [left, right] }: LayerCall): readonly [Value, Value] {
  if (right !== undefined && left.shape.join() === right.shape.join()) return [left, right];
  throw unsupported(layer, `expected two inputs of one shape, found [${left.shape}] and [${right?.shape}] (NCHW)`);
}

function correlate(
  { graph, layer, name }: LayerCall,
  left: Value,
  right: Value,
  over: 'ReduceMean' | 'ReduceSum',
): Value {
  const { max_displacement: reach } = readLayerConfig(layer, displacements);
  const [, , width] = imageShape(left);
  const padded = pad(graph, `${name}/padded`, right, [0, reach, 0, 0]);
  const planes = Array.from({ length: reach + 1 }, (_, position) => {
    const part = `${name}/${reach - position}`;
    const shifted = slice(graph, `${part}/shifted`, padded, [{ axis: 3, begin: position, end: position + width }]);
    return reduce(graph, part, over, binary(graph, `${part}/product`, 'Mul', left, shifted), [1]);
  });
  return concat(graph, name, planes, 1);
}

/** Keeps the length of a feature vector above 0, as in training. */
const smallestNorm = 1e-3;

function unitLength(graph: GraphBuilder, name: string, input: Value): Value {
  const centred = broadcast(
    graph,
    `${name}/centred`,
    'Sub',
    input,
    reduce(graph, `${name}/mean`, 'ReduceMean', input, [1]),
  );
  const square = reduce(
    graph,
    `${name}/sum`,
    'ReduceSum',
    binary(graph, `${name}/square`, 'Mul', centred, centred),
    [1],
  );
  const norm = unary(
    graph,
    `${name}/norm`,
    'Sqrt',
    withConstant(graph, `${name}/raised`, 'Add', square, smallestNorm ** 2),
  );
  return broadcast(graph, `${name}/unit`, 'Div', centred, norm);
}

/** SoftArgmaxDisparity: the mean displacement under the softmax of the scores; the sum is a 1x1 convolution. */
export const convertSoftArgmaxDisparity: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { step } = readLayerConfig(layer, z.object({ step: z.number().positive() }));
  const [count] = imageShape(input);
  const shares = softmax(graph, `${name}/shares`, 'Softmax', input, 1);
  const data = Float32Array.from({ length: count }, (_, index) => (count - 1 - index) * step);
  return conv(graph, name, shares, { shape: [1, count, 1, 1], data }, undefined, onePixel);
};
