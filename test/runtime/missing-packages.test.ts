import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';

const module = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

/** What a stream says that starts after `preload`. */
async function failureOfStream(preload: string): Promise<string> {
  const program = `${packageRoot()}/dist/src/cli/bin.js`;
  const stream = ['run', 'models/edge-street', '--source', 'test', '--frames', '1'];
  const started = promisify(execFile)(process.execPath, ['--import', preload, program, ...stream], {
    cwd: packageRoot(),
  });
  return started.then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr,
  );
}

test('where koffi has no binary, a stream says so in one line', async () => {
  const said = await failureOfStream(
    module(`import { Module } from 'node:module';
      const find = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => {
        if (name === 'koffi') throw new Error('no native module');
        return find(name, ...rest);
      };`),
  );
  assert.match(said, /^cyclops: koffi, .* cannot be loaded .*: no native module; .* \[MACHINE_LACKS\]\n$/);
});

test('where onnxruntime-node is not installed, a stream says so in one line', async () => {
  const said = await failureOfStream(
    module(`import { Module } from 'node:module';
      const find = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => find(name === 'onnxruntime-node' ? 'not-installed' : name, ...rest);`),
  );
  assert.match(said, /^cyclops: onnxruntime-node, .*: Cannot find module 'not-installed'; .* \[MACHINE_LACKS\]\n$/);
});
