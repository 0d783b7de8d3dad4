import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, runLogged } from '../context.mjs';

export const compilerPath = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** TypeScript to dist/, incrementally. Types are not checked here: that is for `npm test`, and takes longer. */
export const buildStep = {
  name: 'build',
  does: 'compile TypeScript to dist/',
  wayOut: 'The messages above are of the TypeScript compiler; in a fresh clone they should not be there.',

  isDone() {
    const dryRun = spawnSync(process.execPath, [compilerPath, '-b', '--noCheck', '--dry'], {
      cwd: root,
      encoding: 'utf8',
    });
    const lines = (dryRun.stdout ?? '').split('\n').filter((line) => line.trim() !== '');
    return dryRun.status === 0 && lines.length > 0 && lines.every((line) => line.includes('is up to date'));
  },

  async run() {
    await runLogged(process.execPath, [compilerPath, '-b', '--noCheck'], buildStep.wayOut);
  },
};
