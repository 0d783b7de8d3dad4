import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/base/paths.js';
import { median, percentile } from '../src/base/statistics.js';
import { createLiveLine } from '../src/base/terminal.js';
import { type Pace, planCapture, readModelPackage, type Summary, streamConfigSchema } from '../src/runtime/index.js';
import { alternate, type Bench, type BenchResult, printTable, rounded } from './measure.js';
import { memoryFloor } from './peers/floor.js';
import { pythonWith } from './peers/python.js';
import { h264Clip } from './stream/camera.js';
import { type ProgramRun, runProgram } from './stream/child.js';
import { benchHead, benchModel } from './stream/model.js';

/** The ONNX Runtime of our own package, so that only what is around it differs. */
const requirements = ['onnxruntime==1.30.0', 'opencv-python-headless==5.0.0.93', 'numpy<3'];

const rounds = Number(process.env.CYCLOPS_BENCH_ROUNDS ?? 5);
/** Of the clip's 200 frames. */
const frames = 200;

/** One run of one contender. */
interface Outcome {
  readonly frames: number;
  readonly dropped: number;
  readonly fps: number;
  readonly ageMsP99: number;
  readonly usage: Omit<ProgramRun, 'stdout'>;
}

/** The whole stream beside a plain Python program that does the same work: a process each, in turn. */
export const bench: Bench = {
  name: 'peers',
  question: 'How fast, how late and how large is the stream beside OpenCV and ONNX Runtime in Python?',
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const head = await benchHead(model);
    const python = pythonWith('stream', requirements);
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-'));
    const line = createLiveLine();
    try {
      const clip = await h264Clip(folder);
      const ours: Record<Pace, Outcome[]> = { fastest: [], 'real-time': [] };
      const theirs: Record<Pace, Outcome[]> = { fastest: [], 'real-time': [] };
      const task = await pythonTask(model, clip);
      const compare = (pace: Pace, count: number) =>
        alternate(
          async () => {
            line.update(`${pace}: ${ours[pace].length + 1} of ${count}`);
            ours[pace].push(await streamOf(model, clip, pace));
            return ours[pace].at(-1)!.fps;
          },
          async () => {
            theirs[pace].push(await pythonOf(python, task, pace));
            return theirs[pace].at(-1)!.fps;
          },
          count,
        );
      const { ratio, ratioMin, ratioMax } = await compare('fastest', rounds);
      await compare('real-time', Math.max(1, Math.floor(rounds / 2)));
      line.close();
      const rows = (['fastest', 'real-time'] as const).flatMap((pace) => [
        rowOf(`cyclops, ${pace}`, ours[pace]),
        rowOf(`Python, ${pace}`, theirs[pace]),
      ]);
      printTable(['contender', 'fps', 'dropped', 'age p99 ms', 'CPU ms/frame', 'RSS MiB', 'memory MiB'], rows);
      process.stdout.write(
        '\nCPU: CPU time of all its processes with their start, for one frame. RSS: pages shared by its processes count once for each; memory: once.\n\n',
      );
      const floor = Object.entries(await memoryFloor(model, clip)).map(
        ([what, bytes]) => [what, Math.round(bytes / 2 ** 20)] as const,
      );
      printTable(['what our two processes cannot do without', 'memory MiB'], floor);
      return {
        headline: 'frames/s of the stream / frames/s of the Python program, every frame of a 1280x720 H.264 video',
        value: rounded(ratio),
        unit: 'ratio',
        target: { op: '>=', value: 1.2 },
        details: {
          ...head,
          requirements,
          ratioMin: rounded(ratioMin),
          ratioMax: rounded(ratioMax),
          ageMsP99Ratio: ratioOf(ours['real-time'], theirs['real-time'], ({ ageMsP99 }) => ageMsP99),
          rssRatio: ratioOf(ours.fastest, theirs.fastest, ({ usage }) => usage.peakRssBytes),
          memoryRatio: ratioOf(ours.fastest, theirs.fastest, ({ usage }) => usage.peakMemoryBytes),
          floorMiB: Object.fromEntries(floor),
          rows: rows.map((row) => [...row]),
        },
      };
    } finally {
      line.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function pythonTask(model: string, clip: string): Promise<Readonly<Record<string, unknown>>> {
  const { package: facts, onnxPath } = await readModelPackage(model);
  const config = streamConfigSchema.parse({ model, camera: { source: { kind: 'file', path: clip } } });
  const { crop } = (await planCapture(config, facts)).view;
  const { name: input, width, height } = facts.input;
  return {
    model: onnxPath,
    video: clip,
    input,
    width,
    height,
    crop: [crop.x, crop.y, crop.width, crop.height],
    threads: 0,
    frames,
  };
}

async function pythonOf(python: string, task: Readonly<Record<string, unknown>>, pace: Pace): Promise<Outcome> {
  const program = join(packageRoot(), 'bench/peers/stream.py');
  const { stdout, ...usage } = await runProgram(python, [program], JSON.stringify({ ...task, pace }));
  const told = JSON.parse(stdout) as { frames: number; dropped: number; fps: number; agesMs: number[] };
  return { ...told, ageMsP99: percentile(told.agesMs, 99), usage };
}

async function streamOf(model: string, clip: string, pace: Pace): Promise<Outcome> {
  const cli = join(packageRoot(), 'dist', 'src', 'cli', 'bin.js');
  const args = [cli, 'run', model, '--source', `file:${clip}`, '--pace', pace, '--frames', String(frames), '--json'];
  const { stdout, ...usage } = await runProgram(process.execPath, args);
  const { latency } = (JSON.parse(stdout.trim().split('\n').at(-1)!) as { summary: Summary }).summary;
  const { frames: published, dropped, fps, spreads } = latency;
  // Where the source waits for the network, its frames have no age.
  return { frames: published, dropped, fps, ageMsP99: pace === 'fastest' ? Number.NaN : spreads.age.p99Ms, usage };
}

/** Median of ours / median of theirs. */
function ratioOf(ours: readonly Outcome[], theirs: readonly Outcome[], pick: (outcome: Outcome) => number): number {
  return rounded(median(ours.map(pick)) / median(theirs.map(pick)));
}

function rowOf(name: string, outcomes: readonly Outcome[]): readonly (string | number)[] {
  const middle = (pick: (outcome: Outcome) => number, digits = 1) => {
    const value = median(outcomes.map(pick));
    return Number.isNaN(value) ? '-' : Number(value.toFixed(digits));
  };
  return [
    name,
    middle(({ fps }) => fps),
    middle(({ dropped }) => dropped),
    middle(({ ageMsP99 }) => ageMsP99),
    middle(({ usage, frames: count }) => (1000 * usage.cpuS) / count),
    middle(({ usage }) => usage.peakRssBytes / 2 ** 20, 0),
    middle(({ usage }) => usage.peakMemoryBytes / 2 ** 20, 0),
  ];
}
