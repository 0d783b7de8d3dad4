import { readdir, readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { CyclopsError } from '../src/base/errors.js';
import { formatTable } from '../src/base/format.js';
import { packageRoot } from '../src/base/paths.js';
import { createLiveLine } from '../src/base/terminal.js';
import {
  noOutput,
  type RunningStream,
  type StreamConfigInput,
  startStream,
  streamConfigSchema,
} from '../src/runtime/index.js';
import type { Bench, BenchResult } from './measure.js';

const restarts = Number(process.env.CYCLOPS_BENCH_RESTARTS ?? 1000);
/** Every so many restarts the process is frozen instead of killed, which takes longer to notice. */
const freezeEvery = 10;
/** No image for this long after a fault means that the stream does not come back. */
const patienceMs = 120_000;

/** What a process holds at one moment. */
export interface Holdings {
  readonly restarts: number;
  readonly descriptors: number;
  /** Timers, sockets, processes and messages that keep the event loop alive. */
  readonly resources: number;
  readonly children: number;
  readonly rssMiB: number;
}

/** Does anything pile up in the service when its capture process dies again and again? */
export const bench: Bench = {
  name: 'restarts',
  question: `What is left behind after ${restarts} restarts of the capture process, killed and frozen?`,
  async run(): Promise<BenchResult> {
    const line = createLiveLine();
    const { holdings, faults } = await measureRestarts(
      {
        model: process.env.CYCLOPS_BENCH_MODEL ?? `${packageRoot()}/models/edge-street`,
        camera: { source: { kind: 'test', pattern: 'smpte', width: 320, height: 180, fps: 10 } },
        engine: { threads: 1 },
      },
      restarts,
      (done) => line.update(`${done} of ${restarts} restarts`),
    ).finally(() => line.close());
    const [first, last] = [holdings[0]!, holdings.at(-1)!];
    const rows = holdings.map((at) => [at.restarts, at.descriptors, at.resources, at.children, Math.round(at.rssMiB)]);
    const columns = ['restarts', 'descriptors', 'resources', 'children', 'RSS MiB'];
    process.stdout.write(
      `${formatTable(
        columns,
        rows.map((row) => row.map(String)),
      )}\n`,
    );
    return {
      headline: 'descriptors, resources and children more at the end than at the beginning',
      value: last.descriptors - first.descriptors + last.resources - first.resources + last.children - first.children,
      unit: 'handles',
      target: { op: '<=', value: 0 },
      details: { restarts, faults: { ...faults }, rows },
    };
  },
};

/**
 * Streams, ends the capture process by force `count` times, each time after the stream has come back, and looks at what
 * this process holds: after the first image, at each tenth of the way, at the end.
 * @throws CyclopsError `CAPTURE_FAILED` where the stream does not come back.
 */
export async function measureRestarts(
  config: StreamConfigInput,
  count: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<{ holdings: readonly Holdings[]; faults: Readonly<Record<string, number>> }> {
  const capture = { stallTimeoutMs: 2000, startTimeoutMs: 20_000, restartLimit: 100, restartWaitMs: 1 };
  const pipeline = await startStream(
    streamConfigSchema.parse({ ...config, capture }),
    [noOutput()],
    pino({ level: 'silent' }),
  );
  let images = 0;
  pipeline.onPublish(() => {
    images++;
  });
  const holdings: Holdings[] = [];
  const step = Math.max(1, Math.floor(count / 10));
  let killed: number | undefined;
  try {
    for (let done = 0; done <= count; done++) {
      await comesBack(pipeline, () => pipeline.capturePid !== undefined && pipeline.capturePid !== killed);
      // What the old process gave may still be in the slot and in the engine: the image after those is of the new one.
      const seen = images + 2;
      await comesBack(pipeline, () => images > seen);
      if (done % step === 0 || done === count) holdings.push(await holdingsAt(done));
      onProgress(done);
      if (done === count) break;
      killed = pipeline.capturePid!;
      process.kill(killed, done % freezeEvery === 1 ? 'SIGSTOP' : 'SIGKILL');
    }
  } finally {
    await pipeline.stop();
  }
  const { faults } = await pipeline.done;
  return { holdings, faults };
}

async function comesBack(pipeline: RunningStream, hasCome: () => boolean): Promise<void> {
  let failure: unknown;
  pipeline.done.catch((error: unknown) => {
    failure = error;
  });
  const deadline = performance.now() + patienceMs;
  while (!hasCome()) {
    if (failure !== undefined) throw failure;
    if (performance.now() > deadline) throw new CyclopsError('CAPTURE_FAILED', 'the stream did not come back');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function holdingsAt(done: number): Promise<Holdings> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  return {
    restarts: done,
    descriptors: (await readdir('/proc/self/fd')).length,
    resources: process.getActiveResourcesInfo().length,
    children: children.trim() === '' ? 0 : children.trim().split(' ').length,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
  };
}
