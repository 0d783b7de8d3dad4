import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareGolden, goldenInput } from '../../../src/model-package/golden.js';
import { readModelPackage } from '../../../src/model-package/read.js';
import { openOrtNode } from '../../../src/runtime/engine/ort-node.js';
import { selfTest } from '../../../src/runtime/engine/self-test.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

const onCpu = { provider: 'cpu', threads: 1 };

test('infers in order, moves the picture there and back, and gives the golden depth', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  const engine = await openOrtNode(model, onCpu);
  t.after(() => engine.close());
  assert.equal(engine.info.version, '1.30.0');
  const golden = await selfTest(engine, model.package);
  assert.ok(golden.ok, JSON.stringify(golden));

  const first = Uint8Array.from(goldenInput(32, 64, 'RGB'));
  const second = new Uint8Array(first.length);
  const [a, b] = await Promise.all([engine.infer(first), engine.infer(second)]);
  assert.equal(first.length, 0, 'the buffer was moved, not copied');
  assert.deepEqual(a.input, Uint8Array.from(goldenInput(32, 64, 'RGB')));
  assert.ok(compareGolden(model.package, a.depthM).ok);
  assert.notDeepEqual(a.depthM, b.depthM);
  assert.ok(a.inferStart < a.inferEnd && a.inferEnd <= b.inferStart && b.inferStart < b.inferEnd);
  assert.equal((await engine.runBare(second.length === 0 ? new Uint8Array(64 * 32 * 3) : second, 3)).length, 3);
});

test('depth goes into the memory that is handed in for it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  const engine = await openOrtNode(model, onCpu);
  t.after(() => engine.close());
  const picture = () => Uint8Array.from(goldenInput(32, 64, 'RGB'));
  const fresh = await engine.infer(picture());
  const memory = new Float32Array(64 * 32).fill(-1);
  const { depthM } = await engine.infer(picture(), memory);
  assert.equal(memory.length, 0, 'the memory was moved');
  assert.deepEqual(depthM, fresh.depthM);
  await assert.rejects(engine.infer(picture(), new Float32Array(7)), { code: 'ENGINE_FAILED' });
});

test('every channel order gives the same depth for the same picture', async (t) => {
  const folder = await temporaryFolder(t);
  for (const channels of ['RGB', 'RGBA', 'BGRx'] as const) {
    const path = join(folder, channels);
    await writeTinyPackage(path, { width: 64, height: 32, channels });
    const model = await readModelPackage(path);
    const engine = await openOrtNode(model, onCpu);
    const golden = await selfTest(engine, model.package);
    await engine.close();
    assert.ok(golden.ok, channels);
  }
});

test('an execution provider that is not here is an error, not a run on the CPU', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  for (const provider of ['tensorrt', 'cuda', 'nonsense']) {
    await assert.rejects(openOrtNode(model, { provider, threads: 1 }), (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'MACHINE_LACKS');
      assert.match(error.message, new RegExp(`execution provider ${provider}`));
      return true;
    });
  }
});

test('a graph that disagrees with the package, or is none, is refused by the engine itself', async (t) => {
  const folder = await temporaryFolder(t);
  const { package: manifest } = await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  const taller = { ...manifest, input: { ...manifest.input, height: 64 } };
  await assert.rejects(openOrtNode({ ...model, package: taller }, onCpu), {
    code: 'MODEL_MISMATCH',
    message: /input image: the package says uint8 \[1, 64, 64, 3\], the graph has uint8 \[1, 32, 64, 3\]/,
  });
  const renamed = { ...manifest, output: { ...manifest.output, name: 'disparity' } };
  await assert.rejects(openOrtNode({ ...model, package: renamed }, onCpu), {
    code: 'MODEL_MISMATCH',
    message: /output disparity: .*nothing of that name/,
  });
  const bytes = await readFile(model.onnxPath);
  await writeFile(model.onnxPath, bytes.subarray(0, bytes.length >> 1));
  await assert.rejects(openOrtNode(model, onCpu), { code: 'MODEL_INVALID', message: /ONNX Runtime cannot open it/ });
});

test('closing waits for the inference that runs; afterwards every call is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 128, height: 64 });
  const engine = await openOrtNode(await readModelPackage(folder), onCpu);
  const running = engine.infer(new Uint8Array(128 * 64 * 3));
  await engine.close();
  assert.equal((await running).depthM.length, 128 * 64);
  await assert.rejects(engine.infer(new Uint8Array(128 * 64 * 3)), { code: 'ENGINE_FAILED' });
});

test('an inference that fails is an error of that call, and the next one works', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const engine = await openOrtNode(await readModelPackage(folder), onCpu);
  t.after(() => engine.close());
  await assert.rejects(engine.infer(new Uint8Array(5)), { code: 'ENGINE_FAILED' });
  assert.equal((await engine.infer(new Uint8Array(64 * 32 * 3))).depthM.length, 64 * 32);
});
