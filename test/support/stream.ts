import { readdir, readFile } from 'node:fs/promises';
import { pino } from 'pino';
import {
  type DepthFrame,
  type Output,
  type RunningStream,
  type StreamConfigInput,
  type StreamInfo,
  startStream,
  streamConfigSchema,
} from '../../src/runtime/index.js';

/** A log that says nothing. */
export const quietLog = pino({ level: 'silent' });

/** An output that keeps what it was given, optionally waiting for `gate` before each frame is done. */
export class KeepingOutput implements Output {
  readonly name = 'keeping';
  readonly frames: DepthFrame[] = [];
  info: StreamInfo | undefined;
  starts = 0;
  stops = 0;
  readonly #gate: ((frame: DepthFrame) => Promise<void>) | undefined;

  constructor(gate?: (frame: DepthFrame) => Promise<void>) {
    this.#gate = gate;
  }

  async start(info: StreamInfo): Promise<void> {
    this.info = info;
    this.starts++;
  }

  async publish(frame: DepthFrame): Promise<void> {
    this.frames.push(frame);
    await this.#gate?.(frame);
  }

  async stop(): Promise<void> {
    this.stops++;
  }
}

/** Starts a stream with defaults filled in and a silent log. */
export async function stream(config: StreamConfigInput, ...outputs: Output[]): Promise<RunningStream> {
  return startStream(streamConfigSchema.parse(config), outputs, quietLog);
}

/** Process ids of this process's (or another's) living children. */
export async function childrenOf(pid: number = process.pid): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // "pid (name) state ppid …": the name may hold anything, so read behind its last bracket.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === pid && state !== 'Z') found.push(Number(name));
  }
  return found;
}

/** Waits until a condition holds, and fails the test after a long time: a limit against hanging, not a measurement. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
