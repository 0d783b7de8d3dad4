import { Random } from '../../src/base/random.js';
import { GraphBuilder, type Value } from '../../src/export/graph/graph.js';
import { conv, imageShape, resize, unary } from '../../src/export/graph/ops.js';
import { inputName, outputName, postprocess, preprocess } from '../../src/export/graph/pre-post.js';
import { packModel } from '../../src/export/pack.js';
import type { ChannelOrder, ModelPackage } from '../../src/model-package/schema.js';
import { type PackagePaths, writeModelPackage } from '../../src/model-package/write.js';

/** What a generated package looks like and costs. */
export interface TinyPackageOptions {
  /** Network input, px; both even. 128x64 unless given. */
  readonly width?: number;
  readonly height?: number;
  /** `RGB` unless given. */
  readonly channels?: ChannelOrder;
  /** Channels inside the network, 8 unless given: the cost grows with its square. */
  readonly features?: number;
  /** 3x3 convolutions at half size, 2 unless given: the cost grows in proportion. */
  readonly layers?: number;
  readonly minM?: number;
  readonly maxM?: number;
  readonly seed?: number;
}

/**
 * Writes a valid model package (model.onnx + model.json) of a small untrained network: uint8 [1, H, W, C] to metres
 * within [minM, maxM], different for different images. No TensorFlow needed.
 * @param output a folder, or a path that ends in `.onnx`.
 */
export async function writeTinyPackage(
  output: string,
  options: TinyPackageOptions = {},
): Promise<PackagePaths & { readonly package: ModelPackage }> {
  const {
    width = 128,
    height = 64,
    channels = 'RGB',
    features = 8,
    layers = 2,
    minM = 1,
    maxM = 80,
    seed = 1,
  } = options;
  const random = Random.fromSeed(seed, 'tiny-package');
  const graph = new GraphBuilder('tiny', [outputName]);
  const camera = { fxPx: 0.58 * width, fyPx: 0.58 * width, cxPx: width / 2, cyPx: height / 2, baselineM: 0.54 };
  let value = preprocess(graph, {
    width,
    height,
    channels,
    inputMean: [0.485, 0.456, 0.406],
    inputStd: [0.229, 0.224, 0.225],
  });
  value = unary(graph, 'down/relu', 'Relu', convolution(graph, random, 'down', value, features, 2));
  for (let layer = 0; layer < layers; layer++) {
    const name = `layer${layer}`;
    value = unary(graph, `${name}/relu`, 'Relu', convolution(graph, random, name, value, features, 1));
  }
  value = unary(graph, 'head/sigmoid', 'Sigmoid', convolution(graph, random, 'head', value, 1, 1));
  value = resize(graph, 'up', value, [height, width], 'linear', 'half_pixel');
  // Sigmoid 0..1 becomes disparities of which most lie within the range.
  const outputFactorPx = (camera.fxPx * camera.baselineM) / (minM * 2);
  postprocess(graph, value, {
    width,
    height,
    quantity: 'disparity',
    factor: outputFactorPx,
    camera: { ...camera, doffsPx: 0 },
    minM,
    maxM,
  });
  const packed = await packModel(graph.build(), {
    name: 'tiny',
    input: { name: inputName, layout: 'NHWC', type: 'uint8', height, width, channels },
    output: { name: outputName, kind: 'depth-metres', height, width, minM, maxM },
    camera,
    provenance: {
      method: 'none',
      network: 'tiny',
      data: 'none: random weights',
      checkpoint: 'none',
      seed,
      step: 0,
      metrics: {},
      command: 'test/support/tiny-package.ts',
      versions: { cyclops: '0.1.0' },
    },
  });
  return writeModelPackage(output, packed.embedded, packed.onnx);
}

function convolution(
  graph: GraphBuilder,
  random: Random,
  name: string,
  input: Value,
  out: number,
  stride: 1 | 2,
): Value {
  const [channels] = imageShape(input);
  const deviation = Math.sqrt(2 / (9 * channels));
  const data = Float32Array.from({ length: out * channels * 9 }, () => random.normal(0, deviation));
  return conv(graph, name, input, { shape: [out, channels, 3, 3], data }, new Float32Array(out), {
    kernel: [3, 3],
    strides: [stride, stride],
    dilations: [1, 1],
    pads: stride === 2 ? [0, 0, 1, 1] : [1, 1, 1, 1],
  });
}
