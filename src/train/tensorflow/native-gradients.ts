import { type OperatorAttribute, runOperator } from './native-operator.js';
import type { tf as Tf } from './types.js';

/**
 * Replaces gradients of tfjs by TensorFlow's own kernels.
 *
 * - ReLU and LeakyReLU: tfjs composes them of several passes over memory (compare, select, multiply), which on a CPU
 *   cost as much as a small convolution. Same numbers, up to the sign of zero.
 * - Bilinear resizing: the node binding of tfjs 4.22 drops the half-pixel-centres setting in the gradient only, which
 *   makes it that of another function.
 * - Absolute value: tfjs composes the sign of some ten passes. It is a LeakyReLU of slope -1: same numbers, -1 at 0 too.
 * - Sum and mean: tfjs multiplies by a tensor of ones that JavaScript fills and copies. Same numbers.
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
    gradFunc: (dy, [x]) => ({ x: () => run('LeakyReluGrad', [single(dy), x!], { alpha: -1 }) }),
  });
  const repeat = (reduced: Tf.Tensor, { shape }: Tf.Tensor, axis: number | number[]): Tf.Tensor => {
    const axes = tf.util.parseAxisParam(axis, shape);
    const kept = reduced.reshape(shape.map((size, index) => (axes.includes(index) ? 1 : size)));
    return run('BroadcastTo', [kept, tf.tensor1d(shape, 'int32')], {});
  };
  tf.registerGradient({
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({ x: () => repeat(single(dy), x!, axis as number | number[]) }),
  });
  tf.registerGradient({
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => {
        const mean = single(dy);
        return repeat(mean.div(x!.size / mean.size), x!, axis as number | number[]);
      },
    }),
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
