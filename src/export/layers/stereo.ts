import { z } from 'zod';
import { type GraphBuilder, int, type Value } from '../graph/graph.js';
import { binary, clip, concat, conv, imageShape, unary, withConstant } from '../graph/ops.js';
import { broadcast, pad, reduce, slice, softmax, withWeights } from '../graph/tensor-ops.js';
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
  const schema = z.object({ step: z.number().positive(), zero: z.number().finite().nullish() });
  const { step, zero } = readLayerConfig(layer, schema);
  const [count] = imageShape(input);
  const shares = softmax(graph, `${name}/shares`, 'Softmax', input, 1);
  const data = Float32Array.from({ length: count }, (_, index) => (count - 1 - index - (zero ?? 0)) * step);
  return conv(graph, name, shares, { shape: [1, count, 1, 1], data }, undefined, onePixel);
};

/**
 * SimilarityWindow: cosine similarities of left features and the right ones at 2 * radius + 1 columns around an estimate,
 * linear between columns. Each column is read by index, pixel by pixel.
 */
export const convertSimilarityWindow: LayerConverter = (call) => {
  const { graph, layer, name, inputs } = call;
  const schema = z.object({ radius: z.int().nonnegative().max(64), unit_px: z.number().finite() });
  const { radius, unit_px: unitPx } = readLayerConfig(layer, schema);
  const [left, right] = pairOf(call);
  const estimate = inputs[2];
  const [channels, height, width] = imageShape(left);
  if (estimate?.shape.join() !== [left.shape[0], 1, height, width].join()) {
    throw unsupported(
      layer,
      `expected an estimate of [${left.shape[0]}, 1, ${height}, ${width}] (NCHW), found [${estimate?.shape}]`,
    );
  }
  // As in training: a window wholly outside is moved to just outside, where there are zeros on both sides.
  const [beyond, margin] = [radius + 1, 2 * radius + 2];
  const candidates = pad(graph, `${name}/padded`, unitLength(graph, `${name}/right`, right), [0, margin, 0, margin]);
  const columns = { shape: [1, 1, 1, width], data: Float32Array.from({ length: width }, (_, column) => column) };
  const shifted = withConstant(graph, `${name}/shift`, 'Mul', estimate, -unitPx);
  const place = withWeights(graph, `${name}/place`, 'Add', shifted, columns);
  const centre = clip(graph, `${name}/centre`, place, -beyond, width - 1 + beyond);
  const first = unary(graph, `${name}/first`, 'Floor', centre);
  const fraction = binary(graph, `${name}/fraction`, 'Sub', centre, first);
  const unitLeft = unitLength(graph, `${name}/left`, left);
  const planes = Array.from({ length: 2 * radius + 2 }, (_, tap) => {
    const part = `${name}/tap${tap}`;
    const index = withConstant(graph, `${part}/index`, 'Add', first, margin - radius + tap);
    const spread = spreadIndex(graph, part, index, channels);
    const values = graph.node(`${part}/values`, 'GatherElements', [candidates, spread], { axis: int(3) }, left);
    return reduce(graph, part, 'ReduceSum', binary(graph, `${part}/product`, 'Mul', unitLeft, values), [1]);
  });
  const all = concat(graph, `${name}/taps`, planes, 1);
  const lower = slice(graph, `${name}/lower`, all, [{ axis: 1, begin: 0, end: planes.length - 1 }]);
  const upper = slice(graph, `${name}/upper`, all, [{ axis: 1, begin: 1, end: planes.length }]);
  const step = binary(graph, `${name}/step`, 'Sub', upper, lower);
  return binary(graph, name, 'Add', lower, broadcast(graph, `${name}/part`, 'Mul', step, fraction));
};

/** Whole numbers of [N, 1, H, W] as indices for each of the channels. */
function spreadIndex(graph: GraphBuilder, name: string, index: Value, channels: number): Value {
  const int64 = 7;
  const whole = graph.node(`${name}/whole`, 'Cast', [index], { to: int(int64) }, { type: 'int64', shape: index.shape });
  const shape = [index.shape[0]!, channels, index.shape[2]!, index.shape[3]!];
  const inputs = [whole, graph.integers(`${name}/shape`, shape)];
  return graph.node(`${name}/spread`, 'Expand', inputs, {}, { type: 'int64', shape });
}
