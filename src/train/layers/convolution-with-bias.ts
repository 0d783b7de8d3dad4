import { type OperatorAttribute, runOperator, usesGpu } from '../tensorflow/native-operator.js';
import { tf } from '../tensorflow/tf.js';

const kernelName = 'ConvolutionWithBias';

/** Along rows and columns alike. */
type Settings = { readonly stride: number; readonly padding: 'same' | 'valid' };

/**
 * Convolution plus bias, NHWC, as tfjs' own computes it, with what that lacks:
 *
 * - On a CPU oneDNN adds the bias while it writes the result; by itself the addition costs as much as a 1x1 convolution.
 * - The bias' gradient is TensorFlow's own operator, several times as fast as a general sum where channels are many.
 * - Only the gradients that are asked for are computed. tfjs' fused convolution always computes its input's, which for
 *   an image is 7 to 8 % of a training step.
 */
export function convolutionWithBias(
  x_BHWC: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  { stride, padding }: Settings,
): tf.Tensor4D {
  const attributes = { strides: [stride, stride], pad: padding, dataFormat: 'NHWC', dilations: [1, 1] };
  return tf.engine().runKernel(kernelName, { x: x_BHWC, filter: kernel, bias }, attributes);
}

tf.registerKernel({
  kernelName,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, filter, bias } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; bias: tf.TensorInfo };
    const node = backend as tf.KernelBackend;
    const settings = operatorSettings(attrs!);
    if (addsBiasInside(node)) return fused(node, [x, filter, bias], settings);
    const sums = runOperator(node, 'Conv2D', [x, filter], settings);
    const result = runOperator(node, 'BiasAdd', [sums, bias], { data_format: 'NHWC' });
    sums.dispose();
    return result;
  },
});

tf.registerGradient({
  kernelName,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attributes) => {
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    const gradient = dy as tf.Tensor;
    const run = (name: string, inputs: tf.NamedTensorMap, shape: tf.NamedAttrMap): tf.Tensor =>
      tf.engine().runKernel(name, inputs, { ...attributes, ...shape });
    return {
      x: () => run('Conv2DBackpropInput', { dy: gradient, filter }, { inputShape: x.shape }),
      filter: () => run('Conv2DBackpropFilter', { x, dy: gradient }, { filterShape: filter.shape }),
      bias: () => runOperator(tf.backend(), 'BiasAddGrad', [gradient], { data_format: 'NHWC' }),
    };
  },
});

type OperatorSettings = Readonly<Record<string, OperatorAttribute>>;

function operatorSettings({ strides, pad }: tf.NamedAttrMap): OperatorSettings {
  return { strides: [1, ...(strides as number[]), 1], padding: String(pad).toUpperCase(), data_format: 'NHWC' };
}

/** TensorFlow has this operator for its graph optimizer, under a label that keeps others off it. */
function fused(backend: tf.KernelBackend, inputs: readonly tf.TensorInfo[], settings: OperatorSettings): tf.Tensor {
  return runOperator(backend, '_MklNativeConv2DWithBias', inputs, { ...settings, _kernel: 'MklNameChangeOp' });
}

let isFusing: boolean | undefined;

/** Whether this TensorFlow can: one with oneDNN, on x86. Tried once. */
function addsBiasInside(backend: tf.KernelBackend): boolean {
  isFusing ??=
    process.arch === 'x64' && process.env.TF_ENABLE_ONEDNN_OPTS !== '0' && !usesGpu(backend) && works(backend);
  return isFusing;
}

function works(backend: tf.KernelBackend): boolean {
  const one = tf.ones([1, 1, 1, 1]);
  const bias = tf.ones([1]);
  try {
    const sum = fused(backend, [one, one, bias], operatorSettings({ strides: [1, 1], pad: 'valid' }));
    const [value] = sum.dataSync();
    sum.dispose();
    return value === 2;
  } catch {
    return false;
  } finally {
    tf.dispose([one, bias]);
  }
}
