import { assert } from '../../base/assert.js';
import type { GraphBuilder, Value } from './graph.js';
import { reshape, transpose, type Weights } from './ops.js';

// tfjs keeps images as NHWC, the graph as NCHW. Values of any other rank have their axes in tfjs' order.

const channelsLast = [0, 2, 3, 1] as const;
const channelsFirst = [0, 3, 1, 2] as const;

/** Axis in the graph for an axis of a tfjs tensor of the same rank; negative axes count from the end. */
export function graphAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  assert(positive >= 0 && positive < rank, `axis ${axis} of a value of rank ${rank}`);
  return rank === 4 ? channelsLast[positive]! : positive;
}

/** Shape that tfjs gives the value. */
export function shapeInTfjs({ shape }: Value): readonly number[] {
  return shape.length === 4 ? channelsLast.map((axis) => shape[axis]!) : shape;
}

/** The value with its axes in tfjs' order: an image gets a Transpose, or where that moves nothing, a Reshape. */
export function toTfjsOrder(graph: GraphBuilder, name: string, value: Value): Value {
  if (value.shape.length !== 4) return value;
  const [, channels, height, width] = value.shape;
  if (channels === 1 || height! * width! === 1) return reshape(graph, name, value, shapeInTfjs(value));
  return transpose(graph, name, value, channelsLast);
}

/** A value of tfjs' order as the graph keeps it. */
export function fromTfjsOrder(graph: GraphBuilder, name: string, value: Value): Value {
  const { shape } = value;
  if (shape.length !== 4) return value;
  const target = channelsFirst.map((axis) => shape[axis]!);
  if (shape[3] === 1 || shape[1]! * shape[2]! === 1) return reshape(graph, name, value, target);
  return transpose(graph, name, value, channelsFirst);
}

/** As `reshape`, with both shapes in tfjs' order. */
export function reshapeInTfjs(graph: GraphBuilder, name: string, input: Value, shape: readonly number[]): Value {
  const plain = toTfjsOrder(graph, `${name}/nhwc`, input);
  if (shape.length !== 4) return reshape(graph, name, plain, shape);
  return fromTfjsOrder(graph, name, reshape(graph, `${name}/reshape`, plain, shape));
}

/** Weights with their axes in another order: axis i of the result is axis `order[i]` of the source. */
export function transposeWeights({ shape, data }: Weights, order: readonly number[]): Weights {
  const target = order.map((axis) => shape[axis]!);
  const sourceStrides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const steps = order.map((axis) => sourceStrides[axis]!);
  const result = new Float32Array(data.length);
  const index = new Array<number>(target.length).fill(0);
  let source = 0;
  for (let position = 0; position < result.length; position++) {
    result[position] = data[source]!;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++index[axis]! < target[axis]!) break;
      source -= steps[axis]! * target[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: target, data: result };
}

/**
 * A constant that is spread over a value of `rank` axes, in the graph's order.
 * @param weights of tfjs, aligned with the value's last axes as in broadcasting.
 */
export function alignedWeights(weights: Weights, rank: number): Weights {
  const shape = [...new Array<number>(rank - weights.shape.length).fill(1), ...weights.shape];
  return rank === 4 ? transposeWeights({ shape, data: weights.data }, channelsFirst) : { shape, data: weights.data };
}
