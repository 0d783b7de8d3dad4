import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readModelPackage } from '../../../../src/model-package/read.js';
import { bundledLibraryPath, loadOrt } from '../../../../src/runtime/engine/ort-capi/library.js';
import { openOrtCapi } from '../../../../src/runtime/engine/ort-capi/ort-capi.js';
import { availableProviders } from '../../../../src/runtime/engine/ort-capi/session.js';
import type { Provider } from '../../../../src/runtime/engine/providers/index.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { writeTinyPackage } from '../../../support/tiny-package.js';
import { testEngineContract } from '../engine-contract.js';

const libraryModule = new URL('../../../../src/runtime/engine/ort-capi/library.js', import.meta.url).href;

testEngineContract('ort-capi', (model, options) =>
  openOrtCapi(model, { provider: options.provider as Provider, threads: 1 }),
);

test('the library of onnxruntime-node is found, and tells version and providers through its table', () => {
  const library = loadOrt();
  assert.equal(library.path, bundledLibraryPath());
  assert.equal(library.version, '1.30.0');
  assert.ok(availableProviders(library).includes('CPUExecutionProvider'));
  assert.equal(loadOrt(bundledLibraryPath()), library, 'loaded once');
});

test('a failing call carries the words and the code of ONNX Runtime', () => {
  const library = loadOrt();
  const settings = library.create('CreateSessionOptions');
  // 3 = ORT_NO_SUCHFILE
  assert.throws(() => library.create('CreateSession', library.env, '/nowhere.onnx', settings), {
    code: 'ENGINE_FAILED',
    message: /ONNX Runtime CreateSession: .*nowhere\.onnx/,
    details: { ortCode: 3 },
  });
  library.release('ReleaseSessionOptions', settings);
});

test('the library stays loaded through garbage collections, also where nothing else has loaded it', async () => {
  // A process without onnxruntime-node, which would keep the same library loaded.
  const script = `
    const { loadOrt } = await import(${JSON.stringify(libraryModule)});
    const { availableProviders } = await import(${JSON.stringify(libraryModule.replace('library.js', 'session.js'))});
    const library = loadOrt();
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
      console.log(availableProviders(library).includes('CPUExecutionProvider'));
    }`;
  const args = ['--expose-gc', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout, 'true\n'.repeat(5));
});

test('arrays are read and filled where they lie, through garbage collections and beside each other', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const engine = await openOrtCapi(await readModelPackage(folder), { provider: 'cpu', threads: 3, concurrency: 3 });
  t.after(() => engine.close());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const image = (seed: number) => Uint8Array.from({ length: 64 * 32 * 3 }, (_, index) => (index * seed) % 251);
  const expected = [1, 2, 3, 5, 7].map((seed) => engine.infer(image(seed)).then(({ depthM }) => depthM));
  const depths = await Promise.all(expected);
  for (let round = 0; round < 20; round++) {
    const results = [1, 2, 3, 5, 7].map((seed) => engine.infer(image(seed)));
    collect();
    for (const [index, { depthM }] of (await Promise.all(results)).entries()) assert.deepEqual(depthM, depths[index]);
  }
});

test('what is not ONNX Runtime is refused with its path', async (t) => {
  const path = join(await temporaryFolder(t), 'libonnxruntime.so');
  assert.throws(() => loadOrt(path), { code: 'MACHINE_LACKS', message: /libonnxruntime\.so: cannot be loaded/ });
  await writeFile(path, 'text');
  assert.throws(() => loadOrt(path), { code: 'MACHINE_LACKS', message: /cannot be loaded as ONNX Runtime/ });
  assert.throws(() => loadOrt('libc.so.6'), { code: 'MACHINE_LACKS' });
});
