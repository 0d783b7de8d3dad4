import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyclopsError } from '../src/base/errors.js';
import { packageRoot } from '../src/base/paths.js';
import { median } from '../src/base/statistics.js';
import { treeUsage } from '../src/latency-bench/process-usage.js';
import { readModelPackage } from '../src/runtime/index.js';
import { alternate, type Bench, type BenchResult, printTable, rounded } from './measure.js';
import { h264Clip } from './stream/camera.js';
import { benchHead, benchModel } from './stream/model.js';

const rounds = Number(process.env.CYCLOPS_BENCH_ROUNDS ?? 5);

/** One start of a program. */
interface Start {
  /** From its start to its first line, which has depth. */
  readonly ms: number;
  /** CPU time of all its processes until then. */
  readonly cpuMs: number;
}

/** How soon there is depth: `cyclops run` as a user starts it, with everything in the machine's file cache. */
export const bench: Bench = {
  name: 'start',
  question: 'How long after its start does a stream publish its first depth?',
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const head = await benchHead(model);
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-'));
    try {
      const streams: Readonly<Record<string, () => Promise<Start>>> = {
        'test image': streamOf(model, 'test'),
        '1280x720 H.264': streamOf(model, `file:${await h264Clip(folder)}`),
      };
      const bareOnce = await bareOf(model);
      const rows: (string | number)[][] = [];
      const ratios: number[] = [];
      const bare: Start[] = [];
      for (const [name, once] of Object.entries(streams)) {
        const starts: Start[] = [];
        // The first start reads the files.
        await once();
        await bareOnce();
        const { ratio } = await alternate(
          async () => (starts[starts.push(await once()) - 1] as Start).ms,
          async () => (bare[bare.push(await bareOnce()) - 1] as Start).ms,
          rounds,
        );
        ratios.push(ratio);
        rows.push([`cyclops run, ${name}`, ...spread(starts), ratio.toFixed(2)]);
      }
      rows.push(['Node and ONNX Runtime alone', ...spread(bare), '1']);
      printTable(['program', 'ms to first depth', 'CPU ms', 'ratio'], rows);
      return {
        headline: 'time from start to first depth, cyclops run with the test image / a bare program with ONNX Runtime',
        value: rounded(ratios[0]!),
        unit: 'ratio',
        target: null,
        details: { ...head, rounds, rows },
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function spread(starts: readonly Start[]): string[] {
  return [median(starts.map(({ ms }) => ms)).toFixed(0), median(starts.map(({ cpuMs }) => cpuMs)).toFixed(0)];
}

function streamOf(model: string, source: string): () => Promise<Start> {
  const bin = join(packageRoot(), 'dist/src/cli/bin.js');
  return () => firstLine([bin, 'run', model, '--source', source, '--output', 'ndjson']);
}

async function bareOf(model: string): Promise<() => Promise<Start>> {
  const { onnxPath, package: facts } = await readModelPackage(model);
  const { name, height, width, channels } = facts.input;
  const file = join(packageRoot(), 'dist/bench/stream/bare-start.js');
  const shape = [1, height, width, channels.length].map(String);
  return () => firstLine([file, onnxPath, name, ...shape]);
}

/** Starts a Node program, waits for its first line, and ends it. @throws CyclopsError `MACHINE_LACKS` where none comes. */
async function firstLine(args: readonly string[]): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4000);
  });
  try {
    const isThere = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
    const ms = performance.now() - startedAt;
    if (!isThere) {
      throw new CyclopsError('MACHINE_LACKS', `${args.join(' ')}: no depth: ${words.trim().split('\n').at(-1)}`);
    }
    child.stdout.resume();
    return { ms, cpuMs: 1000 * treeUsage(child.pid).cpuS };
  } finally {
    child.kill();
    await closed;
  }
}
