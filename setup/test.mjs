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
/** TensorFlow uses all cores by itself and some hundred megabytes a process. */
const mostAtOnce = 8;

async function main(words) {
  const build = spawnSync(process.execPath, [compilerPath, '-b'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) return build.status ?? 1;

  const files = testFiles().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (files.length === 0) {
    process.stderr.write(`no test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path\n`);
    return 2;
  }
  return runFiles(files.map((file) => join(root, 'dist', 'test', file.replace(/\.ts$/, '.js'))));
}

/** Runs test files as `node --test` does, each in a process of its own. @returns the exit code. */
async function runFiles(files) {
  const runner = run({ files, concurrency: Math.min(availableParallelism(), mostAtOnce), timeout: fileTimeoutMs });
  const totals = [];
  let exitCode = 0;
  runner.on('test:fail', () => {
    exitCode = 1;
  });
  runner.on('test:diagnostic', ({ message, nesting }) => {
    if (nesting === 0 && /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(message)) {
      totals.push(message);
    }
  });
  for await (const text of runner.compose(new spec())) process.stdout.write(text);
  // After a failure the reporter repeats every failed test; the totals shall still be the last that is seen.
  if (exitCode !== 0) process.stdout.write(`\n${totals.map((line) => `\u2139 ${line}\n`).join('')}`);
  return exitCode;
}

/** By their sources, in test/: what a deleted test has left in dist/ is not run. */
function testFiles() {
  const paths = readdirSync(join(root, 'test'), { recursive: true });
  return paths.filter((path) => path.endsWith('.test.ts')).sort();
}

process.exitCode = await main(process.argv.slice(2));
