import type { tf as Tf } from './tf.js';

/** Attribute of a native operator: its TensorFlow name and a number. */
interface FloatAttribute {
  readonly name: string;
  readonly float: number;
}

/** The part of the node backend that runs any TensorFlow operator by name. Not in the library's public types. */
interface NodeBackend {
  readonly binding: {
    readonly TF_FLOAT: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_FLOAT: number;
  };
  executeSingleOutput(name: string, attributes: readonly object[], inputs: readonly Tf.TensorInfo[]): Tf.Tensor;
}

/**
 * Replaces gradients which tfjs composes of several elementwise passes over memory (compare, select, multiply) by
 * TensorFlow's own one-pass kernels. The numbers are the same (up to the sign of zero); on a CPU, where such passes
 * cost as much as a small convolution, a training step gets shorter. Second derivatives of these are not available.
 */
export function useNativeGradients(tf: typeof Tf): void {
  const run = (name: string, inputs: readonly Tf.TensorInfo[], ...floats: FloatAttribute[]): Tf.Tensor => {
    const backend = tf.backend() as unknown as NodeBackend;
    const attributes = [
      { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT },
      ...floats.map(({ name: key, float }) => ({ name: key, type: backend.binding.TF_ATTR_FLOAT, value: float })),
    ];
    return backend.executeSingleOutput(name, attributes, inputs);
  };

  tf.registerGradient({
    kernelName: 'LeakyRelu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => {
      const alpha = Number(attributes.alpha);
      return { x: () => run('LeakyReluGrad', [single(dy), x!], { name: 'alpha', float: alpha }) };
    },
  });
  tf.registerGradient({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => run('ReluGrad', [single(dy), y!]) }),
  });
}

function single(gradient: Tf.Tensor | Tf.Tensor[]): Tf.Tensor {
  if (!Array.isArray(gradient)) return gradient;
  const [first] = gradient;
  if (first === undefined) throw new Error('assertion failed: a gradient without tensors');
  return first;
}
