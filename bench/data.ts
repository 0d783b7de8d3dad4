import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elapsedMs, monotonicNow } from '../src/base/clock.js';
import type { LoaderOptions } from '../src/data/loader.js';
import type { PartialTrainingConfig, TrainingConfig } from '../src/train/config/config.js';
import type { Bench, BenchResult } from './measure.js';
import { median, printTable, rounded } from './measure.js';

/** Pairs on disk: enough that a batch holds none twice, few enough to render in seconds. */
const pairsOnDisk = 12;

/** The stages of the shipped model's recipe (configs/edge-street): light networks, so data must come fast. */
const teacher = { stage: 'teacher', network: 'stereo-softarg', width: 384, height: 192, batch: 4 } as const;
const student = { stage: 'student', network: 'mono-edge', width: 640, height: 192, batch: 8 } as const;

/** Measured steps of each stage, and those before, in which the threads start and code warms up. */
const steps = 12;
const warmSteps = 4;

/** Batches that are read without training, for the speed of reading alone. */
const readBatches = 12;

/** Whether data keep up with training: real steps of a teacher and a student, on pairs and labels in folders. */
export const bench: Bench = {
  name: 'data',
  question: 'What share of its time does a training step wait for data from a folder?',
  run: measure,
};

async function measure(): Promise<BenchResult> {
  const root = await mkdtemp(join(tmpdir(), 'cyclops-bench-data-'));
  try {
    const data = join(root, 'data');
    const labels = join(root, 'labels');
    await writePairs(data);
    await writeLabels(data, labels);
    const stages = {
      teacher: await measureStage({ ...teacher, data }, join(root, 'teacher')),
      student: await measureStage({ ...student, data, labels }, join(root, 'student')),
    };
    printTable(
      ['stage', 'step, ms', 'waiting, %', 'needs, samples/s', 'threads read, samples/s', 'processor ms a sample'],
      Object.entries(stages).map(([name, stage]) => [
        `${name}: ${stage.network} ${stage.size} x ${stage.batch}`,
        stage.stepMs,
        rounded(100 * stage.waitShare, 2),
        stage.neededPerS,
        stage.readPerS,
        stage.processorMs,
      ]),
    );
    return {
      headline: 'share of its time that a training step waits for data, the larger of teacher and student',
      value: rounded(100 * Math.max(stages.teacher.waitShare, stages.student.waitShare), 3),
      unit: '%',
      target: { op: '<=', value: 5 },
      details: { pairsOnDisk, steps, ...stages },
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function writePairs(folder: string): Promise<void> {
  const { writeDataset } = await import('../src/data/synthetic/dataset.js');
  const { defaultHardShares } = await import('../src/data/synthetic/scene.js');
  const plan = {
    domain: 'street',
    seed: 1,
    count: pairsOnDisk,
    width: 1242,
    height: 375,
    framesPerScene: 1,
    firstScene: 0,
    jpeg: false,
    hard: defaultHardShares,
  } as const;
  await writeDataset(folder, plan, { workers: 1, command: 'npm run bench -- data' });
}

/** Labels as `cyclops label` writes them, with the truth in the teacher's place: reading them costs the same. */
async function writeLabels(data: string, folder: string): Promise<void> {
  const { openLabelWriter } = await import('../src/data/labels.js');
  const { openSource } = await import('../src/data/sources/index.js');
  const source = await openSource({ kind: 'kitti-2015', folder: data });
  const writer = await openLabelWriter(folder, {
    format: 'cyclops-labels',
    formatVersion: 2,
    producer: 'teacher',
    networks: { teacher: { checkpoint: 'truth', sha256: '0'.repeat(64) } },
    width: 1242,
    height: 375,
    dataFingerprint: source.imagesFingerprint,
    settings: {},
  });
  for (let index = 0; index < source.length; index++) {
    const { id, disparityLeft, disparityRight, visibleLeft, visibleRight } = await source.read(index);
    // A slope of shares: a constant would compress to nothing and be read for nothing.
    const confidence = { ...disparityLeft!, data: disparityLeft!.data.map((px) => px / (px + 20)) };
    await writer.write(id, {
      disparityLeft: disparityLeft!,
      disparityRight: disparityRight!,
      visibleLeft: visibleLeft!,
      visibleRight: visibleRight!,
      confidenceLeft: confidence,
      confidenceRight: confidence,
    });
  }
}

async function measureStage(given: PartialTrainingConfig, folder: string) {
  const { train, loaderOptionsOf } = await import('../src/train/run/loop.js');
  const { resolveTrainingConfig, sourcesOf } = await import('../src/train/config/resolve-config.js');
  const { readRunLog } = await import('../src/train/run/run-log.js');
  const config = resolveTrainingConfig({
    ...given,
    steps: warmSteps + steps,
    settings: given.stage === 'student' ? { useConfidence: true } : {},
    validationData: 'none',
    validateEvery: 0,
    checkpointEvery: 0,
    reportEvery: 0,
    logEvery: 1,
  });
  const { training } = await sourcesOf(config);
  const reading = await measureReading(loaderOptionsOf(config, training, 0));
  const { signal } = new AbortController();
  await train({ config, folder, resume: false, command: 'npm run bench -- data', signal });
  const records = (await readRunLog(join(folder, 'run.jsonl'))).flatMap((record) =>
    record.kind === 'step' && record.step > warmSteps ? [record] : [],
  );
  return { ...describe(config), ...shares(records, config.batch), ...reading };
}

function describe({ network, width, height, batch, workers }: TrainingConfig) {
  return { network, size: `${width}x${height}`, batch, workers };
}

/** A step that waits for nothing needs `neededPerS`. */
function shares(records: readonly { readonly imagesPerS: number; readonly waitShare: number }[], batch: number) {
  const seconds = records.map(({ imagesPerS }) => batch / imagesPerS);
  const waits = records.map(({ waitShare }, index) => waitShare * seconds[index]!);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    stepMs: rounded(1000 * median(seconds), 3),
    waitShare: rounded(sum(waits) / sum(seconds), 3),
    neededPerS: rounded((batch * records.length) / (sum(seconds) - sum(waits)), 3),
  };
}

/** How fast the run's own threads read while nothing else runs, and what that costs all cores together. */
async function measureReading(options: LoaderOptions) {
  const { openLoader } = await import('../src/data/loader.js');
  const loader = await openLoader(options);
  try {
    for (let i = 0; i <= options.prefetch; i++) await loader.next();
    const start = monotonicNow();
    const before = process.cpuUsage();
    for (let i = 0; i < readBatches; i++) await loader.next();
    const { user, system } = process.cpuUsage(before);
    const samples = readBatches * options.batchSize;
    return {
      readPerS: rounded((1000 * samples) / elapsedMs(start), 3),
      processorMs: rounded((user + system) / 1000 / samples, 3),
    };
  } finally {
    await loader.close();
  }
}
