import { assert } from '../../base/assert.js';
import { float, type GraphBuilder, int, ints, string, type Value } from './graph.js';
import { imageShape, type Pads, type Pair, type Weights } from './ops.js';

// ONNX operators (opset 17) on values of any rank, each with its shape rule; those of images alone are in ops.ts.

/** Operators on two values that spread over each other. */
export type BinaryOperator = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min';

/** The shape of two values spread over each other as in NumPy, or undefined where they do not fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape.push(Math.max(left, right));
  }
  return shape;
}

/** `left op right`, spread over each other. */
export function broadcast(graph: GraphBuilder, name: string, op: BinaryOperator, left: Value, right: Value): Value {
  const shape = broadcastShape(left.shape, right.shape);
  assert(shape !== undefined, `${name}: [${left.shape}] ${op} [${right.shape}]`);
  return graph.node(name, op, [left, right], {}, { shape });
}

/** `input op constant`, the constant in the graph's order and of the value's rank. */
export function withWeights(
  graph: GraphBuilder,
  name: string,
  op: BinaryOperator,
  input: Value,
  { shape, data }: Weights,
  part = 'value',
): Value {
  assert(broadcastShape(input.shape, shape)?.join() === input.shape.join(), `${name}: [${shape}] on [${input.shape}]`);
  return graph.node(name, op, [input, graph.floats(`${name}/${part}`, shape, data)], {}, { shape: input.shape });
}

/** Mean or sum over axes, which stay with size 1. */
export function reduce(
  graph: GraphBuilder,
  name: string,
  op: 'ReduceMean' | 'ReduceSum' | 'ReduceMax',
  input: Value,
  axes: readonly number[],
): Value {
  const shape = input.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  // Of the three, only ReduceSum takes its axes as an input at opset 17.
  if (op === 'ReduceSum') {
    return graph.node(name, op, [input, graph.integers(`${name}/axes`, axes)], { keepdims: int(1) }, { shape });
  }
  return graph.node(name, op, [input], { axes: ints(axes), keepdims: int(1) }, { shape });
}

/** Softmax or LogSoftmax along one axis. */
export function softmax(
  graph: GraphBuilder,
  name: string,
  op: 'Softmax' | 'LogSoftmax',
  input: Value,
  axis: number,
): Value {
  return graph.node(name, op, [input], { axis: int(axis) }, { shape: input.shape });
}

/** The part of a value from `begin` (inclusive) to `end` (exclusive), along the axes given. */
export function slice(
  graph: GraphBuilder,
  name: string,
  input: Value,
  ranges: readonly { readonly axis: number; readonly begin: number; readonly end: number }[],
): Value {
  const shape = [...input.shape];
  for (const { axis, begin, end } of ranges) {
    assert(begin >= 0 && begin < end && end <= shape[axis]!, `${name}: ${begin} to ${end} of [${input.shape}]`);
    shape[axis] = end - begin;
  }
  const inputs = [
    input,
    graph.integers(
      `${name}/begin`,
      ranges.map(({ begin }) => begin),
    ),
    graph.integers(
      `${name}/end`,
      ranges.map(({ end }) => end),
    ),
    graph.integers(
      `${name}/axes`,
      ranges.map(({ axis }) => axis),
    ),
  ];
  return graph.node(name, 'Slice', inputs, {}, { shape });
}

/** Elements of one axis by index. */
export function gather(
  graph: GraphBuilder,
  name: string,
  input: Value,
  axis: number,
  indices: readonly number[],
): Value {
  const shape = input.shape.map((size, position) => (position === axis ? indices.length : size));
  return graph.node(
    name,
    'Gather',
    [input, graph.integers(`${name}/indices`, indices)],
    { axis: int(axis) },
    { shape },
  );
}

/** What lies beyond a border: a number; or `edge`, the border again; or `reflect`, the inside mirrored at the border. */
export type Fill = number | 'reflect' | 'edge';

/** Pad a value of any rank along some axes. */
export function padAxes(
  graph: GraphBuilder,
  name: string,
  input: Value,
  amounts: readonly { readonly axis: number; readonly before: number; readonly behind: number }[],
  fill: Fill = 0,
): Value {
  const along = (side: 'before' | 'behind'): number[] =>
    input.shape.map((_, axis) => amounts.find((amount) => amount.axis === axis)?.[side] ?? 0);
  const [before, behind] = [along('before'), along('behind')];
  const inputs: (Value | string)[] = [input, graph.integers(`${name}/pads`, [...before, ...behind])];
  // Left out, the number is zero.
  if (typeof fill === 'number' && fill !== 0) inputs.push(graph.floats(`${name}/value`, [], Float32Array.of(fill)));
  const shape = input.shape.map((size, axis) => size + before[axis]! + behind[axis]!);
  return graph.node(name, 'Pad', inputs, { mode: string(typeof fill === 'number' ? 'constant' : fill) }, { shape });
}

/** Pad an image, NCHW. */
export function pad(graph: GraphBuilder, name: string, input: Value, pads: Pads, fill: Fill = 0): Value {
  const [top, left, bottom, right] = pads;
  const rows = { axis: 2, before: top, behind: bottom };
  return padAxes(graph, name, input, [rows, { axis: 3, before: left, behind: right }], fill);
}

/** An image with its columns in reverse order. */
export function mirror(graph: GraphBuilder, name: string, input: Value): Value {
  const [, , width] = imageShape(input);
  // From the last column, backwards past the first.
  const inputs = [
    input,
    ...([-1, -width - 1, 3, -1] as const).map((number, index) =>
      graph.integers(`${name}/${['begin', 'end', 'axes', 'steps'][index]}`, [number]),
    ),
  ];
  return graph.node(name, 'Slice', inputs, {}, { shape: input.shape });
}

/** Resize an image bilinearly so that its corner pixels keep their places. */
export function resizeAlignCorners(graph: GraphBuilder, name: string, input: Value, size: Pair): Value {
  const [channels] = imageShape(input);
  const shape = [input.shape[0]!, channels, ...size];
  const attributes = { mode: string('linear'), coordinate_transformation_mode: string('align_corners') };
  return graph.node(name, 'Resize', [input, '', '', graph.integers(`${name}/sizes`, shape)], attributes, { shape });
}

/** One value a channel from an image: [N, C, H, W] to [N, C, 1, 1]. */
export function globalPool(
  graph: GraphBuilder,
  name: string,
  op: 'GlobalAveragePool' | 'GlobalMaxPool',
  input: Value,
): Value {
  const [channels] = imageShape(input);
  return graph.node(name, op, [input], {}, { shape: [input.shape[0]!, channels, 1, 1] });
}

/** Blocks of channels become blocks of pixels; channels are ordered block row, block column, channel as in tfjs. */
export function depthToSpace(graph: GraphBuilder, name: string, input: Value, block: number): Value {
  const [channels, height, width] = imageShape(input);
  const shape = [input.shape[0]!, channels / (block * block), height * block, width * block];
  return graph.node(name, 'DepthToSpace', [input], { blocksize: int(block), mode: string('DCR') }, { shape });
}

/** PRelu; `slope` in the graph's order, of the value's rank. */
export function prelu(graph: GraphBuilder, name: string, input: Value, { shape, data }: Weights): Value {
  return graph.node(name, 'PRelu', [input, graph.floats(`${name}/slope`, shape, data)], {}, { shape: input.shape });
}

/** InstanceNormalization of [N, C, L]: each row to mean 0 and variance 1. */
export function instanceNormalization(graph: GraphBuilder, name: string, input: Value, epsilon: number): Value {
  const channels = input.shape[1]!;
  const inputs = [
    input,
    graph.floats(`${name}/ones`, [channels], new Float32Array(channels).fill(1)),
    graph.floats(`${name}/zeros`, [channels], new Float32Array(channels)),
  ];
  return graph.node(name, 'InstanceNormalization', inputs, { epsilon: float(epsilon) }, { shape: input.shape });
}

/** `input x weights` along the last axis: [..., N] times [N, M]. Two axes with a bias are one Gemm. */
export function matrixProduct(
  graph: GraphBuilder,
  name: string,
  input: Value,
  weights: Weights,
  bias: Float32Array | undefined,
): Value {
  const columns = weights.shape[1]!;
  assert(weights.shape[0] === input.shape.at(-1), `${name}: [${input.shape}] x [${weights.shape}]`);
  const shape = [...input.shape.slice(0, -1), columns];
  const kernel = graph.floats(`${name}/kernel`, weights.shape, weights.data);
  if (input.shape.length === 2) {
    const inputs: (Value | string)[] = [input, kernel];
    if (bias !== undefined) inputs.push(graph.floats(`${name}/bias`, [columns], bias));
    return graph.node(name, 'Gemm', inputs, {}, { shape });
  }
  if (bias === undefined) return graph.node(name, 'MatMul', [input, kernel], {}, { shape });
  const product = graph.node(`${name}/product`, 'MatMul', [input, kernel], {}, { shape });
  return graph.node(name, 'Add', [product, graph.floats(`${name}/bias`, [columns], bias)], {}, { shape });
}
