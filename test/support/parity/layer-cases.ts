import type { Random } from '../../../src/base/random.js';
import {
  Arithmetic,
  AxisSoftmax,
  BilinearUpSampling2D,
  GroupedConv2D,
} from '../../../src/export/verify/keras-layers.js';
import { Correlation1d } from '../../../src/train/layers/correlation-1d.js';
import {
  BorderPadding2D,
  DepthToSpace,
  GroupNormalization,
  Resize2D,
  Slice,
} from '../../../src/train/layers/image-layers.js';
import { ConstantGain, CosineSimilarity1d, SoftArgmaxDisparity } from '../../../src/train/layers/matching-cost.js';
import { SimilarityWindow } from '../../../src/train/layers/similarity-window.js';
import type { tf } from '../../../src/train/tensorflow/tf.js';

type TensorFlow = typeof tf;
type Tensor = tf.SymbolicTensor;

/** One case: layers between an input of random size and an output. */
export interface LayerCase {
  readonly name: string;
  /** Random variants of the case. */
  readonly rounds?: number;
  /** Shape of the input without its batch; an image of 7 to 16 px a side and 3 channels unless given. */
  readonly shape?: (random: Random, round: number) => readonly number[];
  build(tf: TensorFlow, input: Tensor, random: Random, round: number): Tensor;
}

const apply = (layer: { apply(input: Tensor | Tensor[]): unknown }, input: Tensor | Tensor[]): Tensor =>
  layer.apply(input) as Tensor;

const pair = (random: Random, low: number, high: number): [number, number] => [
  low + random.integer(high - low + 1),
  low + random.integer(high - low + 1),
];

/** Class names of all activation functions of tfjs. */
const activationClasses = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'elu',
  'selu',
  'softplus',
  'softsign',
  'softmax',
  'logSoftmax',
  'swish',
  'mish',
  'gelu',
  'gelu_new',
];

/** Every layer class that can be exported, in random shapes and settings; a round is a seed. */
export const layerCases: readonly LayerCase[] = [
  {
    name: 'Conv2D: kernels, strides, padding, bias, fused activations',
    rounds: 10,
    build: (tf, input, random) =>
      apply(
        tf.layers.conv2d({
          filters: 1 + random.integer(5),
          kernelSize: pair(random, 1, 5),
          strides: pair(random, 1, 3),
          padding: random.pick(['same', 'valid'] as const),
          useBias: random.chance(0.7),
          biasInitializer: 'randomNormal',
          activation: random.pick(['linear', 'relu', 'elu', 'tanh', 'sigmoid', 'softplus'] as const),
        }),
        input,
      ),
  },
  {
    name: 'Conv2D: dilated',
    rounds: 4,
    build: (tf, input, random) =>
      apply(
        tf.layers.conv2d({
          filters: 3,
          kernelSize: 3,
          dilationRate: pair(random, 2, 3),
          padding: random.pick(['same', 'valid'] as const),
        }),
        input,
      ),
  },
  {
    name: 'DepthwiseConv2D: channel multiplier, strides',
    rounds: 4,
    build: (tf, input, random) => {
      const stride = 1 + random.integer(2);
      return apply(
        tf.layers.depthwiseConv2d({
          kernelSize: [3, 3],
          depthMultiplier: 1 + random.integer(3),
          strides: [stride, stride],
          padding: random.pick(['same', 'valid'] as const),
          biasInitializer: 'randomNormal',
        }),
        input,
      );
    },
  },
  {
    name: 'Conv2DTranspose: every kernel from 1 to 5 at every stride from 1 to 3',
    rounds: 30,
    build: (tf, input, random, round) =>
      apply(
        tf.layers.conv2dTranspose({
          filters: 1 + random.integer(4),
          kernelSize: [1 + (round % 5), 5 - ((round >> 1) % 5)],
          strides: [1 + (round % 3), 1 + ((round + 1) % 3)],
          padding: round < 15 ? 'same' : 'valid',
          useBias: random.chance(0.7),
          biasInitializer: 'randomNormal',
        }),
        input,
      ),
  },
  {
    name: 'MaxPooling2D and AveragePooling2D',
    rounds: 8,
    build: (tf, input, random) => {
      const options = {
        poolSize: pair(random, 1, 4),
        strides: pair(random, 1, 3),
        padding: random.pick(['same', 'valid'] as const),
      };
      const isMax = random.chance(0.5);
      return apply(isMax ? tf.layers.maxPooling2d(options) : tf.layers.averagePooling2d(options), input);
    },
  },
  {
    name: 'UpSampling2D: nearest and bilinear',
    rounds: 6,
    build: (tf, input, random) =>
      apply(
        tf.layers.upSampling2d({
          size: pair(random, 1, 3),
          interpolation: random.pick(['nearest', 'bilinear'] as const),
        }),
        input,
      ),
  },
  {
    name: 'ZeroPadding2D alone and before a convolution',
    rounds: 3,
    build: (tf, input, random) => {
      const padded = apply(tf.layers.zeroPadding2d({ padding: [pair(random, 0, 3), pair(random, 0, 3)] }), input);
      return random.chance(0.5) ? padded : apply(tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2 }), padded);
    },
  },
  {
    name: 'BatchNormalization folded into convolutions, and alone',
    rounds: 4,
    build: (tf, input, random) => {
      const norm = () =>
        tf.layers.batchNormalization({
          scale: random.chance(0.7),
          center: random.chance(0.7),
          gammaInitializer: 'randomUniform',
          betaInitializer: 'randomNormal',
          movingMeanInitializer: 'randomNormal',
          movingVarianceInitializer: tf.initializers.randomUniform({ minval: 0.2, maxval: 2 }),
        });
      const conv = apply(tf.layers.conv2d({ filters: 4, kernelSize: 3, useBias: random.chance(0.5) }), input);
      const up = apply(tf.layers.conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2 }), apply(norm(), conv));
      return apply(norm(), apply(tf.layers.leakyReLU(), apply(norm(), up)));
    },
  },
  {
    name: 'Add, Multiply, Average, Maximum, Minimum, Concatenate along every axis',
    rounds: 1,
    // It halves its doubled sides again, so sides are even.
    shape: () => [12, 10, 3],
    build: (tf, input) => {
      const other = apply(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }), input);
      const third = apply(tf.layers.activation({ activation: 'tanh' }), input);
      const merged = [
        tf.layers.add(),
        tf.layers.multiply(),
        tf.layers.average(),
        tf.layers.maximum(),
        tf.layers.minimum(),
      ];
      const rows = apply(tf.layers.concatenate({ axis: 1 }), [input, other]);
      const columns = apply(tf.layers.concatenate({ axis: 2 }), [rows, rows]);
      const pooled = apply(tf.layers.averagePooling2d({ poolSize: 2 }), columns);
      return apply(tf.layers.concatenate({ axis: -1 }), [
        ...merged.map((layer) => apply(layer, [input, other, third])),
        apply(tf.layers.conv2d({ filters: 1, kernelSize: 1 }), pooled),
      ]);
    },
  },
  {
    name: 'a layer used twice, results read by name and number',
    rounds: 1,
    build: (tf, input) => {
      const shared = tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
      return apply(tf.layers.add(), [apply(shared, input), apply(shared, apply(shared, input))]);
    },
  },
  {
    name: 'asymmetric same padding: even sizes at stride 2, odd kernels, one more row behind than before',
    rounds: 8,
    shape: (_random, round) => [8 + (round & 1), 12 + ((round >> 1) & 1), 3],
    build: (tf, input, random, round) => {
      const options = { strides: 2, padding: 'same' } as const;
      if (round < 3) return apply(tf.layers.conv2d({ filters: 2, kernelSize: 3 + 2 * (round & 1), ...options }), input);
      if (round < 5) return apply(tf.layers.depthwiseConv2d({ kernelSize: 3, ...options, strides: [2, 2] }), input);
      const pool = { poolSize: 2 + (round & 1), ...options, strides: [2, 2] as [number, number] };
      return apply(random.chance(0.5) ? tf.layers.maxPooling2d(pool) : tf.layers.averagePooling2d(pool), input);
    },
  },
  {
    name: 'transposed-convolution output padding: strides larger than the kernel, same and valid',
    rounds: 8,
    build: (tf, input, _random, round) =>
      apply(
        tf.layers.conv2dTranspose({
          filters: 2,
          kernelSize: [1 + (round & 1), 2],
          strides: [3, 2 + (round & 1)],
          padding: round < 4 ? 'same' : 'valid',
          activation: round % 3 === 0 ? 'relu' : 'linear',
        }),
        input,
      ),
  },
  {
    name: 'SeparableConv2D: strides, dilation, multiplier, activation',
    rounds: 6,
    build: (tf, input, random, round) =>
      apply(
        tf.layers.separableConv2d({
          filters: 1 + random.integer(4),
          kernelSize: pair(random, 1, 3),
          depthMultiplier: 1 + random.integer(2),
          // TensorFlow refuses both at once.
          ...(round % 2 === 0 ? { strides: round === 0 ? 1 : 2 } : { dilationRate: [2, 2] as [number, number] }),
          padding: random.pick(['same', 'valid'] as const),
          useBias: random.chance(0.7),
          biasInitializer: 'randomNormal',
          activation: random.pick(['linear', 'relu', 'swish'] as const),
        }),
        input,
      ),
  },
  {
    name: 'LayerNormalization: channels, rows, whole image, vectors',
    rounds: 6,
    shape: (random, round) => (round === 5 ? [9] : [...pair(random, 3, 7), 4]),
    build: (tf, input, random, round) =>
      apply(
        tf.layers.layerNormalization({
          axis: [-1, [3], [2, 3], [1, 2, 3], [1], -1][round]!,
          gammaInitializer: 'randomUniform',
          betaInitializer: 'randomNormal',
          scale: random.chance(0.7),
          center: random.chance(0.7),
        }),
        input,
      ),
  },
  {
    name: 'GroupNormalization: every number of groups, with and without scale and shift',
    rounds: 4,
    shape: (random) => [...pair(random, 3, 7), 6],
    build: (_tf, input, _random, round) =>
      apply(new GroupNormalization({ groups: [1, 2, 3, 6][round]!, scale: round !== 1, center: round < 2 }), input),
  },
  {
    name: 'BatchNormalization of vectors, folded into Dense and alone',
    rounds: 2,
    shape: () => [7],
    build: (tf, input) => {
      const norm = () =>
        tf.layers.batchNormalization({ movingMeanInitializer: 'randomNormal', gammaInitializer: 'randomUniform' });
      return apply(norm(), apply(tf.layers.elu(), apply(norm(), apply(tf.layers.dense({ units: 5 }), input))));
    },
  },
  {
    name: 'activation functions, as layers and as part of a convolution',
    rounds: activationClasses.length,
    build: (tf, input, _random, round) => {
      const activation = activationClasses[round] as 'relu';
      const convolved = apply(tf.layers.conv2d({ filters: 3, kernelSize: 3, activation }), input);
      return apply(tf.layers.concatenate(), [convolved, apply(tf.layers.activation({ activation }), convolved)]);
    },
  },
  {
    name: 'activation layers: LeakyReLU, ReLU, ELU, PReLU, ThresholdedReLU, Softmax; layers of training alone',
    build: (tf, input) => {
      const noise = [
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.gaussianNoise({ stddev: 1 }),
        tf.layers.gaussianDropout({ rate: 0.5 }),
        tf.layers.alphaDropout({ rate: 0.5 }),
      ];
      const quiet = noise.reduce((value, layer) => apply(layer, value), input);
      const slopes = { alphaInitializer: 'randomUniform' } as const;
      return apply(
        tf.layers.concatenate(),
        [
          tf.layers.leakyReLU({ alpha: 0.1 }),
          tf.layers.leakyReLU(),
          tf.layers.reLU(),
          tf.layers.reLU({ maxValue: 0.7 }),
          tf.layers.elu(),
          tf.layers.prelu(slopes),
          tf.layers.prelu({ ...slopes, sharedAxes: [1, 2] }),
          tf.layers.thresholdedReLU({ theta: 0.4 }),
          tf.layers.softmax({ axis: -1 }),
        ].map((layer) => apply(layer, quiet)),
      );
    },
  },
  {
    name: 'Dense, Flatten, Softmax: the head of a classifier, on vectors, sequences and images',
    rounds: 4,
    build: (tf, input, _random, round) => {
      const dense = (value: Tensor, units = 4) =>
        apply(tf.layers.dense({ units, activation: 'tanh', biasInitializer: 'randomNormal' }), value);
      if (round === 0) return apply(tf.layers.softmax({ axis: 1 }), dense(dense(apply(tf.layers.flatten(), input))));
      if (round === 1) return dense(input);
      if (round === 2) return apply(tf.layers.dense({ units: 3, useBias: false }), apply(tf.layers.flatten(), input));
      const [, height, width, channels] = input.shape;
      return dense(apply(tf.layers.reshape({ targetShape: [height! * width!, channels!] }), input));
    },
  },
  {
    name: 'Reshape and Permute, of images and of other tensors',
    rounds: 6,
    shape: (random) => [2 * (2 + random.integer(3)), 6, 4],
    build: (tf, input, _random, round) => {
      const [, height, width, channels] = input.shape as number[];
      const target = [
        [height! / 2, width! * 2, channels!],
        [height! * width!, channels!],
        [-1, 2],
        [height! * width! * channels!],
      ];
      if (round < 4) return apply(tf.layers.reshape({ targetShape: target[round]! }), input);
      const permuted = apply(tf.layers.permute({ dims: round === 4 ? [2, 1, 3] : [3, 1, 2] }), input);
      const rows = apply(tf.layers.reshape({ targetShape: [permuted.shape[1]!, -1] }), permuted);
      return round === 4 ? permuted : apply(tf.layers.permute({ dims: [2, 1] }), rows);
    },
  },
  {
    name: 'GlobalAveragePooling2D and GlobalMaxPooling2D gate an image (squeeze and excitation)',
    rounds: 2,
    build: (tf, input, _random, round) => {
      const pool = round === 0 ? tf.layers.globalAveragePooling2d({}) : tf.layers.globalMaxPooling2d({});
      const gate = apply(tf.layers.dense({ units: 3, activation: 'sigmoid' }), apply(pool, input));
      return apply(tf.layers.multiply(), [input, apply(tf.layers.reshape({ targetShape: [1, 1, 3] }), gate)]);
    },
  },
  {
    name: 'merging layers spread sizes of 1, and vectors over images',
    rounds: 2,
    build: (tf, input, _random, round) => {
      const vector = apply(tf.layers.globalAveragePooling2d({}), input);
      if (round === 0) return apply(tf.layers.add(), [input, vector]);
      const column = apply(tf.layers.averagePooling2d({ poolSize: [1, input.shape[2]!] }), input);
      return apply(tf.layers.maximum(), [input, column]);
    },
  },
  {
    name: 'Cropping2D and Slice',
    rounds: 4,
    build: (tf, input, random, round) => {
      const cropping = [pair(random, 0, 2), pair(random, 0, 2)] as [[number, number], [number, number]];
      if (round < 2) return apply(tf.layers.cropping2D({ cropping }), input);
      const sliced = apply(new Slice({ begin: [round - 1, 2, 1], size: [3, -1, round - 1] }), input);
      return round === 2 ? sliced : apply(new Slice({ begin: [2], size: [-1] }), apply(tf.layers.flatten(), sliced));
    },
  },
  {
    name: 'align-corners: Resize2D, nearest and bilinear, larger and smaller',
    rounds: 12,
    build: (_tf, input, random, round) => {
      const interpolation = round % 2 === 0 ? 'bilinear' : 'nearest';
      const size = { height: 1 + random.integer(20), width: 1 + random.integer(20), interpolation } as const;
      return apply(new Resize2D({ ...size, alignment: 'corners' }), input);
    },
  },
  {
    name: 'Resize2D: top-left and half-pixel, nearest and bilinear, whole and odd factors',
    rounds: 16,
    build: (_tf, input, random, round) => {
      const interpolation = round % 2 === 0 ? 'bilinear' : 'nearest';
      const alignment = round % 4 < 2 ? 'half-pixel' : 'top-left';
      const [, rows, columns] = input.shape as number[];
      const [height, width] = round < 8 ? [rows! * 2, columns! * 3] : [3 + random.integer(24), 3 + random.integer(24)];
      return apply(new Resize2D({ height, width, interpolation, alignment }), input);
    },
  },
  {
    name: 'BorderPadding2D: reflect and edge, alone and before a convolution',
    rounds: 6,
    build: (tf, input, random, round) => {
      const mode = round % 2 === 0 ? 'reflect' : 'edge';
      const padded = apply(new BorderPadding2D({ padding: [pair(random, 0, 4), pair(random, 0, 4)], mode }), input);
      return round < 4 ? padded : apply(tf.layers.conv2d({ filters: 2, kernelSize: 3 }), padded);
    },
  },
  {
    name: 'DepthToSpace',
    rounds: 3,
    shape: (random, round) => [...pair(random, 2, 5), [4, 8, 9][round]!],
    build: (_tf, input, _random, round) => apply(new DepthToSpace({ blockSize: round === 2 ? 3 : 2 }), input),
  },
  {
    name: 'Rescaling and ConstantGain, before, between and behind convolutions',
    rounds: 3,
    build: (tf, input, _random, round) => {
      const conv = (value: Tensor) =>
        apply(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', biasInitializer: 'randomNormal' }), value);
      const rescale = (value: Tensor) =>
        apply(tf.layers.rescaling({ scale: 0.3, offset: round === 0 ? 0 : -0.7 }), value);
      const gained = apply(new ConstantGain({ gain: 2.5 }), rescale(conv(rescale(rescale(input)))));
      return round === 2 ? apply(tf.layers.add(), [conv(gained), gained]) : conv(gained);
    },
  },
  {
    name: 'Correlation1d and CosineSimilarity1d of two views',
    rounds: 4,
    build: (tf, input, random, round) => {
      const view = () => apply(tf.layers.conv2d({ filters: 5, kernelSize: 3, padding: 'same' }), input);
      const options = { maxDisplacement: 1 + random.integer(8) };
      return apply(round < 2 ? new Correlation1d(options) : new CosineSimilarity1d(options), [view(), view()]);
    },
  },
  {
    name: 'SimilarityWindow around an estimate, inside and outside the image',
    rounds: 3,
    build: (tf, input, _random, round) => {
      const view = () => apply(tf.layers.conv2d({ filters: 5, kernelSize: 3, padding: 'same' }), input);
      const estimate = apply(tf.layers.conv2d({ filters: 1, kernelSize: 1 }), input);
      return apply(new SimilarityWindow({ radius: round, unitPx: 4 }), [view(), view(), estimate]);
    },
  },
  {
    name: 'SoftArgmaxDisparity',
    rounds: 2,
    build: (_tf, input, _random, round) => apply(new SoftArgmaxDisparity({ step: 0.2, zero: round }), input),
  },
  {
    name: 'Arithmetic: every operator of two tensors, and with a constant on either side',
    rounds: 12,
    build: (tf, input, random, round) => {
      const op = (['add', 'subtract', 'multiply', 'divide'] as const)[round % 4]!;
      const positive = apply(tf.layers.conv2d({ filters: 3, kernelSize: 1, activation: 'softplus' }), input);
      if (round < 4) return apply(new Arithmetic({ op }), [input, positive]);
      const constant = random.uniform(0.5, 3);
      return apply(new Arithmetic({ op, constant, ...(round < 8 ? {} : { reversed: true }) }), positive);
    },
  },
  {
    name: 'AxisSoftmax: every axis of an image',
    rounds: 3,
    build: (_tf, input, _random, round) => apply(new AxisSoftmax({ axis: round + 1 }), input),
  },
  {
    name: 'BilinearUpSampling2D: whole factors',
    rounds: 4,
    build: (_tf, input, random) =>
      apply(new BilinearUpSampling2D({ size: pair(random, 1, 4), interpolation: 'bilinear' }), input),
  },
  {
    name: 'GroupedConv2D: groups, strides, padding, bias, activation',
    rounds: 6,
    shape: () => [9, 11, 6],
    build: (_tf, input, random) => {
      const groups = random.pick([2, 3, 6]);
      return apply(
        new GroupedConv2D({
          groups,
          filters: groups * (1 + random.integer(3)),
          kernelSize: pair(random, 1, 3),
          strides: pair(random, 1, 2),
          padding: random.pick(['same', 'valid'] as const),
          dilationRate: [1, 1],
          useBias: random.chance(0.5),
          activation: random.pick(['linear', 'relu', 'tanh'] as const),
        }),
        input,
      );
    },
  },
  {
    name: 'models as layers, used twice: functional and sequential, with several outputs',
    rounds: 2,
    build: (tf, input, _random, round) => {
      const shape = input.shape.slice(1) as number[];
      const chain = tf.sequential({
        layers: [
          tf.layers.conv2d({ inputShape: shape, filters: 3, kernelSize: 3, padding: 'same' }),
          tf.layers.activation({ activation: 'tanh' }),
        ],
      });
      if (round === 0) return apply(tf.layers.add(), [apply(chain, input), apply(chain, apply(chain, input))]);
      const inner = tf.input({ shape });
      const first = apply(chain, inner);
      const second = apply(tf.layers.elu(), first);
      const model = tf.model({ inputs: inner, outputs: [first, second] });
      const [left, right] = model.apply(input) as Tensor[];
      return apply(tf.layers.concatenate(), [right!, left!]);
    },
  },
];
