import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/base/random.js';
import { GraphBuilder } from '../../src/export/graph.js';
import { addNetwork } from '../../src/export/network.js';
import { openOnnx } from '../../src/export/onnx-run.js';
import { transpose } from '../../src/export/ops.js';
import { runPasses } from '../../src/export/passes/index.js';
import { encodeModel } from '../../src/export/proto.js';
import { parseNetwork } from '../../src/export/read-checkpoint.js';
import type { tf } from '../../src/train/tf.js';
import { withoutTensorFlow } from '../support/tensorflow.js';

type TensorFlow = typeof tf;
type Tensor = tf.SymbolicTensor;

/** One case: layers between an input of random size and an output. */
interface LayerCase {
  readonly name: string;
  /** Random variants of the case. */
  readonly rounds?: number;
  readonly channels?: number;
  build(tf: TensorFlow, input: Tensor, random: Random, round: number): Tensor;
}

const apply = (layer: { apply(input: Tensor | Tensor[]): unknown }, input: Tensor | Tensor[]): Tensor =>
  layer.apply(input) as Tensor;

const pair = (random: Random, low: number, high: number): [number, number] => [
  low + random.integer(high - low + 1),
  low + random.integer(high - low + 1),
];

const cases: readonly LayerCase[] = [
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
    rounds: 3,
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
    name: 'activation layers',
    rounds: 1,
    build: (tf, input) => {
      const names = [
        'relu',
        'relu6',
        'sigmoid',
        'hardSigmoid',
        'tanh',
        'elu',
        'softplus',
        'softsign',
        'swish',
        'linear',
      ];
      const outputs = names.map((activation) =>
        apply(tf.layers.activation({ activation: activation as 'relu' }), input),
      );
      outputs.push(
        apply(tf.layers.leakyReLU({ alpha: 0.1 }), input),
        apply(tf.layers.leakyReLU(), input),
        apply(tf.layers.reLU(), input),
        apply(tf.layers.reLU({ maxValue: 0.7 }), input),
        apply(tf.layers.elu(), input),
        apply(tf.layers.dropout({ rate: 0.5 }), input),
      );
      return apply(tf.layers.concatenate(), outputs);
    },
  },
  {
    name: 'merging layers',
    rounds: 1,
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
];

for (const { name, rounds = 1, channels = 3, build } of cases) {
  test(name, { skip: withoutTensorFlow }, async () => {
    const { tf } = await import('../../src/train/tf.js');
    for (let round = 0; round < rounds; round++) {
      const random = Random.fromSeed(round, name);
      // The merging case halves its doubled sides again, so sides are even there.
      const [height, width] = name === 'merging layers' ? [12, 10] : pair(random, 7, 16);
      const input = tf.input({ shape: [height, width, channels] });
      const model = tf.model({ inputs: input, outputs: build(tf, input, random, round) });
      const values = Float32Array.from({ length: height * width * channels }, () => random.normal());
      const expected = tf.tidy(() => {
        const output = model.predict(tf.tensor4d(values, [1, height, width, channels]));
        return (Array.isArray(output) ? output[0]! : output).dataSync<'float32'>().slice();
      });
      const found = await runExported(tf, model, values, [1, height, width, channels]);
      assertClose(found, expected, `round ${round}, input ${width}x${height}`);
      model.dispose();
    }
  });
}

async function runExported(
  tf: TensorFlow,
  model: tf.LayersModel,
  values: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  let files: { json: string; weights: Uint8Array } | undefined;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      files = { json: JSON.stringify({ modelTopology, weightsManifest }), weights };
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  assert.ok(files !== undefined);
  const network = parseNetwork(files.json, files.weights, 'model.json');
  const graph = new GraphBuilder('layers', ['x', 'y']);
  const image = transpose(graph, 'nchw', graph.input('x', 'float32', shape), [0, 3, 1, 2]);
  const output = addNetwork(graph, network, image);
  graph.output(transpose(graph, 'nhwc', output, [0, 2, 3, 1]), 'y');
  const onnx = encodeModel(runPasses(graph.build()).graph, { producerVersion: '', metadata: {} });
  const session = await openOnnx(onnx, 'layers');
  try {
    return await session.run(values, shape);
  } finally {
    await session.close();
  }
}

function assertClose(found: Float32Array, expected: Float32Array, where: string): void {
  assert.equal(found.length, expected.length, `${where}: number of values`);
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(found[index]! - value);
    assert.ok(
      difference <= 2e-5 * (1 + Math.abs(value)),
      `${where}: value ${index}: expected ${value}, found ${found[index]}`,
    );
  }
  assert.ok(
    expected.some((value) => value !== expected[0]),
    `${where}: all values are equal, which tells nothing`,
  );
}
