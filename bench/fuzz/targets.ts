import { Random } from '../../src/base/random.js';
import { buildLayersModelGraph } from '../../src/export/graph/layers-model-graph.js';
import { encodeModel } from '../../src/export/graph/proto.js';
import { parseNetwork } from '../../src/export/read/network.js';
import { type FuzzTarget, layersModelTarget, onnxTarget } from './fuzz.js';

interface Layer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly from: readonly string[];
  readonly weights?: Readonly<Record<string, readonly number[]>>;
}

const conv = { padding: 'same', data_format: 'channels_last', use_bias: true, activation: 'relu', kernel_size: [3, 3] };

/** A network with one layer of every kind that has settings of its own; small, so that many files are tried. */
const layers: readonly Layer[] = [
  {
    name: 'image',
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, 8, 12, 3], dtype: 'float32' },
    from: [],
  },
  { name: 'scale', class_name: 'Rescaling', config: { scale: 0.5, offset: -1 }, from: ['image'] },
  {
    name: 'conv',
    class_name: 'Conv2D',
    config: { ...conv, filters: 4, strides: [2, 2], dilation_rate: [1, 1] },
    from: ['scale'],
    weights: { kernel: [3, 3, 3, 4], bias: [4] },
  },
  {
    name: 'norm',
    class_name: 'BatchNormalization',
    config: { axis: -1, epsilon: 0.001, center: true, scale: true },
    from: ['conv'],
    weights: { gamma: [4], beta: [4], moving_mean: [4], moving_variance: [4] },
  },
  {
    name: 'depthwise',
    class_name: 'DepthwiseConv2D',
    config: { ...conv, strides: [1, 1] },
    from: ['norm'],
    weights: { depthwise_kernel: [3, 3, 4, 1], bias: [4] },
  },
  {
    name: 'group',
    class_name: 'GroupNormalization',
    config: { groups: 2, epsilon: 0.001, center: true, scale: true },
    from: ['depthwise'],
    weights: { gamma: [4], beta: [4] },
  },
  {
    name: 'layer',
    class_name: 'LayerNormalization',
    config: { axis: [3], epsilon: 0.001, center: true, scale: true },
    from: ['group'],
    weights: { gamma: [4], beta: [4] },
  },
  {
    name: 'up',
    class_name: 'Conv2DTranspose',
    config: { ...conv, filters: 4, strides: [2, 2] },
    from: ['layer'],
    weights: { kernel: [3, 3, 4, 4], bias: [4] },
  },
  {
    name: 'pad',
    class_name: 'BorderPadding2D',
    config: {
      padding: [
        [1, 1],
        [2, 2],
      ],
      mode: 'reflect',
    },
    from: ['up'],
  },
  {
    name: 'pool',
    class_name: 'AveragePooling2D',
    config: { pool_size: [2, 2], strides: [2, 2], padding: 'same' },
    from: ['pad'],
  },
  {
    name: 'resize',
    class_name: 'Resize2D',
    config: { height: 9, width: 7, interpolation: 'nearest', alignment: 'corners' },
    from: ['pool'],
  },
  {
    name: 'crop',
    class_name: 'Cropping2D',
    config: {
      cropping: [
        [1, 0],
        [1, 2],
      ],
    },
    from: ['resize'],
  },
  { name: 'correlation', class_name: 'Correlation1d', config: { max_displacement: 3 }, from: ['crop', 'crop'] },
  { name: 'blocks', class_name: 'DepthToSpace', config: { block_size: 2 }, from: ['correlation'] },
  { name: 'turn', class_name: 'Permute', config: { dims: [2, 1, 3] }, from: ['blocks'] },
  { name: 'flat', class_name: 'Reshape', config: { target_shape: [-1, 8] }, from: ['turn'] },
  { name: 'part', class_name: 'Slice', config: { begin: [1, 0], size: [-1, 8] }, from: ['flat'] },
  { name: 'list', class_name: 'Flatten', config: {}, from: ['part'] },
  {
    name: 'dense',
    class_name: 'Dense',
    config: { units: 2, use_bias: true, activation: 'softmax' },
    from: ['list'],
    weights: { kernel: [120, 2], bias: [2] },
  },
];

/** The files that are mutated. */
export function fuzzTargets(): readonly FuzzTarget[] {
  const random = Random.fromSeed(1, 'fuzz-targets');
  const specs = layers.flatMap(({ name, weights = {} }) =>
    Object.entries(weights).map(([part, shape]) => ({ name: `${name}/${part}`, shape, dtype: 'float32' })),
  );
  const count = specs.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const weights = new Uint8Array(Float32Array.from({ length: count }, () => 0.1 + random.uniform(0, 1)).buffer);
  const json = JSON.stringify({
    format: 'layers-model',
    modelTopology: {
      class_name: 'Model',
      config: {
        layers: layers.map(({ from, weights: _weights, ...layer }) => ({
          ...layer,
          inbound_nodes: from.length === 0 ? [] : [from.map((source) => [source, 0, 0, {}])],
        })),
        input_layers: [['image', 0, 0]],
        output_layers: [['dense', 0, 0]],
      },
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  });
  const path = 'model.json';
  const graph = buildLayersModelGraph({ path, network: parseNetwork(json, weights, path) });
  const onnx = encodeModel(graph, { producerVersion: '1', metadata: { cyclops: '{"format":"cyclops-model"}' } });
  return [onnxTarget(onnx), layersModelTarget(json, weights)];
}
