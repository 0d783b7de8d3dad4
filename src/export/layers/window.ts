import type { Value } from '../graph/graph.js';
import { imageShape, type Pads, type Pair, type Window } from '../graph/ops.js';

/** The window of a 1x1 convolution. */
export const onePixel: Window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };

/** Zeros before and after along one side for TensorFlow's `same`: the odd one goes behind. */
function samePadding(size: number, kernel: number, stride: number, dilation: number): Pair {
  const outputs = Math.ceil(size / stride);
  const total = Math.max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/**
 * A window with its padding written out for this input's size. ONNX's own SAME_UPPER would do the same, but explicit pads
 * are what every importer reads alike.
 */
export function windowOver(
  input: Value,
  padding: 'same' | 'valid',
  kernel: Pair,
  strides: Pair,
  dilations: Pair = [1, 1],
): Window {
  const [, height, width] = imageShape(input);
  let pads: Pads = [0, 0, 0, 0];
  if (padding === 'same') {
    const [top, bottom] = samePadding(height, kernel[0], strides[0], dilations[0]);
    const [left, right] = samePadding(width, kernel[1], strides[1], dilations[1]);
    pads = [top, left, bottom, right];
  }
  return { kernel, strides, dilations, pads };
}
