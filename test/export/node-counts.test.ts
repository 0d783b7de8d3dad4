import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutTensorFlow } from '../support/tensorflow.js';

/** Nodes of each network as a bare graph with all its outputs: whoever adds one here makes every engine slower. */
const expected = {
  'mono-edge': { Transpose: 1, Conv: 35, Relu: 27, Add: 11, Resize: 4, Sigmoid: 4, Reshape: 4 },
  'mono-vgg': {
    Transpose: 1,
    Conv: 22,
    Relu: 13,
    MaxPool: 5,
    ConvTranspose: 5,
    LeakyRelu: 10,
    Concat: 5,
    Resize: 3,
    Reshape: 4,
  },
  'dispnet-c': {
    Transpose: 2,
    Conv: 27,
    LeakyRelu: 26,
    Pad: 1,
    Slice: 41,
    Mul: 41,
    ReduceMean: 41,
    Concat: 7,
    ConvTranspose: 6,
    Reshape: 8,
  },
  'stereo-softarg': {
    Transpose: 2,
    Conv: 41,
    LeakyRelu: 24,
    Add: 25,
    Sub: 6,
    Mul: 66,
    Div: 4,
    Sqrt: 4,
    ReduceMean: 4,
    ReduceSum: 62,
    Pad: 2,
    Slice: 50,
    Concat: 5,
    Resize: 7,
    Reshape: 6,
    Softmax: 2,
    Clip: 1,
    Floor: 1,
    Cast: 10,
    Expand: 10,
    GatherElements: 10,
  },
} as const;

for (const name of ['mono-edge', 'mono-vgg', 'dispnet-c', 'stereo-softarg'] as const) {
  test(`${name}: nodes by type, parity of every output, size`, { skip: withoutTensorFlow }, async () => {
    const { tf } = await import('../../src/train/tensorflow/tf.js');
    const { exportUntrained } = await import('../../bench/export/networks.js');
    const width = { 'mono-edge': 1, 'mono-vgg': 0.25, 'dispnet-c': 0.25, 'stereo-softarg': 1 }[name];
    const { graph, operators, overhead, parity } = await exportUntrained(tf, name, { width, height: 64, widthPx: 64 });
    assert.ok(parity.maxRelativeDifference <= 1e-4, JSON.stringify(parity));
    assert.deepEqual(operators, expected[name]);
    // Axes move at the ends alone: an image of one channel needs no more than another shape.
    const transposes = graph.nodes.filter(({ op }) => op === 'Transpose');
    assert.deepEqual(
      transposes.map(({ inputs: [input] }) => input),
      graph.inputs.map((input) => input.name),
    );
    assert.ok(overhead < 0.05, `the file is ${(100 * overhead).toFixed(1)} % larger than the weights`);
  });
}
