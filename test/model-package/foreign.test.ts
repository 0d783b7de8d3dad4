import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { packageRoot } from '../../src/base/paths.js';
import { openOnnx } from '../../src/export/verify/onnx-run.js';
import { adaptGraph } from '../../src/model-package/adapt-graph.js';
import { type ForeignModel, foreignModelSchema } from '../../src/model-package/foreign.js';
import { compareGolden } from '../../src/model-package/golden.js';
import { readOnnxHeader } from '../../src/model-package/onnx-header.js';
import {
  field,
  floats,
  int,
  ints,
  join as joinBytes,
  node,
  number,
  utf8,
} from '../../src/model-package/onnx-writer.js';
import { readModelPackage } from '../../src/model-package/read.js';
import { type ForeignGraph, foreignOnnx, writeForeignModel } from '../support/foreign-graph.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const oldCache = process.env.XDG_CACHE_HOME;
let cache = '';

before(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cyclops-cache-'));
  process.env.XDG_CACHE_HOME = cache;
});
after(async () => {
  if (oldCache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = oldCache;
  await rm(cache, { recursive: true, force: true });
});

const [width, height] = [16, 16];
const description = { input: { width, height }, output: { kind: 'relative-inverse-depth' } };
const mean: ForeignGraph = {
  opset: 13,
  input: { name: 'pixels', shape: [1, 3, height, width] },
  outputs: [{ name: 'grey', shape: [1, 1, height, width] }],
  nodes: [node('ReduceMean', ['pixels'], 'grey', [ints('axes', [1]), int('keepdims', 1)])],
  weights: [],
};

function modelOf(given: object): ForeignModel {
  return foreignModelSchema.parse({ format: 'cyclops-foreign-model', formatVersion: 1, name: 'x', ...given });
}

async function adapted(graph: ForeignGraph, given: object, image: Uint8Array): Promise<Float32Array> {
  const bytes = foreignOnnx(graph);
  const merged = adaptGraph(bytes, readOnnxHeader(bytes, 'x'), modelOf(given), 'RGB', 'x');
  const session = await openOnnx(merged, 'merged', { threads: 1 });
  return session.run(image, [1, height, width, 3]).finally(() => session.close());
}

const ramp = Uint8Array.from({ length: width * height * 3 }, (_, byte) => byte % 251);
const greyOf = (pixel: number) => [0, 1, 2].reduce((sum, c) => sum + ramp[pixel * 3 + c]! / 255, 0) / 3;

test('a range of its own makes relative inverse depth steady from image to image, and clips what lies outside', async () => {
  const output = { kind: 'relative-inverse-depth', range: [0.25, 0.75] };
  const found = await adapted(mean, { ...description, output }, ramp);
  for (const [pixel, value] of found.entries()) {
    const expected = Math.min(1, Math.max(0, (greyOf(pixel) - 0.25) / 0.5));
    assert.ok(Math.abs(value - expected) < 1e-6, `${pixel}: ${value}, ${expected}`);
  }
});

test('an image of one depth has no relative inverse depth, but no division by zero either', async () => {
  const found = await adapted(mean, description, new Uint8Array(ramp.length).fill(77));
  assert.ok(found.every((value) => value === 0));
});

test('half precision at both ends is cast there', async () => {
  const half: ForeignGraph = {
    ...mean,
    input: { ...mean.input, type: 'float16' },
    outputs: [{ ...mean.outputs[0]!, type: 'float16' }],
  };
  const output = { kind: 'depth', scale: 10, minM: 0.1, maxM: 20 };
  const found = await adapted(half, { ...description, output, camera: { fxPx: 10 } }, ramp);
  for (const [pixel, value] of found.entries()) {
    assert.ok(Math.abs(value - Math.max(0.1, 10 * greyOf(pixel))) < 0.02, `${pixel}: ${value}`);
  }
});

test('negative inverse depth is far, not negative', async () => {
  const output = { kind: 'inverse-depth', scale: 1, shift: -10, maxM: 80 };
  const found = await adapted(mean, { ...description, output, camera: { fxPx: 10 } }, ramp);
  assert.ok(found.every((value) => value === 80));
});

const refused: readonly (readonly [what: string, graph: Partial<ForeignGraph>, given: object, words: RegExp])[] = [
  ['an old opset', { opset: 9 }, {}, /expected opset 11 or later, found 9/],
  [
    'another size',
    { input: { name: 'pixels', shape: [1, 3, 32, 16] } },
    {},
    /the graph has pixels float32 \[1, 3, 32, 16\]/,
  ],
  [
    'large integers as input',
    { input: { ...mean.input, type: 'int64' } },
    {},
    /says one input .* the graph has pixels int64/,
  ],
  ['another name', {}, { input: { width, height, name: 'image' } }, /one input image of float32/],
  [
    'several outputs and no name',
    { outputs: [mean.outputs[0]!, { name: 'other', shape: [1, 2] }] },
    {},
    /the graph has grey .*, other .*; name one as output\.name/,
  ],
  ['no map', { outputs: [{ name: 'grey', shape: [1, 8, height, width] }] }, {}, /one value a pixel/],
  [
    'weights elsewhere',
    { weights: [joinBytes([field(8, utf8('far away')), number(14, 1)])] },
    {},
    /expected all weights inside, found some in another file/,
  ],
];

for (const [what, graph, given, words] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(adapted({ ...mean, ...graph }, { ...description, ...given }, ramp), words);
  });
}

const badDescriptions: readonly (readonly [given: object, words: RegExp])[] = [
  [{ output: { kind: 'depth' } }, /camera: expected the camera that the metres are right for/],
  [{ camera: { fxPx: 10 } }, /camera: expected none: relative depth belongs to no camera/],
  [{ output: { kind: 'relative-inverse-depth', range: [1, 0] } }, /range: expected the smaller value first/],
  [{ output: { kind: 'inverse-depth', scale: 0 }, camera: { fxPx: 10 } }, /scale: expected another than 0/],
  [
    { output: { kind: 'disparity-sigmoid', nearM: 9, farM: 8 }, camera: { fxPx: 10 } },
    /nearM: expected less than farM/,
  ],
  [{ input: { width, height, std: [1, 0, 1] } }, /std: expected numbers above 0/],
  [{ inputs: {} }, /inputs/],
];

test('a description that cannot be meant so is refused with file and field', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [given, words] of badDescriptions) {
    await writeForeignModel(folder, foreignOnnx(mean), { ...description, ...given });
    await assert.rejects(readModelPackage(folder), (error) => {
      assert.ok(isCyclopsError(error, 'MODEL_INVALID'));
      assert.match(error.message, words);
      assert.match(error.message, /model\.json/);
      return true;
    });
  }
});

test('the adapted copy is kept, made again when the model changes, and replaced where it was damaged', async (t) => {
  const folder = await temporaryFolder(t);
  const model = join(folder, 'model');
  await writeForeignModel(
    model,
    foreignOnnx({ ...mean, weights: [floats('unused', [3, 5], new Float32Array(15))] }),
    description,
  );
  const first = await readModelPackage(model);
  assert.ok(first.onnxPath.startsWith(cache));
  assert.equal(first.package.provenance.parameters, 15);
  assert.equal(first.package.output.kind, 'relative-inverse-depth');
  await writeFile(first.onnxPath, 'damaged');
  const second = await readModelPackage(join(model, 'model.onnx'));
  assert.deepEqual(second.package, first.package);
  const opened = await openOnnx(await readFile(second.onnxPath), 'kept');
  await opened.close();
  await writeForeignModel(model, foreignOnnx(mean), { ...description, input: { width, height, white: 255 } });
  const third = await readModelPackage(model);
  assert.equal(third.onnxPath, first.onnxPath);
  assert.notEqual(third.package.onnx.sha256, first.package.onnx.sha256);
});

test('without a golden depth, a self-test still finds what cannot be depth', async (t) => {
  const folder = await temporaryFolder(t);
  await writeForeignModel(folder, foreignOnnx(mean), description);
  const { package: facts } = await readModelPackage(folder);
  const depth = Float32Array.from({ length: width * height }, (_, pixel) => pixel / 300);
  assert.equal(compareGolden(facts, depth).ok, true);
  assert.equal(compareGolden(facts, depth.fill(3)).ok, false);
  depth[7] = Number.NaN;
  assert.equal(compareGolden(facts, depth).ok, false);
});

test('every model.json in the documents is one', async () => {
  const text = await readFile(join(packageRoot(), 'docs', 'foreign-models.md'), 'utf8');
  const blocks = [...text.matchAll(/```json\n(\{[^`]*)```/g)].map((match) => match[1]!);
  assert.equal(blocks.length, 3);
  for (const block of blocks) assert.doesNotThrow(() => foreignModelSchema.parse(JSON.parse(block)), block);
});
