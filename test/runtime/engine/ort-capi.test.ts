import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Provider } from '../../../src/runtime/engine/open-failure.js';
import { bundledLibraryPath, loadOrt } from '../../../src/runtime/engine/ort-capi/library.js';
import { openOrtCapi } from '../../../src/runtime/engine/ort-capi/ort-capi.js';
import { availableProviders } from '../../../src/runtime/engine/ort-capi/session.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testEngineContract } from './engine-contract.js';

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

test('what is not ONNX Runtime is refused with its path', async (t) => {
  const path = join(await temporaryFolder(t), 'libonnxruntime.so');
  assert.throws(() => loadOrt(path), { code: 'MACHINE_LACKS', message: /libonnxruntime\.so: cannot be loaded/ });
  await writeFile(path, 'text');
  assert.throws(() => loadOrt(path), { code: 'MACHINE_LACKS', message: /cannot be loaded as ONNX Runtime/ });
  assert.throws(() => loadOrt('libc.so.6'), { code: 'MACHINE_LACKS' });
});
