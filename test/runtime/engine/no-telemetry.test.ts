import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { readModelPackage } from '../../../src/model-package/read.js';
import { openOrtNode } from '../../../src/runtime/engine/ort-node/ort-node.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

test("an open session keeps none of ONNX Runtime's telemetry files open", async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder);
  const engine = await openOrtNode(await readModelPackage(folder), { provider: 'cpu', threads: 1 });
  t.after(() => engine.close());
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  assert.ok(open.length > 3);
  assert.deepEqual(
    open.filter((path) => /onnxruntime\.db|mat-debug/.test(path)),
    [],
  );
});
