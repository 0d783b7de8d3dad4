import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { Random } from '../../../src/base/random.js';
import { summarizeGraph } from '../../../src/export/cost/summary.js';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { conv, convTranspose, unary, withConstant } from '../../../src/export/graph/ops.js';
import { decodeOutline, encodeModel } from '../../../src/export/graph/proto.js';

function exampleModel(): Uint8Array {
  const graph = new GraphBuilder('example', ['y']);
  const x = graph.input('x', 'float32', [1, 4, 8, 6]);
  const scaled = withConstant(graph, 'scale', 'Mul', x, Float32Array.of(1, 2, 3, 4));
  const grouped = conv(
    graph,
    'grouped',
    scaled,
    { shape: [6, 2, 3, 3], data: new Float32Array(108) },
    new Float32Array(6),
    { kernel: [3, 3], strides: [2, 2], dilations: [1, 1], pads: [1, 1, 1, 1] },
    2,
  );
  const up = convTranspose(
    graph,
    'up',
    unary(graph, 'relu', 'Relu', grouped),
    { shape: [6, 2, 4, 4], data: new Float32Array(192) },
    undefined,
    { kernel: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [0, 0] },
  );
  graph.output(up, 'y');
  return encodeModel(graph.build(), { producerVersion: '1', metadata: {} });
}

test('operators, parameters and multiply-accumulates of a graph', () => {
  const summary = summarizeGraph(decodeOutline(exampleModel(), 'example'));
  assert.deepEqual(summary, {
    nodes: 4,
    operators: { Conv: 1, ConvTranspose: 1, Mul: 1, Relu: 1 },
    parameters: 108 + 6 + 192,
    // Conv: 6 x 4 x 3 outputs of 2 x 3 x 3 products; ConvTranspose: 6 x 4 x 3 inputs to 2 x 4 x 4 places.
    macs: 6 * 4 * 3 * 18 + 6 * 4 * 3 * 32,
    unknownNodes: 0,
  });
});

test('a graph without shapes says how many nodes it could not count', () => {
  const outline = decodeOutline(exampleModel(), 'example');
  const { unknownNodes } = summarizeGraph({ ...outline, shapes: new Map() });
  assert.equal(unknownNodes, 2);
});

test('damaged bytes give a typed error or an outline, never anything else', () => {
  const bytes = exampleModel();
  for (const seed of [11, 12, 13]) {
    const random = Random.fromSeed(seed, 'outline');
    for (let round = 0; round < 100; round++) {
      const damaged = Uint8Array.from(bytes.subarray(0, 1 + random.integer(bytes.length)));
      for (let i = 0; i < random.integer(8); i++) damaged[random.integer(damaged.length)] = random.integer(256);
      try {
        summarizeGraph(decodeOutline(damaged, 'damaged.onnx'));
      } catch (error) {
        assert.ok(isCyclopsError(error, 'MODEL_INVALID'), `seed ${seed} round ${round}: ${String(error)}`);
      }
    }
  }
});
