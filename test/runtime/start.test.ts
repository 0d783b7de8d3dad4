import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';

test('a stream starts without loading what only images in files need', async () => {
  const program = `
    await import(${JSON.stringify(join(packageRoot(), 'dist/src/runtime/index.js'))});
    process.stdout.write(JSON.stringify(process.report.getReport().sharedObjects));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  const objects: readonly string[] = JSON.parse(stdout);
  assert.ok(objects.some((path) => /libc\.so/.test(path)));
  assert.deepEqual(
    objects.filter((path) => /vips|sharp|tensorflow|gstreamer/.test(path)),
    [],
  );
});
