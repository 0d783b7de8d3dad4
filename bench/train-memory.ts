import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type BenchResult, median, printTable, rounded } from './measure.js';

const steps = 2000;
const logEvery = 20;

/** Whether training holds its memory: tensors in TensorFlow, and the resident size of the whole process. */
export const bench: Bench = {
  name: 'train-memory',
  question: `Does memory stay flat over ${steps} training steps, with validation, checkpoints and reports?`,
  run: measure,
};

async function measure(): Promise<BenchResult> {
  const { train } = await import('../src/train/run/loop.js');
  const { resolveTrainingConfig } = await import('../src/train/config/resolve-config.js');
  const { readRunLog } = await import('../src/train/run/run-log.js');
  const folder = await mkdtemp(join(tmpdir(), 'cyclops-memory-'));
  try {
    const config = resolveTrainingConfig({
      stage: 'teacher',
      widthMultiplier: 0.125,
      data: 'flying:1:200',
      width: 64,
      height: 64,
      batch: 1,
      steps,
      validationCount: 2,
      validateEvery: 100,
      checkpointEvery: 100,
      reportEvery: 100,
      logEvery,
    });
    await train({
      config,
      folder,
      resume: false,
      command: 'npm run bench -- train-memory',
      signal: new AbortController().signal,
    });
    const records = (await readRunLog(join(folder, 'run.jsonl'))).filter((record) => record.kind === 'step');
    return summarise(records);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface MemoryRecord {
  readonly step: number;
  readonly rssMiB: number;
  readonly tensors: number;
  readonly imagesPerS: number;
  readonly waitShare: number;
}

function summarise(records: readonly MemoryRecord[]): BenchResult {
  const quarters = [0, 1, 2, 3].map((index) => {
    const part = records.filter((record) => Math.ceil((4 * record.step) / steps) - 1 === index);
    const of = (pick: (record: MemoryRecord) => number): number[] => part.map(pick);
    return {
      steps: `${(index * steps) / 4 + 1}-${((index + 1) * steps) / 4}`,
      rssMiB: median(of((record) => record.rssMiB)),
      rssMaxMiB: Math.max(...of((record) => record.rssMiB)),
      tensorsMin: Math.min(...of((record) => record.tensors)),
      tensorsMax: Math.max(...of((record) => record.tensors)),
      imagesPerS: rounded(median(of((record) => record.imagesPerS)), 3),
      waitShare: rounded(median(of((record) => record.waitShare)), 2),
    };
  });
  printTable(
    ['steps', 'RSS median, MiB', 'RSS max, MiB', 'tensors', 'images/s', 'waiting, %'],
    quarters.map((quarter) => [
      quarter.steps,
      quarter.rssMiB,
      quarter.rssMaxMiB,
      quarter.tensorsMin === quarter.tensorsMax ? quarter.tensorsMax : `${quarter.tensorsMin}-${quarter.tensorsMax}`,
      quarter.imagesPerS,
      rounded(100 * quarter.waitShare, 2),
    ]),
  );
  const [first, last] = [quarters[0]!, quarters[3]!];
  return {
    headline: `resident memory in the last quarter of ${steps} steps / in the first`,
    value: rounded(last.rssMiB / first.rssMiB),
    unit: 'ratio',
    target: { op: '<=', value: 1.05 },
    details: { tensorGrowth: last.tensorsMax - first.tensorsMax, quarters },
  };
}
