import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CyclopsError } from '../../src/base/errors.js';

/**
 * A Python with pinned packages, in an environment of its own that is made once and kept in the user's cache beside what
 * set-up keeps: contenders of other ecosystems touch neither the system's Python nor this project.
 * @param requirements such as `opencv-python-headless==5.0.0.93`.
 * @returns the path of the interpreter.
 * @throws CyclopsError `MACHINE_LACKS` without Python 3 or where the packages cannot be had.
 */
export function pythonWith(name: string, requirements: readonly string[]): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'cyclops', 'peers', name);
  const python = join(folder, 'bin', 'python');
  const marker = join(folder, 'requirements.txt');
  const wanted = `${requirements.join('\n')}\n`;
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.stdout.write(`installing ${requirements.join(', ')} into ${folder}\n`);
  runOrFail('python3', ['-m', 'venv', folder]);
  runOrFail(python, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...requirements]);
  // Last, so that a broken install is done again.
  writeFileSync(marker, wanted);
  return python;
}

function runOrFail(program: string, args: readonly string[]): void {
  const run = spawnSync(program, args, { encoding: 'utf8' });
  if (run.status === 0) return;
  const reason = (run.stderr || String(run.error ?? '')).trim().split('\n').at(-1);
  throw new CyclopsError('MACHINE_LACKS', `${program} ${args.join(' ')}: ${reason}`);
}

/**
 * A Python with PyTorch and its ONNX exporter: 5 GB, for PyPI's wheel does not load without CUDA's libraries even where
 * there is no GPU.
 * @throws CyclopsError `MACHINE_LACKS`.
 */
export function pythonWithTorch(): string {
  return pythonWith('torch-onnx', ['torch==2.15.0', 'onnx==1.23.2', 'onnxscript==0.7.2']);
}
