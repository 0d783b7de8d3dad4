import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { packageRoot } from '../../../src/base/paths.js';
import { exportLayersModel } from '../../../src/export/export-layers-model.js';
import { addNetwork } from '../../../src/export/graph/add-network.js';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { withConstant } from '../../../src/export/graph/ops.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { parseNetwork } from '../../../src/export/read/network.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';

// What Keras writes and tfjs refuses or ignores: right by the layer's published definition, or refused by name.

type Json = Readonly<Record<string, unknown>>;

/** One layer behind an input of four numbers, as Keras 2 saves it. */
function kerasFile(layer: Json, inbound: unknown = [[['x', 0, 0, {}]]], shape: readonly number[] = [1, 4, 1]): string {
  const input = { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false, ragged: false, name: 'x' };
  const config = {
    name: 'model',
    layers: [
      { class_name: 'InputLayer', config: input, name: 'x', inbound_nodes: [] },
      { ...layer, inbound_nodes: inbound },
    ],
    input_layers: [['x', 0, 0]],
    output_layers: [[layer.name, 0, 0]],
  };
  return JSON.stringify({
    format: 'layers-model',
    generatedBy: 'keras v2.11.0',
    convertedBy: 'TensorFlow.js Converter v4.2.0',
    modelTopology: {
      keras_version: '2.11.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Functional', config },
    },
    weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: [] }],
  });
}

async function runFile(text: string, values: readonly number[], shape: readonly number[]): Promise<number[]> {
  const network = parseNetwork(text, new Uint8Array(), 'model.json');
  const graph = new GraphBuilder('test');
  const nchw = [1, shape[2]!, shape[0]!, shape[1]!];
  const [output] = addNetwork(graph, network, [graph.input('input', 'float32', nchw)]);
  // A network that does nothing has no node of its own.
  graph.output(withConstant(graph, 'same', 'Mul', output!, 1), 'result');
  const session = await openOnnx(encodeModel(graph.build(), { producerVersion: '', metadata: {} }), 'test');
  try {
    return [...(await session.run(Float32Array.from(values), nchw))];
  } finally {
    await session.close();
  }
}

const layer = (className: string, config: Json): Json => ({
  class_name: className,
  name: 'y',
  config: { name: 'y', trainable: true, dtype: 'float32', ...config },
});
const operator = (name: string): Json => ({
  class_name: 'TFOpLambda',
  name: 'y',
  config: { name: 'y', trainable: true, dtype: 'float32', function: name },
});

const right: readonly [situation: string, text: string, input: readonly number[], output: readonly number[]][] = [
  [
    'ReLU with a negative slope is Keras` leaky one',
    kerasFile(layer('ReLU', { max_value: null, negative_slope: 0.2, threshold: 0 })),
    [-2, -0.5, 0, 3],
    [-0.4, -0.1, 0, 3],
  ],
  [
    'ReLU with a bound',
    kerasFile(layer('ReLU', { max_value: 6, negative_slope: 0, threshold: 0 })),
    [-2, 5, 6, 9],
    [0, 5, 6, 6],
  ],
  [
    'x / 255',
    kerasFile(operator('math.truediv'), [['x', 0, 0, { y: 255, name: null }]]),
    [0, 51, 102, 255],
    [0, 0.2, 0.4, 1],
  ],
  [
    'x + y of one tensor twice',
    kerasFile(operator('__operators__.add'), [['x', 0, 0, { y: ['x', 0, 0] }]]),
    [1, 2, 3, 4],
    [2, 4, 6, 8],
  ],
  [
    '1 - x',
    kerasFile(operator('math.subtract'), [['_CONSTANT_VALUE', -1, 1, { y: ['x', 0, 0] }]]),
    [0, 1, 2, 3],
    [1, 0, -1, -2],
  ],
  ['relu as an operator', kerasFile(operator('nn.relu'), [['x', 0, 0, {}]]), [-1, 0, 1, 2], [0, 0, 1, 2]],
  [
    'SpatialDropout2D does nothing',
    kerasFile(layer('SpatialDropout2D', { rate: 0.5, noise_shape: null, seed: null })),
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ],
  [
    'bilinear UpSampling2D reads at pixel centres',
    kerasFile(layer('UpSampling2D', { size: [1, 2], data_format: 'channels_last', interpolation: 'bilinear' })),
    [0, 4, 8, 12],
    [0, 1, 3, 5, 7, 9, 11, 12],
  ],
  [
    'a file of Keras 3: nodes with arguments, a policy as dtype',
    JSON.stringify({
      modelTopology: {
        keras_version: '3.4.0',
        model_config: {
          class_name: 'Functional',
          config: {
            layers: [
              {
                class_name: 'InputLayer',
                module: 'keras.layers',
                registered_name: null,
                name: 'x',
                config: { name: 'x', batch_shape: [null, 1, 4, 1], dtype: 'float32' },
                inbound_nodes: [],
              },
              {
                ...layer('LeakyReLU', {
                  negative_slope: 0.5,
                  dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } },
                }),
                build_config: {},
                inbound_nodes: [
                  {
                    args: [
                      {
                        class_name: '__keras_tensor__',
                        config: { shape: [null, 1, 4, 1], dtype: 'float32', keras_history: ['x', 0, 0] },
                      },
                    ],
                    kwargs: {},
                  },
                ],
              },
            ],
            input_layers: ['x', 0, 0],
            output_layers: ['y', 0, 0],
          },
        },
      },
      weightsManifest: [{ paths: ['w.bin'], weights: [] }],
    }),
    [-4, -1, 0, 2],
    [-2, -0.5, 0, 2],
  ],
];

for (const [situation, text, input, output] of right) {
  test(`right: ${situation}`, async () => {
    const found = await runFile(text, input, [1, 4, 1]);
    assert.equal(found.length, output.length);
    for (const [i, value] of output.entries()) assert.ok(Math.abs(found[i]! - value) < 1e-6, `${found} for ${output}`);
  });
}

const refused: readonly [situation: string, text: string, message: RegExp][] = [
  [
    'ReLU with a threshold',
    kerasFile(layer('ReLU', { max_value: null, negative_slope: 0, threshold: 0.5 })),
    /layer "y" \(ReLU\) threshold: a setting that is not understood, found 0\.5/,
  ],
  [
    'ReLU with a slope and a bound',
    kerasFile(layer('ReLU', { max_value: 6, negative_slope: 0.1, threshold: 0 })),
    /layer "y" \(ReLU\) negative_slope: a setting that is not understood, found 0\.1/,
  ],
  [
    'a layer that computes in half precision',
    kerasFile(layer('ReLU', { dtype: 'float16' })),
    /layer "y" \(ReLU\) dtype: expected float32, found "float16"/,
  ],
  [
    'an operator without a counterpart',
    kerasFile(operator('math.pow'), [['x', 0, 0, { y: 2 }]]),
    /model\.json: layer "y" \(TFOpLambda math\.pow\) cannot be exported; supported operators: math\.add/,
  ],
  [
    'an operator with a setting',
    kerasFile(operator('math.add'), [['x', 0, 0, { y: 2, axis: 1 }]]),
    /TFOpLambda math\.add\) cannot be exported/,
  ],
  [
    'a convolution with a setting of tomorrow',
    kerasFile(
      layer('ZeroPadding2D', {
        padding: [
          [1, 1],
          [1, 1],
        ],
        data_format: 'channels_last',
        mode: 'circular',
      }),
    ),
    /layer "y" \(ZeroPadding2D\) mode: a setting that is not understood, found "circular"/,
  ],
  [
    'a layout of channels first',
    kerasFile(layer('UpSampling2D', { size: [2, 2], data_format: 'channels_first', interpolation: 'nearest' })),
    /layer "y" \(UpSampling2D\) data_format: .*found "channels_first"/,
  ],
];

for (const [situation, text, message] of refused) {
  test(`refused: ${situation}`, async () => {
    await assert.rejects(
      runFile(text, [1, 2, 3, 4], [1, 4, 1]),
      (error) => isCyclopsError(error, 'EXPORT_UNSUPPORTED') && message.test(error.message),
    );
  });
}

const field = join(packageRoot(), '../shared/field');
const files = [
  'keras/model_config_wrapper',
  'keras/k_relu',
  'keras/oplambda',
  'keras/groups1',
  'foreign/softmax-axis1',
];
for (const name of files) {
  test(`${name} exports and agrees with the definition of its layers`, {
    skip: existsSync(join(field, name)) ? withoutTensorFlow : '../shared/field is not here',
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-keras-'));
    try {
      const result = await exportLayersModel(join(field, name, 'model.json'), join(folder, 'm.onnx'), { version: '0' });
      assert.ok(
        result.parity !== undefined && result.parity.maxRelativeDifference < 1e-5,
        JSON.stringify(result.parity),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
