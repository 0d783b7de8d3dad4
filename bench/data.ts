import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { elapsedMs, monotonicNow } from '../src/base/clock.js';
import type { Loader, LoaderOptions } from '../src/data/loader.js';
import { openLoader } from '../src/data/loader.js';
import type { SourceSpec, StereoSample } from '../src/data/sample.js';
import { openSource } from '../src/data/sources/index.js';
import { encodePng } from '../src/image/codec.js';
import { encodePng16 } from '../src/image/png16.js';
import type { Bench, Comparison } from './measure.js';
import { alternate, printTable, rounded } from './measure.js';

/** Pairs on disk: enough that a run does not see the same one in one batch twice, few enough to render in seconds. */
const pairsOnDisk = 12;

/** How much is measured of each source: some seconds a round on two cores; rendering costs ten times as much as reading. */
const effort = {
  disk: { rounds: 5, batchSize: 4, batchesPerThread: 6 },
  rendered: { rounds: 3, batchSize: 2, batchesPerThread: 2 },
} as const;

/** How fast batches come out of threads against the same work on one thread, from disk and rendered on the fly. */
export const bench: Bench = {
  name: 'data',
  question: 'How many training samples a second do loading threads deliver, against loading without threads?',
  async run() {
    const workers = availableParallelism();
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-data-'));
    try {
      const rendered: SourceSpec = {
        kind: 'synthetic',
        domain: 'street',
        seed: 1,
        count: 1000,
        width: 512,
        height: 160,
        framesPerScene: 1,
      };
      await writePairs(folder, { ...rendered, width: 1242, height: 375, count: pairsOnDisk });
      const disk = await compare({ kind: 'kitti-2015', folder }, workers, effort.disk);
      const live = await compare(rendered, workers, effort.rendered);
      printTable(
        ['source', 'no threads, samples/s', `${workers} threads, samples/s`, 'ratio', 'ratio of rounds'],
        [row('PNG 1242x375 on disk', disk), row('street 512x160, rendered', live)],
      );
      return {
        headline: `samples/s with ${workers} threads / without, from disk`,
        value: rounded(disk.ratio),
        unit: 'ratio',
        // A thread a core: 0.7 of the ideal leaves room for the main thread and for memory that all of them share.
        target: { op: '>=', value: rounded(0.7 * workers, 2) },
        details: { workers, effort, disk: figures(disk), rendered: figures(live) },
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The layout of KITTI 2015, as it lies on disk in training. */
async function writePairs(folder: string, spec: SourceSpec): Promise<void> {
  const source = await openSource(spec);
  const cameras: Record<string, unknown> = {};
  for (let index = 0; index < source.length; index++) {
    const sample = await source.read(index);
    cameras[sample.id] = sample.camera;
    for (const [name, bytes] of await encoded(sample)) {
      await mkdir(join(folder, 'training', name), { recursive: true });
      await writeFile(join(folder, 'training', name, `${sample.id}.png`), bytes);
    }
  }
  await writeFile(join(folder, 'cameras.json'), JSON.stringify(cameras));
}

async function encoded(sample: StereoSample): Promise<[string, Uint8Array][]> {
  return [
    ['image_2', await encodePng(sample.left)],
    ['image_3', await encodePng(sample.right)],
    ['disp_occ_0', encodePng16(sample.disparityLeft!)],
    ['disp_occ_0_right', encodePng16(sample.disparityRight!)],
  ];
}

async function compare(
  source: SourceSpec,
  workers: number,
  { rounds, batchSize, batchesPerThread }: (typeof effort)[keyof typeof effort],
): Promise<Comparison> {
  const options: LoaderOptions = {
    source,
    batchSize,
    width: 512,
    height: 160,
    augmentation: 'stereo',
    seed: 1,
    startStep: 0,
    workers: 0,
    prefetch: workers,
  };
  // Opened once: starting threads and warming up their code is paid once a run, not once a step.
  const threaded = await openLoader({ ...options, workers });
  const direct = await openLoader(options);
  try {
    await threaded.next();
    await direct.next();
    return await alternate(
      () => threadedRate(threaded, options, batchesPerThread * workers),
      () => rate(direct, batchesPerThread, batchSize),
      rounds,
    );
  } finally {
    await threaded.close();
    await direct.close();
  }
}

/** The rate of a running pipeline: what waits ready is taken first, and afterwards the threads get the time to fall idle. */
async function threadedRate(loader: Loader, options: LoaderOptions, batches: number): Promise<number> {
  for (let i = 0; i < options.prefetch; i++) await loader.next();
  const samplesPerSecond = await rate(loader, batches, options.batchSize);
  await setTimeout((2000 * options.prefetch * options.batchSize) / samplesPerSecond);
  return samplesPerSecond;
}

async function rate(loader: Loader, batches: number, batchSize: number): Promise<number> {
  const start = monotonicNow();
  for (let i = 0; i < batches; i++) await loader.next();
  return (batches * batchSize) / (elapsedMs(start) / 1000);
}

function row(name: string, { subject, baseline, ratio, ratioMin, ratioMax }: Comparison): (string | number)[] {
  return [
    name,
    rounded(baseline.median, 3),
    rounded(subject.median, 3),
    rounded(ratio, 3),
    `${rounded(ratioMin, 3)} .. ${rounded(ratioMax, 3)}`,
  ];
}

function figures({ subject, baseline, ratio, ratioMin, ratioMax }: Comparison) {
  return {
    samplesPerSecond: rounded(subject.median),
    samplesPerSecondWithoutThreads: rounded(baseline.median),
    ratio: rounded(ratio),
    ratioMin: rounded(ratioMin),
    ratioMax: rounded(ratioMax),
  };
}
