import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeGraph } from '../../../src/export/cost/summary.js';
import type { Graph } from '../../../src/export/graph/graph.js';
import { decodeOutline, encodeModel } from '../../../src/export/graph/proto.js';
import { captureHistograms } from '../../../src/export/precision/calibrate.js';
import { measureDifference } from '../../../src/export/precision/difference.js';
import {
  calibratedValuesOf,
  parametersFrom,
  planQuantization,
  quantize,
  quantizeWeights,
} from '../../../src/export/precision/quantize.js';
import { outlineReduced, rangesFrom, reducePrecision } from '../../../src/export/precision/reduce.js';
import { repeatPixels } from '../../../src/export/precision/repeat-pixels.js';
import { thinHead } from '../../../src/export/precision/thin-head.js';
import { optimizedOperators } from '../../support/optimized-operators.js';
import { quantizableFrames, quantizableGraph } from '../../support/quantizable-graph.js';

const exact = quantizableGraph();
const calibration = { frames: quantizableFrames(4, 100), source: 'test' };
const otherFrames = quantizableFrames(2, 900);

const bytesOf = (graph: Graph) => encodeModel(graph, { producerVersion: '', metadata: {} });

test('ONNX Runtime computes the body on integers: every convolution, sum, join and activation', async (context) => {
  const { graph } = await reducePrecision(exact, { kind: 'int8', calibration });
  const count = await optimizedOperators(context, graph);
  assert.equal(count('QLinearConv'), 5);
  assert.equal(count('QLinearAdd'), 1);
  assert.equal(count('QLinearConcat'), 1);
  assert.equal(count('QLinearLeakyRelu'), 1);
  assert.equal(count('MaxPool'), 1);
  assert.equal(count('Relu'), 0, 'ReLUs vanish into the integers of what is before them');
  // Floats are left at the ends (stem, head) and around the transposed convolution, which has no integer kernel.
  assert.equal(count('nchwc.Conv') + count('Conv') + count('FusedConv'), 1);
  assert.equal(count('ConvTranspose'), 2);
  assert.equal(count('QuantizeLinear'), 2);
  assert.equal(count('DequantizeLinear'), 2);
});

for (const method of ['minmax', 'percentile', 'entropy'] as const) {
  test(`int8 calibrated by ${method} stays near fp32 on frames it has not seen`, async () => {
    const { graph, facts } = await reducePrecision(exact, { kind: 'int8', calibration, method });
    assert.deepEqual(facts.quantization, { activations: 'uint8', calibration: method, frames: 4, data: 'test' });
    const { meanRelative } = await measureDifference(exact, graph, otherFrames);
    assert.ok(meanRelative > 1e-5 && meanRelative < 0.02, String(meanRelative));
  });
}

test('for TensorRT: signed integers with zero point 0 everywhere, float biases, nothing left out', async () => {
  const { graph } = await reducePrecision(exact, { kind: 'int8', calibration, activations: 'int8' });
  const zeroPoints = graph.nodes
    .filter(({ op }) => op === 'QuantizeLinear' || op === 'DequantizeLinear')
    .map(({ inputs }) => graph.constants.get(inputs[2]!)!);
  assert.ok(zeroPoints.length > 20);
  for (const constant of zeroPoints) {
    assert.equal(constant.type, 'int8');
    assert.ok(constant.data.every((value) => value === 0));
  }
  assert.ok([...graph.constants.values()].every(({ type }) => type !== 'int32' && type !== 'uint8'));
  assert.equal(graph.nodes.filter(({ op }) => op === 'ConvTranspose').length, 1, 'the head is a Conv');
  const { meanRelative } = await measureDifference(exact, graph, otherFrames);
  assert.ok(meanRelative < 0.02, String(meanRelative));
});

test('first and last convolution stay in float; what only moves numbers keeps their scale', async () => {
  const plan = planQuantization(exact);
  const names = new Set([...plan.integerNodes].map(({ name }) => name));
  for (const name of ['stem', 'head', 'head/sigmoid', 'up', 'up/leaky', 'pre/scale']) assert.ok(!names.has(name), name);
  assert.equal(plan.values.get('pool'), 'sum/relu');
  assert.equal(plan.values.get('repeat'), 'deep/leaky');
  assert.ok(!plan.values.has('sum'), 'a sum before its ReLU is never stored');
  assert.throws(() => planQuantization({ ...exact, nodes: exact.nodes.filter(({ op }) => op !== 'Conv') }), {
    code: 'EXPORT_UNSUPPORTED',
  });
});

test('the written graph counts as many parameters and multiplications as the fp32 one', async () => {
  const { graph } = await reducePrecision(exact, { kind: 'int8', calibration, activations: 'int8' });
  const [before, after] = [exact, graph].map((one) => summarizeGraph(decodeOutline(bytesOf(one), 'test')));
  assert.equal(after!.parameters, before!.parameters);
  assert.equal(after!.macs, before!.macs);
  assert.equal(after!.unknownNodes, 0);
});

test('weights: one scale a channel, symmetric, within half a step; biases within int32', () => {
  const data = Float32Array.of(0.5, -1, 0.25, 1e-12, 0, 1e-12, 0, 0, 0);
  const { weights, scales, bias } = quantizeWeights(
    { type: 'float32', shape: [3, 3], data },
    Float32Array.of(0.1, 5, -3),
    0.02,
  );
  assert.deepEqual([...weights.subarray(0, 3)], [64, -127, 32]);
  for (let index = 0; index < data.length; index++) {
    const scale = scales[Math.floor(index / 3)]!;
    assert.ok(Math.abs(weights[index]! * scale - data[index]!) <= scale / 2 + 1e-9);
  }
  const expected = [0.1, 5, -3];
  for (const [channel, sum] of bias.entries()) {
    const step = 0.02 * scales[channel]!;
    assert.ok(Math.abs(sum * step - expected[channel]!) <= Math.max(step, 1e-6), `channel ${channel}`);
  }
});

test('integers span the range and hold 0 exactly', () => {
  assert.deepEqual(parametersFrom({ min: 0, max: 51 }, 'uint8'), { scale: Math.fround(0.2), zeroPoint: 0 });
  assert.deepEqual(parametersFrom({ min: 3, max: 51 }, 'uint8'), { scale: Math.fround(0.2), zeroPoint: 0 });
  assert.equal(parametersFrom({ min: -1, max: 3 }, 'uint8').zeroPoint, 64);
  assert.deepEqual(parametersFrom({ min: -4, max: -1 }, 'uint8').zeroPoint, 255);
  assert.deepEqual(parametersFrom({ min: -1, max: 2.54 }, 'int8'), { scale: 0.02, zeroPoint: 0 });
  assert.deepEqual(parametersFrom({ min: 0, max: 0 }, 'uint8'), { scale: 1, zeroPoint: 0 });
});

test('the head as a transposed convolution computes the same', async () => {
  const thin = thinHead(exact);
  assert.equal(thin.nodes.find(({ name }) => name === 'head')?.op, 'ConvTranspose');
  const { maxRelative } = await measureDifference(exact, thin, otherFrames);
  assert.ok(maxRelative < 1e-5, String(maxRelative));
});

test('pixels repeated as copied integers are the same integers, and no Resize of them is left', async (context) => {
  const plan = planQuantization(exact);
  const histograms = await captureHistograms(exact, calibratedValuesOf(exact, plan), calibration.frames);
  const resized = quantize(exact, plan, rangesFrom(histograms, 'minmax'), 'uint8');
  const repeated = repeatPixels(resized);
  assert.equal((await measureDifference(resized, repeated, otherFrames)).maxRelative, 0);
  const [before, after] = [await optimizedOperators(context, resized), await optimizedOperators(context, repeated)];
  assert.deepEqual([before('Resize'), before('Expand')], [2, 0]);
  assert.deepEqual([after('Resize'), after('Expand')], [1, 1], 'that of the disparity stays');
  assert.equal(after('DequantizeLinear'), before('DequantizeLinear'), 'nothing is computed that nobody reads');
});

test('without frames, the outline has the nodes and sizes of what is written with them', async () => {
  for (const activations of ['uint8', 'int8'] as const) {
    const { graph } = await reducePrecision(exact, { kind: 'int8', calibration, activations });
    const outline = outlineReduced(exact, { kind: 'int8', activations });
    assert.deepEqual(outline.nodes.map(shapeOfNode), graph.nodes.map(shapeOfNode));
    assert.equal(bytesOf(outline).length, bytesOf(graph).length);
  }
});

const shapeOfNode = ({ op, inputs, output }: Graph['nodes'][number]) => ({ op, inputs, output });
