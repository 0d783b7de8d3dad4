import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { type ErrorCode, isCyclopsError } from '../../src/base/errors.js';
import { Random } from '../../src/base/random.js';
import { GraphBuilder } from '../../src/export/graph/graph.js';
import { unary } from '../../src/export/graph/ops.js';
import { encodeModel } from '../../src/export/graph/proto.js';
import { readModelPackage } from '../../src/model-package/read.js';
import { writeModelPackage } from '../../src/model-package/write.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

let onnx: Uint8Array;
let manifest: string;

before(async () => {
  const folder = join(process.env.TMPDIR ?? '/tmp', `cyclops-test-package-${process.pid}`);
  const written = await writeTinyPackage(folder, { width: 64, height: 32, features: 4, layers: 1 });
  onnx = await readFile(written.onnxPath);
  manifest = await readFile(written.manifestPath, 'utf8');
  await rm(folder, { recursive: true });
});

async function packageFolder(context: TestContext, changes: Record<string, unknown> = {}): Promise<string> {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'model.onnx'), onnx);
  await writeFile(join(folder, 'model.json'), JSON.stringify({ ...JSON.parse(manifest), ...changes }));
  return folder;
}

async function assertRefused(path: string, code: ErrorCode, sentence: RegExp): Promise<void> {
  await assert.rejects(
    () => readModelPackage(path),
    (error) => {
      assert.ok(isCyclopsError(error, code), `expected ${code}, found ${String(error)}`);
      assert.match(error.message, sentence);
      return true;
    },
  );
}

test('a package is found by its folder, its model.json and its model.onnx', async (context) => {
  const folder = await packageFolder(context);
  for (const path of [folder, join(folder, 'model.json'), join(folder, 'model.onnx')]) {
    const loaded = await readModelPackage(path);
    assert.equal(loaded.onnxPath, join(folder, 'model.onnx'));
    assert.equal(loaded.folder, folder);
    assert.deepEqual(loaded.package, JSON.parse(manifest));
  }
});

test('an .onnx file alone is read by the copy inside it', async (context) => {
  const folder = await packageFolder(context);
  await rm(join(folder, 'model.json'));
  await rename(join(folder, 'model.onnx'), join(folder, 'street.onnx'));
  const loaded = await readModelPackage(join(folder, 'street.onnx'));
  const expected = JSON.parse(manifest);
  assert.deepEqual(loaded.package, { ...expected, onnx: { ...expected.onnx, file: 'street.onnx' } });
});

test('writing twice replaces both files', async (context) => {
  const folder = await temporaryFolder(context);
  const { sha256, ...graph } = JSON.parse(manifest).onnx;
  const embedded = { ...JSON.parse(manifest), onnx: graph };
  await writeModelPackage(folder, embedded, onnx);
  const again = await writeModelPackage(folder, { ...embedded, name: 'second' }, onnx);
  const loaded = await readModelPackage(folder);
  assert.equal(loaded.package.name, 'second');
  assert.equal(loaded.package.onnx.sha256, sha256);
  assert.deepEqual(again.package, loaded.package);
});

test('a write that fails is a typed error and leaves no temporary files', async (context) => {
  const folder = await packageFolder(context);
  const { sha256: _, ...graph } = JSON.parse(manifest).onnx;
  await rm(join(folder, 'model.json'));
  // A folder in the place of the file: the rename of the second file fails.
  await mkdir(join(folder, 'model.json', 'inside'), { recursive: true });
  await assert.rejects(() => writeModelPackage(folder, { ...JSON.parse(manifest), onnx: graph }, onnx), {
    code: 'WRITE_FAILED',
  });
  assert.deepEqual((await readdir(folder)).sort(), ['model.json', 'model.onnx']);
  const file = join(folder, 'model.onnx', 'inside');
  await assert.rejects(() => writeModelPackage(file, { ...JSON.parse(manifest), onnx: graph }, onnx), {
    code: 'WRITE_FAILED',
  });
  assert.deepEqual(new Uint8Array(await readFile(join(folder, 'model.onnx'))), new Uint8Array(onnx));
});

test('nothing, an empty folder, a missing graph', async (context) => {
  const folder = await packageFolder(context);
  await assertRefused(join(folder, 'none'), 'FILE_MISSING', /none: no such file or folder/);
  const empty = await temporaryFolder(context);
  await assertRefused(empty, 'FILE_MISSING', /not a model package: expected model\.json and model\.onnx/);
  await rm(join(folder, 'model.onnx'));
  await assertRefused(folder, 'FILE_MISSING', /model\.onnx: no such file, though .*model\.json names it/);
});

test('a changed, a truncated and an exchanged graph are told apart from the right one', async (context) => {
  const folder = await packageFolder(context);
  const path = join(folder, 'model.onnx');
  const changed = Uint8Array.from(onnx);
  // Somewhere inside the weights, where the file is still an ONNX model.
  changed[Math.floor(changed.length * 0.6)]! ^= 1;
  await writeFile(path, changed);
  await assertRefused(folder, 'MODEL_MISMATCH', /expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/);
  await writeFile(path, onnx);
  await truncate(path, onnx.length - 100);
  await assertRefused(folder, 'MODEL_INVALID', /model\.onnx: not an ONNX model, or a damaged one: /);
  await writeFile(path, '');
  await assertRefused(folder, 'MODEL_INVALID', /holds no graph/);
});

test('a model.json of another graph', async (context) => {
  const folder = await packageFolder(context);
  const other = await temporaryFolder(context);
  await writeTinyPackage(other, { width: 64, height: 32, features: 4, layers: 1, seed: 9 });
  await copyFile(join(other, 'model.json'), join(folder, 'model.json'));
  await assertRefused(folder, 'MODEL_MISMATCH', /not the file that .*model\.json was written for/);
});

test('a model.json that says something else than its graph', async (context) => {
  const { input, output, onnx: graph } = JSON.parse(manifest);
  const wider = { input: { ...input, width: 128 }, output: { ...output, width: 128 } };
  const sentence =
    /model\.json says input image uint8 \[1, 32, 128, 3\], output depth float32 \[1, 32, 128, 1\]; the graph has input image uint8 \[1, 32, 64, 3\], output depth float32 \[1, 32, 64, 1\]/;
  await assertRefused(await packageFolder(context, wider), 'MODEL_MISMATCH', sentence);
  const alpha = { input: { ...input, channels: 'RGBA' } };
  await assertRefused(await packageFolder(context, alpha), 'MODEL_MISMATCH', /\[1, 32, 64, 4\].*\[1, 32, 64, 3\]/);
  const renamed = { onnx: { ...graph, file: 'other.onnx' } };
  const folder = await packageFolder(context, renamed);
  await assertRefused(join(folder, 'model.onnx'), 'MODEL_MISMATCH', /for other\.onnx, found model\.onnx/);
});

test('the part of the input that a camera fills: inside from left to right, and some rows of it', async (context) => {
  const part = { x: 10, y: 0, width: 54, height: 32, networkWidth: 54, networkHeight: 32, depthScale: 1 };
  for (const view of [part, { ...part, y: -31 }, { ...part, y: 31 }]) {
    const loaded = await readModelPackage(join(await packageFolder(context, { view }), 'model.json'));
    assert.deepEqual(loaded.package.view, view);
  }
  for (const view of [
    { ...part, x: 11 },
    { ...part, width: 55 },
    { ...part, y: -32 },
    { ...part, y: 32 },
  ]) {
    const folder = await packageFolder(context, { view });
    await assertRefused(folder, 'MODEL_INVALID', /view: expected a part of the input, 64x32/);
  }
});

test('a foreign ONNX model is refused with what it takes and gives', async (context) => {
  const folder = await temporaryFolder(context);
  const graph = new GraphBuilder('foreign');
  graph.output(unary(graph, 'relu', 'Relu', graph.input('pixel_values', 'float32', [1, 3, 32, 64])), 'disparity');
  const path = join(folder, 'midas.onnx');
  await writeFile(path, encodeModel(graph.build(), { producerVersion: '1', metadata: { author: 'someone' } }));
  await assertRefused(
    path,
    'MODEL_INVALID',
    /midas\.onnx: a foreign ONNX model .*input pixel_values float32 \[1, 3, 32, 64\], output disparity float32 \[1, 3, 32, 64\]; cyclops needs a model\.json/,
  );
});

const badManifests: readonly [name: string, change: (value: Record<string, object>) => unknown, sentence: RegExp][] = [
  ['not JSON', () => '{"format": ', /model\.json: expected JSON: /],
  ['an array', () => [], /\(whole file\): expected object, found \[\]/],
  [
    'another format',
    (value) => ({ ...value, format: 'x' }),
    /model\.json:1 format: expected "cyclops-model", found "x"/,
  ],
  ['a later version', (value) => ({ ...value, formatVersion: 2 }), /formatVersion: expected 1, found 2/],
  ['an unknown key', (value) => ({ ...value, extra: 1 }), /unknown key "extra"/],
  [
    'a path as file',
    (value) => ({ ...value, onnx: { ...value.onnx, file: '../x.onnx' } }),
    /onnx\.file: expected a plain file name/,
  ],
  ['no camera', (value) => ({ ...value, camera: undefined }), /camera: expected object, found nothing/],
  [
    'a baseline of 0',
    (value) => ({ ...value, camera: { ...value.camera, baselineM: 0 } }),
    /camera\.baselineM: .*found 0/,
  ],
  [
    'an empty range',
    (value) => ({ ...value, output: { ...value.output, minM: 90 } }),
    /output\.minM: expected less than maxM, 80/,
  ],
  [
    'unequal sizes',
    (value) => ({ ...value, output: { ...value.output, width: 32 } }),
    /output\.width: expected the input's width, 64/,
  ],
  [
    'a probe outside',
    (value) => ({
      ...value,
      golden: { ...value.golden, probes: Array(8).fill({ index: 2048, depthM: 1 }) },
    }),
    /golden\.probes\.0\.index: expected less than 2048/,
  ],
  ['too much nesting', () => `${'['.repeat(200000)}${']'.repeat(200000)}`, /model\.json/],
];

for (const [name, change, sentence] of badManifests) {
  test(`model.json: ${name}`, async (context) => {
    const folder = await packageFolder(context);
    const changed = change(JSON.parse(manifest));
    await writeFile(join(folder, 'model.json'), typeof changed === 'string' ? changed : JSON.stringify(changed));
    await assertRefused(folder, 'MODEL_INVALID', sentence);
  });
}

test('a model.json of 2 MB is not even parsed', async (context) => {
  const folder = await packageFolder(context);
  await writeFile(join(folder, 'model.json'), ' '.repeat(2 * 1024 * 1024));
  await assertRefused(folder, 'FILE_TOO_LARGE', /expected at most 1048576 bytes/);
});

test('damage at random places gives a typed error or the package, never anything else', async (context) => {
  for (const seed of [1, 2, 3, 4]) {
    const random = Random.fromSeed(seed, 'fuzz');
    for (let round = 0; round < 40; round++) {
      const folder = await temporaryFolder(context);
      const graph = damaged(onnx, random);
      await writeFile(join(folder, 'model.onnx'), graph);
      if (random.chance(0.5)) await writeFile(join(folder, 'model.json'), damaged(Buffer.from(manifest), random));
      try {
        await readModelPackage(folder);
      } catch (error) {
        assert.ok(isCyclopsError(error), `seed ${seed} round ${round}: ${String(error)}`);
        assert.ok(error.message.length < 4000, `seed ${seed} round ${round}: ${error.message.length} characters`);
      }
    }
  }
});

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const kind = random.integer(4);
  if (kind === 0) return copy.subarray(0, random.integer(copy.length));
  if (kind === 1) return Uint8Array.from({ length: random.integer(300) }, () => random.integer(256));
  const count = kind === 2 ? 1 + random.integer(4) : 20;
  // The head and the tail hold the structure, the middle is weights.
  for (let i = 0; i < count; i++) {
    const place = random.chance(0.5) ? random.integer(200) : copy.length - 1 - random.integer(200);
    copy[place] = random.integer(256);
  }
  return copy;
}
