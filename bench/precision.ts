import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/base/paths.js';
import type { StereoSource, SyntheticSpec } from '../src/data/sample.js';
import { openSource } from '../src/data/sources/index.js';
import type { Evaluation } from '../src/eval/evaluate.js';
import { evaluateDisparity } from '../src/eval/evaluate.js';
import type { CalibrationFrames, OnnxRun } from '../src/export/index.js';
import type { Intrinsics } from '../src/geometry/camera.js';
import { networkView } from '../src/geometry/network-view.js';
import { readModelPackage } from '../src/model-package/read.js';
import type { ChannelOrder, Precision } from '../src/model-package/schema.js';
import { openModelPredictor } from '../src/runtime/model-predictor.js';
import { networkInput } from '../src/runtime/network-input.js';
import type { Bench } from './measure.js';
import { median, printTable, processorTimes, rounded, spreadOf } from './measure.js';

/** Frames to calibrate and to measure on: rendered streets of different seeds, so none is in both. */
const calibrationSeed = 5000;
const evaluationSeed = 900;
const frames = 24;
/** Turns of all precisions, and runs of each in a turn. */
const rounds = 9;
const runs = 5;

interface Contender {
  readonly precision: Precision;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Size, speed and accuracy of the shipped model (or the package in `CYCLOPS_BENCH_MODEL`) in every precision. */
export const bench: Bench = {
  name: 'precision',
  question: 'How much faster is int8 than fp32 on this CPU, and what do fp16 and int8 cost in accuracy?',
  async run() {
    const source = process.env.CYCLOPS_BENCH_MODEL ?? join(packageRoot(), 'models/edge-street');
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-precision-'));
    try {
      const contenders = await makeContenders(source, folder);
      const speed = await measureSpeed(contenders);
      const accuracy = await measureAccuracy(contenders);
      return report(contenders, speed, accuracy);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function makeContenders(source: string, folder: string): Promise<readonly Contender[]> {
  const { reducePackage } = await import('../src/export/index.js');
  const { package: model, onnxPath } = await readModelPackage(source);
  const { width, height, channels } = model.input;
  const calibration = await calibrationFrames({ ...model.camera, width, height }, channels);
  const contenders: Contender[] = [{ precision: 'fp32', path: source, bytes: await readFile(onnxPath) }];
  for (const kind of ['fp16', 'int8'] as const) {
    const reduced = await reducePackage(source, join(folder, kind), { kind, calibration });
    contenders.push({ precision: kind, path: reduced.folder, bytes: await readFile(reduced.onnxPath) });
  }
  return contenders;
}

/** Rendered streets as a stream would hand them to the graph. */
async function calibrationFrames(camera: Intrinsics, channels: ChannelOrder): Promise<CalibrationFrames> {
  const { width, height } = camera;
  const source = await openSource(streets(calibrationSeed, width, height));
  const inputs: Uint8Array[] = [];
  for (let index = 0; index < source.length; index++) {
    const sample = await source.read(index);
    inputs.push(networkInput(sample.left, networkView(camera, sample.camera).crop, { width, height, channels }));
  }
  return { frames: inputs, source: `street:${calibrationSeed}:${frames}` };
}

function streets(seed: number, width: number, height: number): SyntheticSpec {
  return { kind: 'synthetic', domain: 'street', seed, count: frames, width, height, framesPerScene: 1 };
}

/** Milliseconds of CPU time a run, one thread. One list a contender. */
async function measureSpeed(contenders: readonly Contender[]): Promise<readonly (readonly number[])[]> {
  const { openOnnx } = await import('../src/export/index.js');
  const { goldenInput } = await import('../src/model-package/golden.js');
  const { input } = (await readModelPackage(contenders[0]!.path)).package;
  const image = goldenInput(input.height, input.width, input.channels);
  const shape = [1, input.height, input.width, image.length / (input.height * input.width)];
  const sessions: OnnxRun[] = [];
  try {
    for (const { bytes, precision } of contenders) sessions.push(await openOnnx(bytes, precision, { threads: 1 }));
    for (const session of sessions) await session.run(image, shape);
    return await processorTimes(
      sessions.map((session) => () => session.run(image, shape)),
      rounds,
      runs,
    );
  } finally {
    for (const session of sessions) await session.close();
  }
}

async function measureAccuracy(contenders: readonly Contender[]): Promise<readonly Evaluation[]> {
  const { width, height } = (await readModelPackage(contenders[0]!.path)).package.input;
  const source = remembering(await openSource(streets(evaluationSeed, width, height)));
  const evaluations: Evaluation[] = [];
  for (const { path } of contenders) {
    const predictor = await openModelPredictor(path);
    try {
      const options = { pixels: 'all', maxDepthM: 80, crop: 'none' } as const;
      evaluations.push(await evaluateDisparity(source, predictor.predict, options));
    } finally {
      await predictor.close();
    }
  }
  return evaluations;
}

/** Renders each pair once, though every contender looks at it. */
function remembering(source: StereoSource): StereoSource {
  const samples = new Map<number, ReturnType<StereoSource['read']>>();
  return {
    ...source,
    read(index) {
      const sample = samples.get(index) ?? source.read(index);
      samples.set(index, sample);
      return sample;
    },
  };
}

function report(
  contenders: readonly Contender[],
  speed: readonly (readonly number[])[],
  accuracy: readonly Evaluation[],
) {
  const ratios = speed.map((times) => times.map((ms, round) => speed[0]![round]! / ms));
  const exact = accuracy[0]!;
  const rows = contenders.map(({ precision, bytes }, index) => {
    const { depth, ranges } = accuracy[index]!;
    return {
      precision,
      mebibytes: rounded(bytes.byteLength / 2 ** 20, 3),
      cpuMs: rounded(median(speed[index]!)),
      speedRatio: rounded(median(ratios[index]!), 3),
      absRel: rounded(depth.absRel),
      lossPercent: rounded(100 * (depth.absRel / exact.depth.absRel - 1), 2),
      ranges: ranges.map(({ absRel }) => rounded(absRel)),
    };
  });
  printTable(
    [
      'precision',
      'MiB',
      'CPU ms',
      'fp32 / it',
      'Abs Rel',
      'loss %',
      ...exact.ranges.map((r) => `${r.fromM}-${r.toM} m`),
    ],
    rows.map((row) => [
      row.precision,
      row.mebibytes,
      row.cpuMs,
      row.speedRatio,
      row.absRel.toFixed(4),
      row.lossPercent.toFixed(2),
      ...row.ranges.map((absRel) => absRel.toFixed(4)),
    ]),
  );
  const int8 = spreadOf(ratios.at(-1)!);
  return {
    headline: 'CPU time of fp32 / int8 on ONNX Runtime CPU, one thread',
    value: rounded(int8.median),
    unit: 'ratio',
    target: { op: '>=', value: 2 } as const,
    details: {
      rows,
      ratioMin: rounded(int8.min),
      ratioMax: rounded(int8.max),
      cores: availableParallelism(),
      calibration: `street:${calibrationSeed}:${frames}`,
      evaluation: `street:${evaluationSeed}:${frames}`,
    },
  };
}
