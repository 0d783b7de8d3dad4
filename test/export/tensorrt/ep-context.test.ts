import assert from 'node:assert/strict';
import { appendFile, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { summarizeGraph } from '../../../src/export/cost/summary.js';
import { exportOnnx } from '../../../src/export/export.js';
import { decodeOutline } from '../../../src/export/graph/proto.js';
import { packageEngine } from '../../../src/export/tensorrt/ep-context.js';
import { openOnnx } from '../../../src/export/verify/onnx-run.js';
import { readModelPackage } from '../../../src/model-package/read.js';
import { writeHandWrittenCheckpoint } from '../../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

test('an engine of trtexec becomes a package that ONNX Runtime recognises', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await writeTinyPackage(join(folder, 'source'), { width: 64, height: 32, channels: 'RGBA' });
  const enginePath = join(folder, 'built.engine');
  // Not an engine that TensorRT would run: what is packaged is not looked into, and here is no TensorRT.
  await writeFile(enginePath, new Uint8Array(5000).fill(7));
  const packed = await packageEngine(source.folder, enginePath, join(folder, 'packed'));
  const loaded = await readModelPackage(join(folder, 'packed'));
  assert.deepEqual(loaded.package, packed.package);
  assert.equal(loaded.package.engine?.file, 'model.engine');
  assert.equal(loaded.package.engine.builtFrom, source.package.onnx.sha256);
  assert.deepEqual(loaded.package.golden, source.package.golden);
  assert.deepEqual(await readFile(packed.enginePath), await readFile(enginePath));

  const bytes = await readFile(packed.onnxPath);
  const { nodes } = decodeOutline(bytes, packed.onnxPath);
  assert.deepEqual(nodes, [
    {
      name: 'engine',
      op: 'com.microsoft.EPContext',
      inputs: ['image'],
      outputs: ['depth'],
      attributes: {
        embed_mode: { kind: 'int', value: 0 },
        ep_cache_context: { kind: 'string', value: 'model.engine' },
        main_context: { kind: 'int', value: 1 },
        source: { kind: 'string', value: 'TensorrtExecutionProvider' },
      },
    },
  ]);
  assert.equal(summarizeGraph(decodeOutline(bytes, packed.onnxPath)).nodes, 1);
  // Without its model.json, by the copy inside.
  await rm(packed.manifestPath);
  assert.equal((await readModelPackage(packed.onnxPath)).package.engine?.file, 'model.engine');
  // ONNX Runtime knows the node, and knows that the CPU cannot run it.
  await assert.rejects(openOnnx(bytes, 'packed'), /EPContext/);

  await appendFile(packed.enginePath, 'x');
  await assert.rejects(readModelPackage(packed.folder), { code: 'MODEL_MISMATCH', message: /not the engine that/ });
  await rm(packed.enginePath);
  await assert.rejects(readModelPackage(packed.folder), {
    code: 'FILE_MISSING',
    message: /model\.engine: cannot be read/,
  });
});

test('an engine with a second output keeps it, and where the graph looks', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await exportOnnx(await writeHandWrittenCheckpoint(folder), join(folder, 'source'), {
    frame: { width: 64, height: 48 },
    flipTta: true,
    confidence: 'flip',
    parity: false,
    version: '0.1.0',
  });
  const enginePath = join(folder, 'built.engine');
  await writeFile(enginePath, new Uint8Array(5000).fill(7));
  const packed = await packageEngine(source.folder, enginePath, join(folder, 'packed'));
  const loaded = await readModelPackage(packed.folder);
  assert.deepEqual(loaded.package.view, source.package.view);
  const { nodes } = decodeOutline(await readFile(packed.onnxPath), packed.onnxPath);
  assert.deepEqual(nodes[0]?.outputs, ['depth', 'confidence']);
});

test('paths that leave the package, and files that are no engines, are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await writeTinyPackage(join(folder, 'source'), { width: 64, height: 32 });
  const enginePath = join(folder, 'built.engine');
  await writeFile(enginePath, new Uint8Array(5000));
  await assert.rejects(packageEngine(source.folder, enginePath, source.folder), {
    code: 'USAGE_INVALID',
    message: /is the graph that the engine was built from/,
  });
  await assert.rejects(packageEngine(source.folder, source.onnxPath, join(folder, 'a')), {
    code: 'MODEL_INVALID',
    message: /found an ONNX file/,
  });
  await writeFile(join(folder, 'empty'), '');
  await assert.rejects(packageEngine(source.folder, join(folder, 'empty'), join(folder, 'a')), {
    code: 'MODEL_INVALID',
    message: /found 0 bytes/,
  });
  const packed = await packageEngine(source.folder, enginePath, join(folder, 'packed'));
  await assert.rejects(packageEngine(packed.folder, enginePath, join(folder, 'again')), {
    code: 'USAGE_INVALID',
    message: /is a packaged engine already/,
  });
  const manifest = JSON.parse(await readFile(packed.manifestPath, 'utf8'));
  await copyFile(enginePath, join(folder, 'model.engine'));
  for (const file of ['../model.engine', '/tmp/model.engine', 'a/../../model.engine', '']) {
    await writeFile(packed.manifestPath, JSON.stringify({ ...manifest, engine: { ...manifest.engine, file } }));
    await assert.rejects(readModelPackage(packed.folder), {
      code: 'MODEL_INVALID',
      message: /engine\.file: expected a plain path/,
    });
  }
});
