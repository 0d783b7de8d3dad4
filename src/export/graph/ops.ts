import { assert } from '../../base/assert.js';
import { elementCount, float, type GraphBuilder, int, ints, string, type Value } from './graph.js';

// The ONNX operators (opset 17) that exported networks are made of, each with its shape rule. Inside the network every
// value is float32 NCHW: shape = [N, C, H, W].

/** Two numbers: along the rows (height) first, as everywhere in ONNX and tfjs. */
export type Pair = readonly [number, number];

/** Zeros around an image: ONNX's order top, left, bottom, right. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** How a window slides over an image. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
}

/** A weight tensor and its shape. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** [channels, height, width] of an NCHW value. */
export function imageShape(value: Value): readonly [number, number, number] {
  const [, channels, height, width] = value.shape;
  assert(value.shape.length === 4, `${value.name}: expected shape [N, C, H, W], found [${value.shape}]`);
  return [channels!, height!, width!];
}

function slide(size: number, kernel: number, stride: number, dilation: number, padding: number): number {
  return Math.floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

function slideOver(input: Value, { kernel, strides, dilations, pads }: Window): Pair {
  const [, height, width] = imageShape(input);
  return [
    slide(height, kernel[0], strides[0], dilations[0], pads[0] + pads[2]),
    slide(width, kernel[1], strides[1], dilations[1], pads[1] + pads[3]),
  ];
}

/** Conv: `weights` [out, in / groups, kh, kw]. */
export function conv(
  graph: GraphBuilder,
  name: string,
  input: Value,
  weights: Weights,
  bias: Float32Array | undefined,
  window: Window,
  groups = 1,
): Value {
  const [out, inPerGroup] = weights.shape;
  const [channels] = imageShape(input);
  assert(
    inPerGroup! * groups === channels,
    `${name}: weights for ${inPerGroup! * groups} channels, input has ${channels}`,
  );
  const inputs: (Value | string)[] = [input, graph.floats(`${name}/kernel`, weights.shape, weights.data)];
  if (bias !== undefined) inputs.push(graph.floats(`${name}/bias`, [out!], bias));
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints(window.pads),
    group: int(groups),
  };
  return graph.node(name, 'Conv', inputs, attributes, { shape: [input.shape[0]!, out!, ...slideOver(input, window)] });
}

/** ConvTranspose: `weights` [in, out, kh, kw]; `outputPadding` rows and columns are added at the end. */
export function convTranspose(
  graph: GraphBuilder,
  name: string,
  input: Value,
  weights: Weights,
  bias: Float32Array | undefined,
  window: Omit<Window, 'dilations'> & { readonly outputPadding: Pair },
): Value {
  const [, out] = weights.shape;
  const [, height, width] = imageShape(input);
  const { kernel, strides, pads, outputPadding } = window;
  const inputs: (Value | string)[] = [input, graph.floats(`${name}/kernel`, weights.shape, weights.data)];
  if (bias !== undefined) inputs.push(graph.floats(`${name}/bias`, [out!], bias));
  const attributes = {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    pads: ints(pads),
    output_padding: ints(outputPadding),
  };
  const rows = (height - 1) * strides[0] + kernel[0] + outputPadding[0] - pads[0] - pads[2];
  const columns = (width - 1) * strides[1] + kernel[1] + outputPadding[1] - pads[1] - pads[3];
  return graph.node(name, 'ConvTranspose', inputs, attributes, { shape: [input.shape[0]!, out!, rows, columns] });
}

/** MaxPool or AveragePool; an average leaves padding out, as TensorFlow does. */
export function pool(
  graph: GraphBuilder,
  name: string,
  kind: 'MaxPool' | 'AveragePool',
  input: Value,
  window: Window,
): Value {
  const [channels] = imageShape(input);
  const attributes = {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    pads: ints(window.pads),
    ...(kind === 'AveragePool' ? { count_include_pad: int(0) } : {}),
  };
  return graph.node(name, kind, [input], attributes, {
    shape: [input.shape[0]!, channels, ...slideOver(input, window)],
  });
}

/** How output pixels map to input pixels: `asymmetric` is TensorFlow's old rule, `half_pixel` puts centres at +0.5. */
export type ResizeRule = 'asymmetric' | 'half_pixel';

/** Resize to a size in px. */
export function resize(
  graph: GraphBuilder,
  name: string,
  input: Value,
  size: Pair,
  mode: 'nearest' | 'linear',
  rule: ResizeRule,
): Value {
  const [channels, height, width] = imageShape(input);
  const shape = [input.shape[0]!, channels, ...size];
  const scales = [size[0] / height, size[1] / width] as const;
  const attributes = {
    mode: string(mode),
    coordinate_transformation_mode: string(rule),
    ...(mode === 'nearest' ? { nearest_mode: string('floor') } : {}),
  };
  // A whole factor is exact as a float; any other is safer as the size itself.
  const isWhole = scales.every(Number.isInteger);
  const inputs = isWhole
    ? [input, '', graph.floats(`${name}/scales`, [4], Float32Array.of(1, 1, ...scales))]
    : [input, '', '', graph.integers(`${name}/sizes`, shape)];
  return graph.node(name, 'Resize', inputs, attributes, { shape });
}

/** Concat along an axis of NCHW; 1 = channels. */
export function concat(graph: GraphBuilder, name: string, inputs: readonly Value[], axis: number): Value {
  const first = inputs[0];
  assert(first !== undefined, `${name}: nothing to concatenate`);
  const shape = [...first.shape];
  shape[axis] = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return graph.node(name, 'Concat', inputs, { axis: int(axis) }, { shape });
}

/** An element-wise operator on one value, such as Relu, Sigmoid, LeakyRelu with its alpha. */
export function unary(graph: GraphBuilder, name: string, op: string, input: Value, alpha?: number): Value {
  const attributes = alpha === undefined ? {} : { alpha: float(alpha) };
  return graph.node(name, op, [input], attributes, { shape: input.shape });
}

/** An element-wise operator on two values of equal shape. */
export function binary(graph: GraphBuilder, name: string, op: string, left: Value, right: Value): Value {
  return graph.node(name, op, [left, right], {}, { shape: left.shape });
}

/** `value op constant`: one number, or one number a channel. */
export function withConstant(
  graph: GraphBuilder,
  name: string,
  op: 'Add' | 'Mul' | 'Max' | 'Min',
  input: Value,
  constant: number | Float32Array,
): Value {
  const operand = constantOperand(graph, name, constant);
  return graph.node(name, op, [input, operand], {}, { shape: input.shape });
}

/** `numerator / value`. */
export function reciprocal(graph: GraphBuilder, name: string, numerator: number, input: Value): Value {
  return graph.node(name, 'Div', [constantOperand(graph, name, numerator), input], {}, { shape: input.shape });
}

function constantOperand(graph: GraphBuilder, name: string, constant: number | Float32Array): string {
  if (typeof constant === 'number') return graph.floats(`${name}/value`, [], Float32Array.of(constant));
  return graph.floats(`${name}/value`, [1, constant.length, 1, 1], constant);
}

/** Clip to [low, high]. */
export function clip(graph: GraphBuilder, name: string, input: Value, low: number, high: number): Value {
  const inputs = [
    input,
    graph.floats(`${name}/min`, [], Float32Array.of(low)),
    graph.floats(`${name}/max`, [], Float32Array.of(high)),
  ];
  return graph.node(name, 'Clip', inputs, {}, { shape: input.shape });
}

/** BatchNormalization as in inference: scale * (x - mean) / sqrt(variance + epsilon) + shift, one number a channel. */
export function batchNormalization(
  graph: GraphBuilder,
  name: string,
  input: Value,
  statistics: {
    readonly scale: Float32Array;
    readonly shift: Float32Array;
    readonly mean: Float32Array;
    readonly variance: Float32Array;
  },
  epsilon: number,
): Value {
  const inputs = [
    input,
    ...(['scale', 'shift', 'mean', 'variance'] as const).map((key) =>
      graph.floats(`${name}/${key}`, [statistics[key].length], statistics[key]),
    ),
  ];
  return graph.node(name, 'BatchNormalization', inputs, { epsilon: float(epsilon) }, { shape: input.shape });
}

/** Cast to float32. */
export function toFloat(graph: GraphBuilder, name: string, input: Value): Value {
  const floatType = 1;
  return graph.node(name, 'Cast', [input], { to: int(floatType) }, { shape: input.shape });
}

/** Transpose. */
export function transpose(graph: GraphBuilder, name: string, input: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => input.shape[axis]!);
  return graph.node(name, 'Transpose', [input], { perm: ints(order) }, { shape });
}

/** Channels of an NCHW value by index, in the given order. */
export function pickChannels(graph: GraphBuilder, name: string, input: Value, channels: readonly number[]): Value {
  const [, height, width] = imageShape(input);
  const indices = graph.integers(`${name}/indices`, channels);
  const shape = [input.shape[0]!, channels.length, height, width];
  return graph.node(name, 'Gather', [input, indices], { axis: int(1) }, { shape });
}

/** Reshape. */
export function reshape(graph: GraphBuilder, name: string, input: Value, shape: readonly number[]): Value {
  assert(elementCount(shape) === elementCount(input.shape), `${name}: [${input.shape}] to [${shape}]`);
  return graph.node(name, 'Reshape', [input, graph.integers(`${name}/shape`, shape)], {}, { shape });
}
