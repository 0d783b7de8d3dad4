import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { elapsedMs, monotonicNow } from '../src/base/clock.js';
import type { SyntheticDomain } from '../src/data/synthetic/render-pair.js';
import { alternate, type Bench, printTable, rounded } from './measure.js';

const sizes = [
  [1242, 375],
  [640, 192],
] as const;

/** Pairs rendered in each measurement, after a few that paint the textures. */
const timedPairs = 6;
const warmPairs = 5;

/** Rounds of the comparison of one thread with all. */
const rounds = 3;

/** How fast the two worlds are rendered, and what the threads bring. */
export const bench: Bench = {
  name: 'synth',
  question: 'How many stereo pairs a second are rendered, and do all cores work?',
  async run() {
    const threads = availableParallelism();
    const rates: Record<string, { first: number; next: number }> = {};
    const rows: (string | number)[][] = [];
    for (const domain of ['street', 'flying'] as const) {
      for (const [width, height] of sizes) {
        const first = await pairsPerSecond(domain, width, height, 1);
        const next = await pairsPerSecond(domain, width, height, timedPairs);
        rates[`${domain} ${width}x${height}`] = { first: rounded(first), next: rounded(next) };
        rows.push([domain, `${width}x${height}`, first.toFixed(2), next.toFixed(2)]);
      }
    }
    process.stdout.write('One thread, pairs/s, rendering only:\n');
    printTable(['world', 'size', 'new scene each', 'frames of a scene'], rows);

    const { runWriter } = await writerFor(threads);
    const scaling = await alternate(
      () => runWriter(threads),
      () => runWriter(1),
      rounds,
    );
    process.stdout.write(`\nData set on disk, street 640x192, pairs/s (${rounds} rounds, in turn):\n`);
    printTable(
      ['threads', 'median', 'min', 'max'],
      [
        [1, ...spread(scaling.baseline)],
        [threads, ...spread(scaling.subject)],
      ],
    );
    return {
      headline: `pairs/s with ${threads} threads / with 1`,
      value: rounded(scaling.ratio),
      unit: 'ratio',
      // Perfect is the number of threads; one core's two hyper-threads share its memory and its caches.
      target: { op: '>=' as const, value: rounded(Math.max(1, threads * 0.65)) },
      details: {
        threads,
        pairsPerSecond: rates,
        ratioMin: rounded(scaling.ratioMin),
        ratioMax: rounded(scaling.ratioMax),
      },
    };
  },
};

function spread({ median, min, max }: { median: number; min: number; max: number }): string[] {
  return [median, min, max].map((value) => value.toFixed(2));
}

async function pairsPerSecond(
  domain: SyntheticDomain,
  width: number,
  height: number,
  framesPerScene: number,
): Promise<number> {
  const { renderPair } = await import('../src/data/synthetic/render-pair.js');
  const render = (index: number): void => {
    const scene = Math.floor(index / framesPerScene);
    renderPair({ domain, seed: 2, scene, frame: index % framesPerScene, width, height });
  };
  for (let index = 0; index < warmPairs; index++) render(index);
  const start = monotonicNow();
  for (let index = 0; index < timedPairs; index++) render(warmPairs + index);
  return (timedPairs * 1000) / elapsedMs(start);
}

async function writerFor(threads: number) {
  const { writeDataset } = await import('../src/data/synthetic/dataset.js');
  const { defaultHardShares } = await import('../src/data/synthetic/scene.js');
  // Enough scenes for every thread; each thread's start and its textures are part of the price, as in real use.
  const count = 16 * threads;
  const runWriter = async (workers: number): Promise<number> => {
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-synth-'));
    try {
      const start = monotonicNow();
      await writeDataset(
        folder,
        {
          domain: 'street',
          seed: 2,
          count,
          width: 640,
          height: 192,
          framesPerScene: 4,
          firstScene: 0,
          jpeg: false,
          hard: defaultHardShares,
        },
        { workers, command: 'bench synth' },
      );
      return (count * 1000) / elapsedMs(start);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  return { runWriter };
}
