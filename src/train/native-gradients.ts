import { type OperatorAttribute, runOperator } from './native-operator.js';
import type { tf as Tf } from './tf.js';

/**
 * Replaces gradients of tfjs by TensorFlow's own kernels.
 *
 * - ReLU and LeakyReLU: tfjs composes them of several passes over memory (compare, select, multiply), which on a CPU
 *   cost as much as a small convolution. Same numbers, up to the sign of zero.
 * - Bilinear resizing: the node binding of tfjs 4.22 drops the half-pixel-centres setting in the gradient only, which
 *   makes it that of another function.
 * - Absolute value: tfjs composes the sign of some ten passes. Same numbers: the slope at 0 stays -1.
 *
 * Second derivatives of these are not available.
 */
export function useNativeGradients(tf: typeof Tf): void {
  const run = (
    name: string,
    inputs: readonly Tf.TensorInfo[],
    attributes: Readonly<Record<string, OperatorAttribute>>,
  ): Tf.Tensor => runOperator(tf.backend(), name, inputs, attributes);

  tf.registerGradient({
    kernelName: 'LeakyRelu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { alpha }) => ({
      x: () => run('LeakyReluGrad', [single(dy), x!], { alpha: Number(alpha) }),
    }),
  });
  tf.registerGradient({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => run('ReluGrad', [single(dy), y!], {}) }),
  });
  tf.registerGradient({
    kernelName: 'Abs',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => tf.where(x!.greater(0), single(dy), single(dy).neg()) }),
  });
  tf.registerGradient({
    kernelName: 'ResizeBilinear',
    inputsToSave: ['images'],
    gradFunc: (dy, [images], { alignCorners, halfPixelCenters }) => ({
      images: () =>
        run('ResizeBilinearGrad', [single(dy), images!], {
          align_corners: Boolean(alignCorners),
          half_pixel_centers: Boolean(halfPixelCenters),
        }),
    }),
  });
}

function single(gradient: Tf.Tensor | Tf.Tensor[]): Tf.Tensor {
  if (!Array.isArray(gradient)) return gradient;
  const [first] = gradient;
  if (first === undefined) throw new Error('assertion failed: a gradient without tensors');
  return first;
}
