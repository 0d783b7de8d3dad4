import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { type Graph, GraphBuilder, type Value } from '../../../src/export/graph/graph.js';
import { batchNormalization, binary, conv, convTranspose, unary, withConstant } from '../../../src/export/graph/ops.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { pad } from '../../../src/export/graph/tensor-ops.js';
import { dropDead } from '../../../src/export/passes/drop-dead.js';
import { foldAffine } from '../../../src/export/passes/fold-affine.js';
import { foldBatchNorm } from '../../../src/export/passes/fold-batch-norm.js';
import { foldPadding } from '../../../src/export/passes/fold-padding.js';
import { foldScale } from '../../../src/export/passes/fold-scale.js';
import type { Pass } from '../../../src/export/passes/pass.js';
import { shareConstants } from '../../../src/export/passes/share-constants.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';

const shape = [1, 3, 6, 7];
const random = Random.fromSeed(5, 'passes');
const normal = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
const window = { kernel: [3, 3], strides: [2, 1], dilations: [1, 1], pads: [1, 1, 0, 1] } as const;

function convolve(graph: GraphBuilder, name: string, input: Value, out = 4, withBias = true): Value {
  const channels = input.shape[1]!;
  const weights = { shape: [out, channels, 3, 3], data: normal(out * channels * 9) };
  return conv(graph, name, input, weights, withBias ? normal(out) : undefined, window);
}

function normalise(graph: GraphBuilder, name: string, input: Value): Value {
  const channels = input.shape[1]!;
  const variance = normal(channels).map((value) => 0.2 + value * value);
  const statistics = { scale: normal(channels), shift: normal(channels), mean: normal(channels), variance };
  return batchNormalization(graph, name, input, statistics, 1e-3);
}

function build(fill: (graph: GraphBuilder, input: Value) => Value): Graph {
  const graph = new GraphBuilder('test', ['y']);
  graph.output(fill(graph, graph.input('x', 'float32', shape)), 'y');
  return graph.build();
}

async function evaluate(graph: Graph, data: Float32Array): Promise<Float32Array> {
  const session = await openOnnx(encodeModel(graph, { producerVersion: '', metadata: {} }), graph.name);
  return session.run(data, shape).finally(() => session.close());
}

const operators = (graph: Graph): string => graph.nodes.map(({ op }) => op).join(' ');

interface PassCase {
  readonly name: string;
  readonly pass: Pass;
  readonly fill: (graph: GraphBuilder, input: Value) => Value;
  readonly before: string;
  readonly after: string;
}

const relu = (graph: GraphBuilder, input: Value): Value => unary(graph, `${input.name}/relu`, 'Relu', input);
const affine = (graph: GraphBuilder, input: Value): Value =>
  withConstant(graph, 'shift', 'Add', withConstant(graph, 'scale', 'Mul', input, normal(3)), normal(3));

const cases: readonly PassCase[] = [
  {
    name: 'fold-batch-norm: after a Conv with bias',
    pass: foldBatchNorm,
    fill: (graph, x) => relu(graph, normalise(graph, 'bn', convolve(graph, 'conv', x))),
    before: 'Conv BatchNormalization Relu',
    after: 'Conv Relu',
  },
  {
    name: 'fold-batch-norm: after a Conv without bias, at the end',
    pass: foldBatchNorm,
    fill: (graph, x) => normalise(graph, 'bn', convolve(graph, 'conv', x, 4, false)),
    before: 'Conv BatchNormalization',
    after: 'Conv',
  },
  {
    name: 'fold-batch-norm: after a ConvTranspose',
    pass: foldBatchNorm,
    fill: (graph, x) => {
      const weights = { shape: [3, 5, 4, 4], data: normal(3 * 5 * 16) };
      const up = { kernel: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [0, 0] } as const;
      return normalise(graph, 'bn', convTranspose(graph, 'up', x, weights, normal(5), up));
    },
    before: 'ConvTranspose BatchNormalization',
    after: 'ConvTranspose',
  },
  {
    name: 'fold-batch-norm: not where something else reads the convolution',
    pass: foldBatchNorm,
    fill: (graph, x) => {
      const result = convolve(graph, 'conv', x);
      return binary(graph, 'sum', 'Add', normalise(graph, 'bn', result), result);
    },
    before: 'Conv BatchNormalization Add',
    after: 'Conv BatchNormalization Add',
  },
  {
    name: 'fold-batch-norm: not after an activation',
    pass: foldBatchNorm,
    fill: (graph, x) => normalise(graph, 'bn', relu(graph, convolve(graph, 'conv', x))),
    before: 'Conv Relu BatchNormalization',
    after: 'Conv Relu BatchNormalization',
  },
  {
    name: 'fold-padding: before two convolutions',
    pass: foldPadding,
    fill: (graph, x) => {
      const padded = pad(graph, 'pad', x, [0, 2, 3, 1]);
      return binary(graph, 'sum', 'Add', convolve(graph, 'a', padded), convolve(graph, 'b', padded));
    },
    before: 'Pad Conv Conv Add',
    after: 'Conv Conv Add',
  },
  {
    name: 'fold-padding: not where something else reads the padded image',
    pass: foldPadding,
    fill: (graph, x) => {
      const padded = pad(graph, 'pad', x, [1, 1, 1, 1]);
      const weights = { shape: [3, 3, 1, 1], data: normal(9) };
      const one = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
      return binary(graph, 'sum', 'Add', conv(graph, 'conv', padded, weights, undefined, one), padded);
    },
    before: 'Pad Conv Add',
    after: 'Pad Conv Add',
  },
  {
    name: 'fold-scale: into padded convolutions',
    pass: foldScale,
    fill: (graph, x) => {
      const normalised = affine(graph, x);
      return binary(graph, 'sum', 'Add', convolve(graph, 'a', normalised), convolve(graph, 'b', normalised));
    },
    before: 'Mul Add Conv Conv Add',
    after: 'Add Conv Conv Add',
  },
  {
    name: 'fold-scale: not where something else reads the normalised image',
    pass: foldScale,
    fill: (graph, x) => {
      const normalised = affine(graph, x);
      const weights = { shape: [3, 3, 1, 1], data: normal(9) };
      const one = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
      return binary(graph, 'sum', 'Add', conv(graph, 'conv', normalised, weights, undefined, one), normalised);
    },
    before: 'Mul Add Conv Add',
    after: 'Mul Add Conv Add',
  },
  {
    name: 'fold-affine: one number a channel behind a Conv with bias',
    pass: foldAffine,
    fill: (graph, x) => relu(graph, affine(graph, convolve(graph, 'conv', x, 3))),
    before: 'Conv Mul Add Relu',
    after: 'Conv Relu',
  },
  {
    name: 'fold-affine: a shift, then a scale, behind a Conv without bias',
    pass: foldAffine,
    fill: (graph, x) => {
      const shifted = withConstant(graph, 'shift', 'Add', convolve(graph, 'conv', x, 3, false), normal(3));
      return withConstant(graph, 'scale', 'Mul', shifted, normal(3));
    },
    before: 'Conv Add Mul',
    after: 'Conv',
  },
  {
    name: 'fold-affine: behind a ConvTranspose, whose outputs are the second axis of its weights',
    pass: foldAffine,
    fill: (graph, x) => {
      const weights = { shape: [3, 3, 4, 4], data: normal(3 * 3 * 16) };
      const up = { kernel: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [0, 0] } as const;
      return affine(graph, convTranspose(graph, 'up', x, weights, normal(3), up));
    },
    before: 'ConvTranspose Mul Add',
    after: 'ConvTranspose',
  },
  {
    name: 'fold-affine: a chain behind an activation becomes one Mul and one Add',
    pass: foldAffine,
    fill: (graph, x) => {
      const first = affine(graph, relu(graph, x));
      return withConstant(graph, 'more', 'Add', withConstant(graph, 'twice', 'Mul', first, 2), normal(3));
    },
    before: 'Relu Mul Add Mul Add',
    after: 'Relu Mul Add',
  },
  {
    name: 'fold-affine: not into a Conv that something else reads',
    pass: foldAffine,
    fill: (graph, x) => {
      const result = convolve(graph, 'conv', x, 3);
      return binary(graph, 'sum', 'Add', affine(graph, result), result);
    },
    before: 'Conv Mul Add Add',
    after: 'Conv Mul Add Add',
  },
  {
    name: 'drop-dead: a branch nobody reads',
    pass: dropDead,
    fill: (graph, x) => {
      convolve(graph, 'dead', relu(graph, x));
      return convolve(graph, 'conv', x);
    },
    before: 'Relu Conv Conv',
    after: 'Conv',
  },
];

for (const { name, pass, fill, before, after } of cases) {
  test(name, async () => {
    const graph = build(fill);
    assert.equal(operators(graph), before);
    const changed = dropDead.apply(pass.apply(graph));
    assert.equal(operators(changed), after);
    const data = normal(3 * 6 * 7);
    const expected = await evaluate(graph, data);
    const found = await evaluate(changed, data);
    for (const [index, value] of expected.entries()) {
      assert.ok(Math.abs(found[index]! - value) <= 1e-4 * (1 + Math.abs(value)), `${index}: ${value}, ${found[index]}`);
    }
  });
}

test('drop-dead removes the constants and shapes of what it removes', () => {
  const graph = build((builder, x) => {
    convolve(builder, 'dead', x);
    return convolve(builder, 'conv', x);
  });
  const changed = dropDead.apply(graph);
  assert.deepEqual([...changed.constants.keys()], ['conv/kernel', 'conv/bias']);
  assert.deepEqual([...changed.values.keys()].sort(), ['x', 'y']);
});

test('share-constants: equal weights are kept once; other numbers, another shape and small ones are left', () => {
  const data = normal(64);
  const graph = new GraphBuilder('shared', ['y']);
  const input = graph.input('x', 'float32', [1, 4, 4, 4]);
  const point = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  const to16 = (name: string, values: Float32Array) =>
    conv(graph, name, input, { shape: [16, 4, 1, 1], data: values }, undefined, point);
  const small = { shape: [4, 4, 1, 1], data: normal(16) };
  const of16 = (name: string, value: Value) =>
    conv(graph, name, value, { shape: [4, 16, 1, 1], data }, undefined, point);
  const first = binary(graph, 'first', 'Add', to16('a', data), to16('b', data.slice()));
  const second = of16('c', binary(graph, 'second', 'Add', first, to16('d', normal(64))));
  const third = conv(graph, 'e', conv(graph, 'f', second, small, undefined, point), small, undefined, point);
  graph.output(third, 'y');
  const shared = shareConstants.apply(graph.build());
  const kernels = new Map(shared.nodes.filter(({ op }) => op === 'Conv').map(({ name, inputs }) => [name, inputs[1]]));
  assert.deepEqual(Object.fromEntries(kernels), {
    a: 'a/kernel',
    b: 'a/kernel',
    c: 'c/kernel',
    d: 'd/kernel',
    e: 'e/kernel',
    f: 'f/kernel',
  });
});
