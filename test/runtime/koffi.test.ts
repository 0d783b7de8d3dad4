import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';

test('where koffi has no binary, a stream says so in one line', async () => {
  const module = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const broken = module('export default 0; throw new Error("no native module")');
  const hook = module(`export const resolve = (name, context, next) =>
    name === 'koffi' ? { url: ${JSON.stringify(broken)}, shortCircuit: true } : next(name, context);`);
  const preload = module(`import { register } from 'node:module'; register(${JSON.stringify(hook)});`);
  const program = `${packageRoot()}/dist/src/cli/bin.js`;
  const arguments_ = ['--import', preload, program, 'run', 'models/edge-street', '--source', 'test', '--frames', '1'];
  await assert.rejects(promisify(execFile)(process.execPath, arguments_, { cwd: packageRoot() }), (error) => {
    const { stderr } = error as { stderr: string };
    assert.match(stderr, /^cyclops: koffi, .* cannot be loaded .*: no native module; .* \[MACHINE_LACKS\]\n$/);
    return true;
  });
});
