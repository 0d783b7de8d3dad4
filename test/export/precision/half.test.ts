import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphBuilder } from '../../../src/export/graph/graph.js';
import { conv, unary } from '../../../src/export/graph/ops.js';
import { encodeModel } from '../../../src/export/graph/proto.js';
import { softmax } from '../../../src/export/graph/tensor-ops.js';
import { captureHistograms } from '../../../src/export/precision/calibrate.js';
import { measureDifference } from '../../../src/export/precision/difference.js';
import { halfFromNumber, numberFromHalf } from '../../../src/export/precision/float16.js';
import { halfValuesOf, toHalf } from '../../../src/export/precision/half.js';
import { reducePrecision } from '../../../src/export/precision/reduce.js';
import { simulateHalf } from '../../../src/export/precision/simulate-half.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';
import { quantizableFrames, quantizableGraph } from '../../support/quantizable-graph.js';

const exact = quantizableGraph();

test('the body is float16, image and depth head float32, and every operator gets one type', () => {
  const half = toHalf(exact);
  const typeOf = (name: string) => half.values.get(name)?.type ?? half.constants.get(name)!.type;
  for (const node of half.nodes) {
    if (node.op === 'Cast') continue;
    const operands = node.op === 'Resize' ? node.inputs.slice(0, 1) : node.inputs;
    const types = new Set(
      operands
        .filter((name) => name !== '')
        .map(typeOf)
        .filter((type) => type !== 'int64'),
    );
    assert.equal(types.size, 1, `${node.name} (${node.op}) reads ${[...types].join(' and ')}`);
    if (node.op !== 'Transpose') assert.equal(typeOf(node.output), [...types][0], node.name);
  }
  for (const name of ['stem', 'branch2', 'joined', 'more/relu']) assert.equal(typeOf(name), 'float16', name);
  for (const name of ['pre/shift', 'head', 'head/sigmoid', 'post/depth', 'depth']) {
    assert.equal(typeOf(name), 'float32', name);
  }
});

test('a tensor is cast once, however many read it', () => {
  const casts = toHalf(exact).nodes.filter(({ op, name }) => op === 'Cast' && name !== 'pre/float');
  assert.deepEqual(
    casts.map(({ name }) => name),
    ['pre/shift/fp16', 'more/relu/fp32'],
  );
});

test('ONNX Runtime runs the mixed graph, and its weights are the fp32 ones rounded', async () => {
  const half = toHalf(exact);
  const difference = await measureDifference(exact, half, quantizableFrames(2, 20));
  assert.ok(difference.maxRelative < 0.01, JSON.stringify(difference));
  assert.ok(difference.maxRelative > 1e-6, 'fp16 weights leave a trace');
  const kernel = exact.constants.get('branch1/kernel')!;
  const converted = half.constants.get('branch1/kernel/fp16')!;
  assert.ok(kernel.type === 'float32' && converted.type === 'float16');
  assert.deepEqual([...converted.data], [...kernel.data].map(halfFromNumber));
});

test('the simulation rounds every tensor of the body to half precision', async () => {
  const simulated = simulateHalf(exact);
  const rounded = simulated.values.get('branch2/rounded')!;
  const plain = simulated.values.get('branch2')!;
  const probes = { ...simulated, outputs: [...simulated.outputs, rounded, plain] };
  const session = await openOnnx(encodeModel(probes, { producerVersion: '', metadata: {} }), 'simulated');
  const results = await session.runAll(quantizableFrames(1, 30)[0]!, exact.inputs[0]!.shape);
  await session.close();
  const [found, before] = [results.get('branch2/rounded')!, results.get('branch2')!];
  // Below 2^-14 half precision has fewer bits; the simulation keeps 11 there, and no depth hangs on it.
  const expected = before.map((value) => (Math.abs(value) < 2 ** -14 ? value : numberFromHalf(halfFromNumber(value))));
  const wrong = found.filter((value, index) => Math.abs(value - expected[index]!) > 2 ** -24);
  assert.equal(wrong.length, 0);
  assert.ok(
    found.some((value, index) => value !== before[index]),
    'something was rounded',
  );
});

test('a tensor that leaves the range on a real frame is named, with what it reached', async () => {
  const frames = quantizableFrames(2, 40);
  const reach = (await captureHistograms(exact, halfValuesOf(exact), frames)).get('stem')!;
  const loud = quantizableGraph(1, (2 * 65504) / Math.max(-reach.min, reach.max));
  await assert.rejects(reducePrecision(loud, { kind: 'fp16', calibration: { frames, source: 'test' } }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /expected every tensor of the network's body within ±65504, found stem(\/relu)? \(/);
    return true;
  });
  const weights = quantizableGraph(1, 1e7);
  assert.throws(() => toHalf(weights), { code: 'PRECISION_UNFIT', message: /constant stem\/kernel/ });
});

test('in the body operators of critical range stay float32, with a cast on either side', () => {
  const graph = new GraphBuilder('attention', ['y']);
  const window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  const weights = { shape: [2, 2, 1, 1], data: Float32Array.of(1, 2, 3, 4) };
  const first = conv(graph, 'first', graph.input('x', 'float32', [1, 2, 4, 4]), weights, undefined, window);
  const steep = unary(graph, 'exp', 'Exp', softmax(graph, 'attention', 'Softmax', first, 1));
  graph.output(
    conv(graph, 'last', conv(graph, 'inner', steep, weights, undefined, window), weights, undefined, window),
    'y',
  );
  const half = toHalf(graph.build());
  const typeOf = (name: string) => half.values.get(name)!.type;
  assert.deepEqual(['first', 'attention', 'exp', 'inner'].map(typeOf), ['float16', 'float32', 'float32', 'float16']);
  assert.deepEqual(
    half.nodes.filter(({ op }) => op === 'Cast').map(({ name }) => name),
    ['x/fp16', 'first/fp32', 'exp/fp16', 'inner/fp32'],
  );
});
