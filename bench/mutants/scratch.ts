import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/base/paths.js';

/** A copy of the working tree that may be broken at will. */
export interface ScratchTree {
  readonly root: string;
  /** For the temporary files of the tests, so that those of a killed test go too. */
  readonly temporary: string;
  /** Deletes it; so does the end of the process, also by Ctrl-C. */
  remove(): void;
}

/** Copies what git does not ignore, and `dist`; packages and sample data are linked. The working tree is only read. */
export function copyTree(): ScratchTree {
  const from = packageRoot();
  const folder = mkdtempSync(join(tmpdir(), 'cyclops-mutants-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

  const root = join(folder, 'tree');
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: from });
  const files = listed
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(from, file)));
  for (const file of [...files, 'dist']) {
    cpSync(join(from, file), join(root, file), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
  symlinkSync(join(from, 'node_modules'), join(root, 'node_modules'));
  const shared = join(dirname(from), 'shared');
  if (existsSync(shared)) symlinkSync(shared, join(folder, 'shared'));
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  return { root, temporary, remove };
}
