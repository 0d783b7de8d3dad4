// The second half of `npm test`, after set-up and Biome: type-checks everything, then runs the test files.
//
//   npm test                     all of them
//   npm test -- geometry data    those whose path holds one of these words
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { root } from './context.mjs';
import { compilerPath } from './steps/build.mjs';

/** The suite uses real TensorFlow and real video: no file comes near this, a hanging one is ended by it. */
const fileTimeoutMs = 300_000;

function main(words) {
  const build = spawnSync(process.execPath, [compilerPath, '-b'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) return build.status ?? 1;

  const files = testFiles().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (files.length === 0) {
    process.stderr.write(`no test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path\n`);
    return 2;
  }
  const runner = run({ files, concurrency: availableParallelism(), timeout: fileTimeoutMs });
  runner.on('test:fail', () => {
    process.exitCode = 1;
  });
  runner.compose(new spec()).pipe(process.stdout);
  return 0;
}

/** Compiled files, listed by their sources: what a deleted test has left in dist/ is not run. */
function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('dist', 'test', path.replace(/\.ts$/, '.js')))
    .sort();
}

const exitCode = main(process.argv.slice(2));
if (exitCode !== 0) process.exitCode = exitCode;
