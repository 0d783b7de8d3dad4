import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/base/paths.js';

/** How a command of cyclops ended. */
export interface CommandResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command on its way: the process, to send it signals, and its end. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
}

/** The built program with this name, as a path for `node`. */
export function programPath(name: 'bin.js' | 'export-onnx.js' = 'bin.js'): string {
  return join(packageRoot(), 'dist', 'src', 'cli', name);
}

/**
 * Starts `cyclops` (or another built program) as a process of its own; `env` is added to this process's environment.
 * @param cwd the folder it runs in, this process's unless given.
 */
export function startCyclops(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  program = programPath(),
  cwd = process.cwd(),
): RunningCommand {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]): CommandResult => ({ code, signal, ...texts }));
  return { child, ended };
}

/** Runs `cyclops` as a process of its own and waits for its end. */
export function cyclops(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<CommandResult> {
  return startCyclops(args, env).ended;
}
