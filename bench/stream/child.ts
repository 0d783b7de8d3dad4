import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CyclopsError } from '../../src/base/errors.js';
import { treeUsage } from '../../src/latency-bench/process-usage.js';
import { memoryOf } from './memory.js';

/** What a program printed and took, with everything that it started. */
export interface ProgramRun {
  readonly stdout: string;
  /** Processor seconds from its start to its end. */
  readonly cpuS: number;
  /** Largest sum of resident memory seen, pages that several of its processes share counted once for each. */
  readonly peakRssBytes: number;
  /** Largest memory seen, see `memoryOf`. */
  readonly peakMemoryBytes: number;
}

const samplePeriodMs = 200;
/** Looking at every mapping takes some ms. */
const memoryPeriodMs = 500;

/**
 * Runs a program to its end and watches it from outside.
 * @throws CyclopsError `MACHINE_LACKS` with its last words where it fails.
 */
export async function runProgram(program: string, args: readonly string[], input = ''): Promise<ProgramRun> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  const usage = watch(child);
  child.stdin.end(input);
  const [code] = (await once(child, 'close').finally(usage.stop)) as [number | null];
  if (code === 0) return { stdout, ...usage.seen };
  const words = stderr.trim().split('\n').at(-1);
  throw new CyclopsError('MACHINE_LACKS', `${program} ${args.join(' ')}: ended with ${code}: ${words}`);
}

function watch(child: ChildProcess): { readonly seen: Omit<ProgramRun, 'stdout'>; stop(): void } {
  const seen = { cpuS: 0, peakRssBytes: 0, peakMemoryBytes: 0 };
  const timer = setInterval(() => {
    const { cpuS, rssBytes } = treeUsage(child.pid);
    seen.cpuS = Math.max(seen.cpuS, cpuS);
    seen.peakRssBytes = Math.max(seen.peakRssBytes, rssBytes);
  }, samplePeriodMs);
  const memoryTimer = setInterval(() => {
    seen.peakMemoryBytes = Math.max(seen.peakMemoryBytes, memoryOf(child.pid!));
  }, memoryPeriodMs);
  const stop = () => {
    clearInterval(timer);
    clearInterval(memoryTimer);
  };
  return { seen, stop };
}
