import { Random } from '../../base/random.js';
import { convolutionWithBias } from '../layers/convolution-with-bias.js';
import { tf } from '../tensorflow/tf.js';

/** Slope of every LeakyReLU in Guo's networks. */
const leakySlope = 0.1;

/**
 * How weights are drawn, uniformly around 0: `he` keeps the variance of activations through rectified layers, `xavier`
 * is what Guo et al. state, and loses about half of it a layer.
 */
export type WeightInit = 'he' | 'xavier';

/** What all convolutions of one network share. */
export interface LayerContext {
  readonly seed: number;
  readonly init: WeightInit;
}

/** One convolution: output channels, kernel side, stride and what follows it. */
export interface ConvolutionOptions {
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: 1 | 2;
  readonly activation: 'leaky' | 'relu' | 'sigmoid' | 'none';
  /** Multiplies the deviation of the initial weights: below 1 for the last layer of a residual branch. */
  readonly gain?: number;
  readonly initialBias?: number;
}

/** A function from tensor to tensor whose weights are created once: calling it twice shares them. */
export type Block = (input: tf.SymbolicTensor) => tf.SymbolicTensor;

/**
 * Zero-padded convolution with bias. The activation is a layer of its own. Stride 2 pads as TensorFlow's `same` does on
 * even sizes, one row and column more behind than before; `paddedConvolution` gives the symmetric kind.
 */
export function convolution(options: ConvolutionOptions, context: LayerContext): Block {
  const layer = tf.layers.conv2d({
    name: options.name,
    filters: options.channels,
    kernelSize: options.kernel,
    strides: options.stride ?? 1,
    padding: 'same',
    ...initializers(options, context),
  });
  computeByOurs(layer, options.stride ?? 1, 'same');
  const activate = activation(options);
  return (input) => activate(layer.apply(input) as tf.SymbolicTensor);
}

/** As `convolution`, with (kernel - 1) / 2 zeros on all sides at stride 2 as well: PyTorch's geometry. */
export function paddedConvolution(options: ConvolutionOptions, context: LayerContext): Block {
  const margin = (options.kernel - 1) / 2;
  const pad = tf.layers.zeroPadding2d({ name: `${options.name}_pad`, padding: margin });
  const layer = tf.layers.conv2d({
    name: options.name,
    filters: options.channels,
    kernelSize: options.kernel,
    strides: options.stride ?? 1,
    padding: 'valid',
    ...initializers(options, context),
  });
  computeByOurs(layer, options.stride ?? 1, 'valid');
  const activate = activation(options);
  return (input) => activate(layer.apply(pad.apply(input)) as tf.SymbolicTensor);
}

/**
 * Transposed convolution, kernel 4, stride 2, that doubles the sides and halves the channels; equals PyTorch's with
 * padding 1. LeakyReLU.
 */
export function upConvolution(name: string, channels: number, context: LayerContext): Block {
  // An output pixel sums 4 taps of 2 * channels inputs, half of what the initialiser takes for the fan-in of this
  // kernel layout (16 taps of `channels`), hence the gain.
  const options: ConvolutionOptions = { name, channels, kernel: 4, activation: 'leaky', gain: Math.SQRT2 };
  const layer = tf.layers.conv2dTranspose({
    name,
    filters: channels,
    kernelSize: 4,
    strides: 2,
    padding: 'same',
    ...initializers(options, context),
  });
  const activate = activation(options);
  return (input) => activate(layer.apply(input) as tf.SymbolicTensor);
}

/** Doubles the sides by repeating pixels. */
export function upsample(name: string, input: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.upSampling2d({ name, size: [2, 2], interpolation: 'nearest' }).apply(input) as tf.SymbolicTensor;
}

/** Joins channels in the given order. */
export function concatenate(name: string, inputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor {
  return tf.layers.concatenate({ name, axis: -1 }).apply([...inputs]) as tf.SymbolicTensor;
}

/** Elementwise sum of equal shapes. */
export function add(name: string, inputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor {
  return tf.layers.add({ name }).apply([...inputs]) as tf.SymbolicTensor;
}

/** An image input, NHWC, float32. */
export function imageInput(name: string, height: number, widthPx: number): tf.SymbolicTensor {
  return tf.input({ name, shape: [height, widthPx, 3], dtype: 'float32' });
}

/** The layer stays a standard one, whose `call` alone is ours: saved and loaded elsewhere, it is tfjs' own again. */
function computeByOurs(layer: tf.layers.Layer, stride: number, padding: 'same' | 'valid'): void {
  layer.call = (inputs) => {
    const [input] = Array.isArray(inputs) ? inputs : [inputs];
    const [kernel, bias] = layer.getWeights();
    return convolutionWithBias(input as tf.Tensor4D, kernel as tf.Tensor4D, bias as tf.Tensor1D, { stride, padding });
  };
}

function activation({ name, activation: kind }: ConvolutionOptions): Block {
  if (kind === 'none') return (input) => input;
  const layer =
    kind === 'leaky'
      ? tf.layers.leakyReLU({ name: `${name}_leaky`, alpha: leakySlope })
      : tf.layers.activation({ name: `${name}_${kind}`, activation: kind });
  return (input) => layer.apply(input) as tf.SymbolicTensor;
}

/** Standard initialisers only, so that any reader of layers models understands them; seeded by network seed and name. */
function initializers(options: ConvolutionOptions, { seed, init }: LayerContext) {
  const drawSeed = Random.fromSeed(seed, `weights/${options.name}`).nextUint32();
  const gain = options.gain ?? 1;
  const rectified = options.activation === 'leaky' || options.activation === 'relu';
  const kernelInitializer =
    init === 'he' && rectified
      ? tf.initializers.varianceScaling({
          scale: 2 * gain * gain,
          mode: 'fanIn',
          distribution: 'uniform',
          seed: drawSeed,
        })
      : tf.initializers.varianceScaling({
          scale: gain * gain,
          mode: 'fanAvg',
          distribution: 'uniform',
          seed: drawSeed,
        });
  return {
    kernelInitializer,
    biasInitializer: tf.initializers.constant({ value: options.initialBias ?? 0 }),
  };
}
