#!/usr/bin/env node
// Executable as it lies in the repository, which nothing that a compiler writes is: npx runs it in a clone.
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/cli/bin.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('cyclops: not built yet; npm run setup builds it\n');
  process.exitCode = 5;
}
