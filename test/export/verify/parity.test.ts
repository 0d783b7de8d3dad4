import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { exportOnnx } from '../../../src/export/export.js';
import { buildDepthGraph } from '../../../src/export/graph/depth-graph.js';
import { decodeGraph } from '../../../src/export/graph/proto.js';
import { reducePrecision } from '../../../src/export/precision/reduce.js';
import { studentNetwork } from '../../../src/export/read/depth-network.js';
import { assertParity, checkParity } from '../../../src/export/verify/parity.js';
import { parityLimit } from '../../../src/export/verify/reference.js';
import { goldenInput } from '../../../src/model-package/golden.js';
import { readModelPackage } from '../../../src/model-package/read.js';
import type { ChannelOrder } from '../../../src/model-package/schema.js';
import { optimizedOperators } from '../../support/optimized-operators.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';

interface NetworkCase {
  readonly network: 'mono-vgg' | 'mono-edge';
  readonly width: number;
  readonly channels: ChannelOrder;
  /** What the graph must be made of: no Transpose but the one at the input. */
  readonly operators: readonly string[];
}

const cases: readonly NetworkCase[] = [
  {
    network: 'mono-edge',
    width: 1,
    channels: 'RGBA',
    operators: [
      'Add',
      'Cast',
      'Clip',
      'Conv',
      'Div',
      'Gather',
      'Max',
      'Mul',
      'Relu',
      'Reshape',
      'Resize',
      'Sigmoid',
      'Transpose',
    ],
  },
  {
    network: 'mono-vgg',
    width: 0.125,
    channels: 'RGB',
    operators: [
      'Add',
      'Cast',
      'Clip',
      'Concat',
      'Conv',
      'ConvTranspose',
      'Div',
      'LeakyRelu',
      'Max',
      'MaxPool',
      'Relu',
      'Reshape',
      'Resize',
      'Transpose',
    ],
  },
];

async function writeUntrained(
  context: TestContext,
  { network, width }: Pick<NetworkCase, 'network' | 'width'>,
  seed: number,
  headGain = 1,
): Promise<string> {
  const { networks } = await import('../../../src/train/networks/index.js');
  const { writeCheckpoint } = await import('../../../src/train/checkpoint.js');
  const entry = networks[network];
  const [height, widthPx] = [64, 128];
  const model = entry.create({ width, height, widthPx, seed });
  // An untrained linear head gives disparities around 0, beyond the range: a bias moves them into it.
  const bias = network === 'mono-vgg' && headGain === 1 ? model.getLayer('disparity0').weights.at(-1) : undefined;
  bias?.write(bias.read().add(1.5));
  if (headGain !== 1)
    for (const weight of model.getLayer('disparity0').weights) weight.write(weight.read().mul(headGain));
  const checkpoint = join(await temporaryFolder(context), 'checkpoint');
  await writeCheckpoint(
    checkpoint,
    {
      format: 'cyclops-checkpoint',
      formatVersion: 1,
      role: 'student',
      method: 'guo-eccv18',
      network,
      widthMultiplier: width,
      parameters: model.countParams(),
      width: widthPx,
      height,
      seed,
      step: 0,
      camera: { width: widthPx, height, fxPx: 74, fyPx: 74, cxPx: 63.5, cyPx: 31.5, baselineM: 0.54, doffsPx: 0 },
      inputMean: entry.inputMean as [number, number, number],
      inputStd: entry.inputStd as [number, number, number],
      outputFactorPx: entry.outputFactorPx(widthPx),
      outputStride: entry.outputStride,
      config: {},
      data: 'none',
      dataFingerprint: 'none',
      metrics: {},
      versions: {},
      command: 'test',
      startedAt: '2026-01-01T00:00:00Z',
      savedAt: '2026-01-01T00:00:00Z',
      trainedSeconds: 0,
    },
    model,
  );
  model.dispose();
  return checkpoint;
}

for (const { network, width, channels, operators } of cases) {
  test(`${network} at width ${width}: parity, size, operators`, { skip: withoutTensorFlow }, async (context) => {
    const checkpoint = await writeUntrained(context, { network, width }, 3);
    const result = await exportOnnx(checkpoint, join(checkpoint, '../package'), { channels, version: '0.1.0' });
    const { parity, summary } = result;
    assert.ok(parity !== undefined && parity.maxRelativeDifference <= parityLimit, JSON.stringify(parity));
    assert.ok(parity.insideShare > 0.5, `only ${parity.insideShare} of the pixels inside the depth range`);
    assert.ok(parity.images >= 4);
    assert.deepEqual(Object.keys(summary.operators).sort(), operators);
    assert.equal(summary.operators.Transpose, 1);
    const overhead = result.onnxBytes / result.weightBytes - 1;
    assert.ok(overhead < 0.05, `the file is ${(100 * overhead).toFixed(1)} % larger than the weights`);
    const loaded = await readModelPackage(result.folder);
    assert.equal(loaded.package.provenance.network, network);
  });
}

for (const network of ['mono-edge', 'mono-vgg'] as const) {
  test(`${network}: int8 turns every convolution but the first and the last into integers`, {
    skip: withoutTensorFlow,
  }, async (context) => {
    const checkpoint = await writeUntrained(context, { network, width: 0.25 }, 3);
    const exported = await exportOnnx(checkpoint, join(checkpoint, '../package'), { parity: false, version: '0.1.0' });
    const exact = decodeGraph(await readFile(exported.onnxPath), exported.onnxPath);
    const { height, width } = exported.package.input;
    const calibration = { frames: [goldenInput(height, width, 'RGB')], source: 'golden image' };
    const { graph } = await reducePrecision(exact, { kind: 'int8', calibration });
    const count = await optimizedOperators(context, graph);
    const { Conv: convolutions = 0, ConvTranspose: transposed = 0 } = exported.summary.operators;
    assert.equal(count('QLinearConv'), convolutions - 2);
    // Pixels are repeated as integers; only the disparity is resized. Axes move at the ends of the integers alone.
    if (network === 'mono-edge') assert.deepEqual([count('Resize'), count('Transpose')], [1, 3]);
    // The head is one more of them here.
    assert.equal(count('ConvTranspose'), transposed + 1);
    assert.equal(count('Relu'), 0);
  });
}

test('parity with another network fails and says how far', { skip: withoutTensorFlow }, async (context) => {
  const edge = { network: 'mono-edge', width: 1 } as const;
  const first = await writeUntrained(context, edge, 3);
  const second = await writeUntrained(context, edge, 4);
  const exported = await exportOnnx(first, join(first, '../package'), { parity: false, version: '0.1.0' });
  const onnx = await readFile(exported.onnxPath);
  const network = await studentNetwork(second);
  const report = await checkParity(network, buildDepthGraph(network).around, onnx, exported.package, 0);
  assert.ok(report.maxRelativeDifference > 1e-3);
  assert.throws(
    () => assertParity(report, 'edge'),
    (error) =>
      isCyclopsError(error, 'PARITY_FAILED') &&
      /edge: ONNX Runtime and tfjs differ by \d\.\d+e[-+]\d+/.test(error.message),
  );
});

test('where parity fails nothing is written', { skip: withoutTensorFlow }, async (context) => {
  // Disparities of thousands of px around 0: where they pass through the depth range, rounding alone is above the limit.
  const checkpoint = await writeUntrained(context, { network: 'mono-vgg', width: 0.125 }, 3, 1e5);
  const output = join(checkpoint, '../package');
  await assert.rejects(() => exportOnnx(checkpoint, output, { version: '0.1.0' }), { code: 'PARITY_FAILED' });
  await assert.rejects(stat(output), { code: 'ENOENT' });
});
