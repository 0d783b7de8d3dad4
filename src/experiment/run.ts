import { fork } from 'node:child_process';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CyclopsError, isCyclopsError, systemCodeOf } from '../base/errors.js';
import { isRunning } from '../base/files.js';
import { errorFromPlain } from '../data/loader-messages.js';
import type { FromStep, StepProgress, ToStep } from './messages.js';
import type { Plan, PlannedStep } from './plan.js';
import { readState, writeDone } from './state.js';

/** How an experiment is run, and who is told. */
export interface RunOptions {
  /** For the records: the command line behind it. */
  readonly command: string;
  /** Aborted: the step in progress saves and ends; running again goes on. */
  readonly signal: AbortSignal;
  /** Do this step, and all that build on it, anew; what they made is kept under another name. */
  readonly from?: string;
  /** The last step to do. */
  readonly until?: string;
  readonly onStep?: (step: PlannedStep, event: 'skipped' | 'begins' | 'goes on' | 'done' | 'stopped') => void;
  readonly onProgress?: (step: PlannedStep, progress: StepProgress) => void;
  readonly onMessage?: (step: PlannedStep, text: string) => void;
}

/**
 * Does all steps that are not done, in order, each in a process of its own with its own log. One run at a time.
 * @throws CyclopsError of the step that failed, naming step and log; `USAGE_INVALID` for an unknown step, and where
 * another process runs the same experiment.
 */
export async function runExperiment(plan: Plan, options: RunOptions): Promise<'finished' | 'stopped'> {
  const steps = stepsUntil(plan, options.until);
  await mkdir(plan.folder, { recursive: true });
  const unlock = await lock(plan.folder);
  try {
    if (options.from !== undefined) await setAside(plan, options.from);
    for (const step of steps) {
      const state = await readState(step);
      if (state.kind === 'done') {
        options.onStep?.(step, 'skipped');
        continue;
      }
      if (options.signal.aborted) return 'stopped';
      options.onStep?.(step, state.kind === 'started' ? 'goes on' : 'begins');
      const status = await runStep(step, options);
      options.onStep?.(step, status === 'finished' ? 'done' : 'stopped');
      if (status === 'stopped') return 'stopped';
    }
    return 'finished';
  } finally {
    await unlock();
  }
}

/** The log of a step. */
export function logPath(step: PlannedStep): string {
  return join(step.folder, 'log.txt');
}

function stepsUntil({ file, steps }: Plan, until: string | undefined): readonly PlannedStep[] {
  return until === undefined ? steps : steps.slice(0, indexOfStep(file, steps, until) + 1);
}

function indexOfStep(file: string, steps: readonly PlannedStep[], wanted: string): number {
  const index = steps.findIndex(({ name }) => name === wanted);
  if (index >= 0) return index;
  const names = steps.map(({ name }) => name).join(', ');
  throw new CyclopsError('USAGE_INVALID', `${file}: no step "${wanted}"; there are ${names}`);
}

async function setAside({ file, steps }: Plan, from: string): Promise<void> {
  const anew = new Set([steps[indexOfStep(file, steps, from)]!.name]);
  for (const { name, needs, folder } of steps) {
    if (needs.some((need) => anew.has(need))) anew.add(name);
    if (!anew.has(name)) continue;
    await rename(folder, `${folder}.${Date.now()}`).catch((error: unknown) => {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    });
  }
}

async function runStep(step: PlannedStep, options: RunOptions): Promise<'finished' | 'stopped'> {
  await mkdir(step.folder, { recursive: true });
  const log = await open(logPath(step), 'a');
  const beganAt = performance.now();
  const note = (text: string): Promise<void> => log.appendFile(`${new Date().toISOString()} ${text}\n`);
  try {
    await note(`${options.command}: ${step.kind} ${JSON.stringify(step.settings)}`);
    const status = await runInProcess(step, options, log);
    const seconds = (performance.now() - beganAt) / 1000;
    if (status === 'finished') await writeDone(step, seconds);
    await note(`${status} after ${seconds.toFixed(1)} s`);
    return status;
  } catch (error) {
    await note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (!isCyclopsError(error)) throw error;
    throw new CyclopsError(error.code, `step ${step.name}: ${error.message}; log: ${logPath(step)}`, { cause: error });
  } finally {
    await log.close();
  }
}

/** A line of progress goes into the log at most so often, ms. */
const logEveryMs = 30_000;

/** Runs a step in a child process. That one has its own process group, so that only we tell it of Ctrl-C. */
async function runInProcess(
  step: PlannedStep,
  { command, signal, onProgress, onMessage }: RunOptions,
  log: FileHandle,
): Promise<'finished' | 'stopped'> {
  const child = fork(new URL('./step-process.js', import.meta.url), {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    detached: true,
  });
  const tell = (message: ToStep): void => {
    if (child.connected) child.send(message);
  };
  const stop = (): void => tell({ kind: 'stop' });
  let outcome: Extract<FromStep, { kind: 'ended' | 'failed' }> | undefined;
  let loggedAt = 0;
  const note = (text: string): void => {
    log.appendFile(`${new Date().toISOString()} ${text}\n`).catch(() => undefined);
  };
  child.on('message', (message: FromStep) => {
    if (message.kind === 'progress') {
      onProgress?.(step, message.progress);
      const { done, total, unit, text = '' } = message.progress;
      if (performance.now() - loggedAt < logEveryMs) return;
      loggedAt = performance.now();
      note(`${done}/${total} ${unit} ${text}`.trimEnd());
    } else if (message.kind === 'message') {
      onMessage?.(step, message.text);
      note(message.text);
    } else {
      outcome = message;
    }
  });
  signal.addEventListener('abort', stop);
  // A second Ctrl-C ends us at once: the step then sees that we are gone, saves and ends.
  try {
    tell({ kind: 'start', step, command });
    if (signal.aborted) stop();
    const ended = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, by) => resolve(by ?? `code ${code}`));
    });
    if (outcome?.kind === 'ended') return outcome.status;
    if (outcome?.kind === 'failed') throw errorFromPlain(outcome.error);
    throw new CyclopsError('STEP_FAILED', `its process ended with ${ended} and said nothing`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Makes sure that no other process runs the experiment in this folder; the returned function lets go of it. */
async function lock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'running.pid');
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      const pid = Number(await readFile(path, 'utf8').catch(() => ''));
      if (attempt > 0 || isRunning(pid)) {
        throw new CyclopsError('USAGE_INVALID', `${folder}: process ${pid} runs this experiment already (${path})`);
      }
      await rm(path, { force: true });
    }
  }
}
