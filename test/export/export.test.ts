import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, isCyclopsError } from '../../src/base/errors.js';
import { packageRoot } from '../../src/base/paths.js';
import { type ExportOptions, type ExportResult, exportOnnx } from '../../src/export/export.js';
import { layerConverters } from '../../src/export/layers/index.js';
import { openOnnx } from '../../src/export/verify/onnx-run.js';
import { goldenInput } from '../../src/model-package/golden.js';
import { readOnnxHeader } from '../../src/model-package/onnx-header.js';
import { readModelPackage } from '../../src/model-package/read.js';
import {
  type HandWrittenChanges,
  type HandWrittenLayer,
  smallestStudent,
  writeHandWrittenCheckpoint,
} from '../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const withoutParity: ExportOptions = { parity: false, version: '0.1.0' };

async function exportChanged(
  context: TestContext,
  changes: HandWrittenChanges,
  options: Partial<ExportOptions> = {},
): Promise<ExportResult> {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder, changes);
  return exportOnnx(checkpoint, join(folder, 'package'), { ...withoutParity, ...options });
}

async function assertRefused(run: () => Promise<unknown>, code: ErrorCode, sentence: RegExp): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(isCyclopsError(error, code), `expected ${code}, found ${String(error)}`);
    assert.match(error.message, sentence);
    return true;
  });
}

test('an export without tfjs gives a package that the runtime can open', async (context) => {
  const result = await exportChanged(context, {}, { name: 'smallest', command: 'cyclops export-onnx x -o y' });
  const loaded = await readModelPackage(result.folder);
  assert.deepEqual(loaded.package, result.package);
  const { input, output, camera, provenance, onnx } = loaded.package;
  assert.deepEqual(input, { name: 'image', layout: 'NHWC', type: 'uint8', height: 16, width: 32, channels: 'RGB' });
  assert.deepEqual(output, { name: 'depth', kind: 'depth-metres', height: 16, width: 32, minM: 0.5, maxM: 80 });
  assert.deepEqual(camera, { fxPx: 20, fyPx: 20, cxPx: 16, cyPx: 8, baselineM: 0.5 });
  assert.equal(onnx.opset, 17);
  assert.equal(provenance.parameters, 117);
  assert.equal(provenance.gmacs, (8 * 16 * 4 * 27 + 8 * 16 * 4) / 1e9);
  assert.match(provenance.checkpoint, /^sha256:[0-9a-f]{64}$/);
  assert.equal(provenance.step, 12);
  const header = readOnnxHeader(await readFile(result.onnxPath), result.onnxPath);
  assert.equal(header.irVersion, 8);
  assert.equal(header.producer, 'cyclops');
  assert.equal(header.metadata.has('cyclops'), true);
});

test('an output that ends in .onnx names both files', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  const result = await exportOnnx(checkpoint, join(folder, 'sub', 'street.onnx'), withoutParity);
  assert.equal(result.manifestPath, join(folder, 'sub', 'street.json'));
  const loaded = await readModelPackage(join(folder, 'sub', 'street.onnx'));
  assert.equal(loaded.package.onnx.file, 'street.onnx');
  const embedded = JSON.parse(readOnnxHeader(await readFile(loaded.onnxPath), '').metadata.get('cyclops') ?? '');
  assert.equal(embedded.onnx.file, 'street.onnx');
});

test('every byte order gives the same depth for the same image', async (context) => {
  const depths = [];
  for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
    const result = await exportChanged(context, {}, { channels });
    const session = await openOnnx(await readFile(result.onnxPath), channels);
    depths.push(await session.run(goldenInput(16, 32, channels), [1, 16, 32, channels === 'RGB' ? 3 : 4]));
    await session.close();
  }
  assert.ok(new Set(depths[0]).size > 100, 'the depths differ from pixel to pixel');
  assert.deepEqual(depths[1], depths[0]);
  assert.deepEqual(depths[2], depths[0]);
});

test('exporting twice gives the same bytes', async (context) => {
  const first = await exportChanged(context, {});
  const second = await exportChanged(context, {});
  assert.deepEqual(await readFile(first.onnxPath), await readFile(second.onnxPath));
});

test('heads beyond the first output are left out, even of a class that cannot be exported', async (context) => {
  const layers: HandWrittenLayer[] = [...smallestStudent, { name: 'extra', class: 'Lambda', from: ['stem'] }];
  const result = await exportChanged(context, { layers });
  assert.equal(result.summary.operators.Conv, 2);
});

test('a folder that is no checkpoint, a teacher, a damaged or missing file', async (context) => {
  const folder = await temporaryFolder(context);
  const run = (): Promise<unknown> => exportOnnx(folder, join(folder, 'package'), withoutParity);
  await assertRefused(run, 'CHECKPOINT_INVALID', /expected a checkpoint folder with run\.json, found none/);
  await assertRefused(
    () => exportChanged(context, { head: { inputs: 'stereo', network: 'dispnet-c' } }),
    'CHECKPOINT_INVALID',
    /run\.json inputs: expected a mono network, found stereo \(dispnet-c\)/,
  );
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  await truncate(join(checkpoint, 'network/weights.bin'), 400);
  await assertRefused(run, 'CHECKPOINT_INVALID', /weights\.bin: damaged: expected SHA-256/);
  await writeFile(join(checkpoint, 'run.json'), '{');
  await assertRefused(run, 'CHECKPOINT_INVALID', /run\.json: not JSON/);
});

const conv2d = (config: Record<string, unknown>, weights = smallestStudent[1]?.weights): readonly HandWrittenLayer[] =>
  smallestStudent.map((layer) =>
    layer.name === 'stem'
      ? { ...layer, config: { ...layer.config, ...config }, ...(weights === undefined ? {} : { weights }) }
      : layer,
  );

function nestedModels(): string {
  let layers: unknown[] = [];
  for (let depth = 0; depth < 20; depth++) layers = [{ name: 'm', class_name: 'Sequential', config: { layers } }];
  const modelTopology = { class_name: 'Sequential', config: { layers } };
  return JSON.stringify({ modelTopology, weightsManifest: [{ paths: [], weights: [] }] });
}

const broken: readonly [name: string, changes: HandWrittenChanges, code: ErrorCode, sentence: RegExp][] = [
  [
    'an unknown layer class',
    {
      layers: [...smallestStudent, { name: 'odd', class: 'GRUCell', from: ['head'], config: { units: 4 } }],
      output: 'odd',
    },
    'EXPORT_UNSUPPORTED',
    /layer "odd" of class GRUCell cannot be exported; its settings: \{"name":"odd","units":4\}; supported classes: InputLayer, Activation, .*ZeroPadding2D; models as layers/,
  ],
  [
    'a class name that is a property of every object',
    { layers: [...smallestStudent, { name: 'odd', class: 'constructor', from: ['head'] }], output: 'odd' },
    'EXPORT_UNSUPPORTED',
    /layer "odd" of class constructor cannot be exported/,
  ],
  [
    'an unknown activation',
    { layers: conv2d({ activation: 'maxout' }) },
    'EXPORT_UNSUPPORTED',
    /layer "stem" \(Conv2D\) activation: .*relu, .*, found "maxout"/,
  ],
  [
    'channels first',
    { layers: conv2d({ data_format: 'channels_first' }) },
    'EXPORT_UNSUPPORTED',
    /layer "stem" \(Conv2D\) data_format: .*found "channels_first"/,
  ],
  [
    'a stride of 0',
    { layers: conv2d({ strides: [0, 2] }) },
    'EXPORT_UNSUPPORTED',
    /layer "stem" \(Conv2D\) strides\.0: .*found 0/,
  ],
  [
    'weights that are not there',
    { layers: conv2d({}, { kernel: [3, 3, 3, 4] }) },
    'CHECKPOINT_INVALID',
    /layer "stem" \(Conv2D\) weight bias: expected 1 axes, found nothing/,
  ],
  [
    'weights for other channels',
    { layers: conv2d({}, { kernel: [3, 3, 5, 4], bias: [4] }) },
    'CHECKPOINT_INVALID',
    /layer "stem" \(Conv2D\): its weights are for 5 channels, its input has 3/,
  ],
  [
    'a bias of another length',
    { layers: conv2d({}, { kernel: [3, 3, 3, 4], bias: [5] }) },
    'CHECKPOINT_INVALID',
    /layer "stem" \(Conv2D\) weight bias: expected 4 values, found 5/,
  ],
  [
    'a kernel of another size than its settings',
    { layers: conv2d({ kernel_size: [5, 5] }) },
    'CHECKPOINT_INVALID',
    /layer "stem" \(Conv2D\) weight kernel: expected 5x5, found 3x3/,
  ],
  [
    'a layer that reads one that does not exist',
    { layers: smallestStudent.map((layer) => (layer.name === 'head' ? { ...layer, from: ['none'] } : layer)) },
    'CHECKPOINT_INVALID',
    /layer "none": it is read, but the network has no such layer/,
  ],
  [
    'a circle',
    { layers: smallestStudent.map((layer) => (layer.name === 'stem' ? { ...layer, from: ['head'] } : layer)) },
    'CHECKPOINT_INVALID',
    /layer "(stem|head)" \(Conv2D\): its inputs depend on its own output/,
  ],
  [
    'another input size than run.json',
    { head: { width: 64 } },
    'CHECKPOINT_INVALID',
    /layer "image" \(InputLayer\): expected an input of \[16, 64, 3\], found one of \[16, 32, 3\]/,
  ],
  [
    'another output stride than run.json',
    { head: { outputStride: 4 } },
    'CHECKPOINT_INVALID',
    /output [^:]*: expected 1 channel of 8x4 \(outputStride 4 in run\.json\), found 1 of 16x8/,
  ],
  [
    'an output of several channels',
    { output: 'stem' },
    'CHECKPOINT_INVALID',
    /output [^:]*: expected 1 channel of 16x8 .*found 4 of 16x8/,
  ],
  [
    'model.json that is not JSON',
    { modelJson: (text) => text.slice(0, -9) },
    'CHECKPOINT_INVALID',
    /model\.json: not JSON/,
  ],
  [
    'model.json of another kind',
    { modelJson: () => '{"format":"graph-model"}' },
    'EXPORT_UNSUPPORTED',
    /model\.json format: expected a layers model .*, found a graph model/,
  ],
  [
    'model.json without layers',
    { modelJson: () => '{"format":"layers-model"}' },
    'CHECKPOINT_INVALID',
    /model\.json modelTopology: expected object, found nothing/,
  ],
  [
    'models within models without end',
    { modelJson: nestedModels, weightsBin: () => new Uint8Array(0) },
    'CHECKPOINT_INVALID',
    /model\.json modelTopology\.config\.layers\.0.*: expected models nested at most 8 deep/,
  ],
  [
    'a transposed convolution with a setting that tfjs ignores',
    {
      layers: [
        ...smallestStudent,
        {
          name: 'up',
          class: 'Conv2DTranspose',
          from: ['stem'],
          config: { kernel_size: [3, 3], strides: [2, 2], padding: 'same', use_bias: false, output_padding: [1, 1] },
        },
      ],
      output: 'up',
    },
    'EXPORT_UNSUPPORTED',
    /layer "up" \(Conv2DTranspose\) output_padding: expected none, found \[1,1\]/,
  ],
  [
    'an image that grows beyond any memory',
    {
      layers: [
        ...smallestStudent,
        { name: 'big', class: 'UpSampling2D', from: ['stem'], config: { size: [1024, 1024] } },
        { name: 'bigger', class: 'UpSampling2D', from: ['big'], config: { size: [1024, 1024] } },
      ],
      output: 'bigger',
    },
    'EXPORT_UNSUPPORTED',
    /node "big" \(Resize\): expected a result of 1 to 268435456 values, found shape \[1, 4, 8192, 16384\]/,
  ],
  [
    'weights that are quantised',
    { modelJson: (text) => text.replace('[3,3,3,4],"dtype":"float32"', '[3,3,3,4],"dtype":"float16"') },
    'CHECKPOINT_INVALID',
    /weightsManifest\.0\.weights\.0\.dtype: expected "float32", found "float16"/,
  ],
  [
    'fewer weights than model.json says',
    { weightsBin: (bytes) => bytes.subarray(4) },
    'CHECKPOINT_INVALID',
    /its weights take 468 bytes, weights\.bin holds 464/,
  ],
  [
    'a weight that is not a number',
    { weightsBin: (bytes) => Uint8Array.from(bytes).fill(255, 8, 12) },
    'CHECKPOINT_INVALID',
    /stem\/kernel: expected finite weights, found NaN or Infinity/,
  ],
];

for (const [name, changes, code, sentence] of broken) {
  test(`refused: ${name}`, async (context) => {
    await assertRefused(() => exportChanged(context, changes), code, sentence);
  });
}

test('a depth range that is none is refused before anything is written', async (context) => {
  const folder = await temporaryFolder(context);
  const checkpoint = await writeHandWrittenCheckpoint(folder);
  await assertRefused(
    () => exportOnnx(checkpoint, join(folder, 'package'), { ...withoutParity, minM: 80, maxM: 80 }),
    'USAGE_INVALID',
    /expected 0 < minimum < maximum, found 80 to 80/,
  );
  await assert.rejects(stat(join(folder, 'package')), { code: 'ENOENT' });
});

test('the manual names every layer class that can be exported', async () => {
  const manual = await readFile(join(packageRoot(), 'docs/export-layers.md'), 'utf8');
  for (const name of Object.keys(layerConverters)) assert.match(manual, new RegExp(`\`${name}\``));
});
