import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { benches } from '../../bench/run.js';

const runPath = fileURLToPath(new URL('../../bench/run.js', import.meta.url));

function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [runPath, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('without a name every benchmark is listed with its question', async () => {
  const { code, stdout } = await bench();
  assert.equal(code, 0);
  for (const name of Object.keys(benches)) {
    const line = stdout.split('\n').find((text) => text.startsWith(`${name} `));
    assert.match(line ?? '', /\?$/, `${name}: ${line}`);
  }
});

test('a misspelt name is refused with a suggestion', async () => {
  const { code, stdout, stderr } = await bench('steaming');
  assert.equal(code, 2);
  assert.match(stderr, /unknown benchmark "steaming"; did you mean "streaming"\?/);
  assert.equal(stdout, '');
});

test('names of the object prototype are not benchmarks', async () => {
  const { code, stderr } = await bench('constructor');
  assert.equal(code, 2);
  assert.match(stderr, /unknown benchmark "constructor"; known: streaming, /);
});
