import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportOnnx } from '../../../src/export/export.js';
import { decodeGraph } from '../../../src/export/graph/proto.js';
import { reducePackage } from '../../../src/export/precision/reduce-package.js';
import { readModelPackage } from '../../../src/model-package/read.js';
import { modelPackageSchema } from '../../../src/model-package/schema.js';
import {
  type HandWrittenLayer,
  smallestStudent,
  writeHandWrittenCheckpoint,
} from '../../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const conv = { padding: 'same', data_format: 'channels_last', use_bias: true, activation: 'relu' };

/** The smallest student with one convolution between the first and the last: what int8 needs. */
const layers: readonly HandWrittenLayer[] = [
  ...smallestStudent.slice(0, 2),
  {
    name: 'middle',
    class: 'Conv2D',
    config: { ...conv, filters: 4, kernel_size: [3, 3], strides: [1, 1], dilation_rate: [1, 1] },
    from: ['stem'],
    weights: { kernel: [3, 3, 4, 4], bias: [4] },
  },
  { ...smallestStudent[2]!, from: ['middle'] },
];

const calibration = {
  frames: [3, 5].map((step) => Uint8Array.from({ length: 16 * 32 * 3 }, (_, index) => (index * step * 37) % 251)),
  source: 'frames/',
};
const basic = { parity: false, version: '0.1.0' } as const;

for (const kind of ['fp16', 'int8'] as const) {
  test(`${kind}: from a checkpoint and from an exported package comes the same graph`, async (context) => {
    const folder = await temporaryFolder(context);
    const checkpoint = await writeHandWrittenCheckpoint(folder, { layers });
    const precision = { kind, calibration };
    const around = { ...basic, flipTta: true, confidence: 'flip' };
    const exact = await exportOnnx(checkpoint, join(folder, 'fp32'), around);
    const direct = await exportOnnx(checkpoint, join(folder, 'direct'), { ...around, precision });
    const later = await reducePackage(exact.folder, join(folder, 'later'), precision, { command: 'again' });
    const [one, other] = [await readModelPackage(direct.folder), await readModelPackage(later.folder)];
    assert.deepEqual(one.package.golden, other.package.golden);
    assert.equal(one.package.precision, kind);
    assert.deepEqual([other.package.flipTta, other.package.confidence], [true, one.package.confidence]);
    assert.deepEqual(one.package.quantization, other.package.quantization);
    assert.match(other.package.provenance.command, /; again$/);
    assert.equal(one.package.provenance.parameters, exact.package.provenance.parameters);
    assert.ok(one.package.golden.tolerance > exact.package.golden.tolerance);
    assert.deepEqual(direct.difference, later.difference);
    assert.ok(direct.difference !== undefined && direct.difference.meanRelative < 0.02);
    await assert.rejects(reducePackage(later.folder, join(folder, 'third'), precision), { code: 'USAGE_INVALID' });
    await assert.rejects(reducePackage(exact.folder, exact.folder, precision), { code: 'USAGE_INVALID' });
  });
}

test('a written graph reads back as it was', async (context) => {
  const folder = await temporaryFolder(context);
  const { onnxPath } = await exportOnnx(await writeHandWrittenCheckpoint(folder), join(folder, 'package'), basic);
  const graph = decodeGraph(await readFile(onnxPath), onnxPath);
  assert.deepEqual(graph.inputs, [{ name: 'image', type: 'uint8', shape: [1, 16, 32, 3] }]);
  assert.deepEqual(graph.outputs, [{ name: 'depth', type: 'float32', shape: [1, 16, 32, 1] }]);
  assert.ok(graph.nodes.some(({ op, inputs }) => op === 'Conv' && inputs.every((name) => name !== '')));
  for (const { output } of graph.nodes) assert.ok(graph.values.has(output), output);
});

test('model.json says how int8 was made, and only int8 says it', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder, { layers });
  const options = {
    ...basic,
    precision: { kind: 'int8', calibration, method: 'minmax', activations: 'int8' },
  } as const;
  const { package: model } = await exportOnnx(checkpoint, join(folder, 'package'), options);
  assert.deepEqual(model.quantization, { activations: 'int8', calibration: 'minmax', frames: 2, data: 'frames/' });
  const { quantization, ...without } = model;
  assert.equal(modelPackageSchema.safeParse(without).success, false);
  assert.equal(modelPackageSchema.safeParse({ ...without, precision: 'fp16' }).success, true);
  assert.equal(modelPackageSchema.safeParse({ ...without, precision: 'fp16', quantization }).success, false);
});

test('a network without a body cannot be int8', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const options = { ...basic, precision: { kind: 'int8', calibration } } as const;
  await assert.rejects(exportOnnx(checkpoint, join(folder, 'package'), options), {
    code: 'EXPORT_UNSUPPORTED',
    message: /int8 needs a convolution between the first and the last one/,
  });
});
