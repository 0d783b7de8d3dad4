import { Random } from '../../src/base/random.js';
import { type Graph, GraphBuilder, type Value } from '../../src/export/graph/graph.js';
import {
  binary,
  concat,
  conv,
  convTranspose,
  imageShape,
  pool,
  resize,
  unary,
  type Window,
} from '../../src/export/graph/ops.js';
import { inputName, outputName, postprocess, preprocess } from '../../src/export/graph/pre-post.js';

/** Input size of the graph below, px. */
export const quantizableSize = { width: 64, height: 32 } as const;

const same3x3: Window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] };

/**
 * A student in small with everything that stands between convolutions in ours: ReLU and LeakyReLU, a residual sum with
 * a ReLU, max pooling, pixel repetition, a transposed convolution, concatenation, a one-channel sigmoid head.
 * Convolutions between the first and the last: 5.
 * @param gain multiplies the weights of the first convolution.
 */
export function quantizableGraph(seed = 1, gain = 1): Graph {
  const random = Random.fromSeed(seed, 'quantizable-graph');
  const { width, height } = quantizableSize;
  const graph = new GraphBuilder('quantizable', [outputName]);
  const weights = (shape: readonly number[], fanIn: number, factor = 1) => ({
    shape,
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b) },
      () => factor * random.normal(0, Math.sqrt(2 / fanIn)),
    ),
  });
  const bias = (length: number) => Float32Array.from({ length }, () => random.normal(0, 0.1));
  const layer = (name: string, input: Value, out: number, window: Window = same3x3, factor = 1) => {
    const [channels] = imageShape(input);
    const fanIn = channels * 9;
    return conv(graph, name, input, weights([out, channels, 3, 3], fanIn, factor), bias(out), window);
  };
  const relu = (name: string, input: Value) => unary(graph, `${name}/relu`, 'Relu', input);
  const image = preprocess(graph, {
    ...quantizableSize,
    channels: 'RGB',
    inputMean: [0.485, 0.456, 0.406],
    inputStd: [0.229, 0.224, 0.225],
  });
  const down: Window = { ...same3x3, strides: [2, 2] };
  const stem = relu('stem', layer('stem', image, 16, down, gain));
  const branch = layer('branch2', relu('branch1', layer('branch1', stem, 16)), 16);
  const sum = relu('sum', binary(graph, 'sum', 'Add', stem, branch));
  const small = pool(graph, 'pool', 'MaxPool', sum, {
    ...same3x3,
    kernel: [2, 2],
    strides: [2, 2],
    pads: [0, 0, 0, 0],
  });
  const leaky = unary(graph, 'deep/leaky', 'LeakyRelu', layer('deep', small, 32), 0.1);
  const repeated = resize(graph, 'repeat', leaky, [height / 2, width / 2], 'nearest', 'asymmetric');
  const up = convTranspose(graph, 'up', leaky, weights([32, 16, 4, 4], 32 * 4), bias(16), {
    kernel: [4, 4],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    outputPadding: [0, 0],
  });
  const enlarged = unary(graph, 'up/leaky', 'LeakyRelu', up, 0.1);
  const joined = concat(graph, 'joined', [repeated, enlarged, sum], 1);
  const features = relu('merge', layer('merge', joined, 16));
  const more = relu('more', layer('more', features, 16));
  const head = unary(graph, 'head/sigmoid', 'Sigmoid', layer('head', more, 1, same3x3, 0.2));
  postprocess(graph, head, {
    ...quantizableSize,
    quantity: 'disparity',
    factor: 12,
    camera: { fxPx: 37, baselineM: 0.5, doffsPx: 0 },
    minM: 0.5,
    maxM: 80,
  });
  return graph.build();
}

/** The names of `quantizableGraph`'s input. */
export const quantizableInput = inputName;

/** Images of smooth colour with some noise, uint8 [1, H, W, 3]; every seed another one. */
export function quantizableFrames(count: number, firstSeed: number): Uint8Array[] {
  const { width, height } = quantizableSize;
  return Array.from({ length: count }, (_, index) => {
    const random = Random.fromSeed(firstSeed + index, 'quantizable-frames');
    const waves = Array.from({ length: 6 }, () => random.uniform(0.03, 0.4));
    return Uint8Array.from({ length: width * height * 3 }, (_, byte) => {
      const [x, y, channel] = [Math.floor(byte / 3) % width, Math.floor(byte / 3 / width), byte % 3];
      return 128 + 90 * Math.sin(waves[channel]! * x + waves[channel + 3]! * y) + random.uniform(-30, 30);
    });
  });
}
