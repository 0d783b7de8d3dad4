import { percentile } from '../src/base/statistics.js';
import { createLiveLine } from '../src/base/terminal.js';
import { streamConfigSchema } from '../src/runtime/index.js';
import type { Bench, BenchResult } from './measure.js';
import { printTable, rounded } from './measure.js';
import {
  bareInferMs,
  benchThreads,
  type CameraRun,
  measuredSeconds,
  stillCamera,
  streamCamera,
} from './stream/camera.js';
import { benchHead, benchModel } from './stream/model.js';

/** How many images the camera gives while the bare model computes one. */
const overload = 4;
const warmUpS = 3;
const parts = 6;

/** A camera that the model cannot follow: the age must stay that of one inference, for as long as it runs. */
export const bench: Bench = {
  name: 'overload',
  question: `How old do frames become when the camera is ${overload} times faster than the model, and does it grow?`,
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const head = await benchHead(model);
    const engine = { threads: benchThreads };
    const bareMs = await bareInferMs(model, engine);
    const fps = Math.min(1000, (overload * 1000) / bareMs);
    const seconds = measuredSeconds(60);
    const config = streamConfigSchema.parse({ model, engine, camera: { source: await stillCamera(model, fps) } });
    const line = createLiveLine();
    const run = await streamCamera(config, { warmUpS, seconds }, (share) =>
      line.update(`${fps.toFixed(0)} frames/s: ${Math.round(share * 100)} %`),
    ).finally(() => line.close());
    const { record } = run;
    const inferMs = percentile(record.spansMs('infer'), 50);
    const limitMs = 1.5 * inferMs + 1000 / fps;
    const windows = windowsOf(run, seconds, parts);
    const trendMs = trendMsPerMinute(run);
    printTable(
      ['from s', 'frames', 'age p50 ms', 'p99', 'max', 'infer p50 ms', 'p99'],
      windows.map(({ fromS, ageMs, inferMs }) => [
        Math.round(fromS),
        ageMs.length,
        ...[percentile(ageMs, 50), percentile(ageMs, 99), percentile(ageMs, 100)].map((value) => value.toFixed(1)),
        ...[percentile(inferMs, 50), percentile(inferMs, 99)].map((value) => value.toFixed(1)),
      ]),
    );
    const allMs = percentile(record.spansMs('age'), 99);
    const lastMs = percentile(windows.at(-1)!.ageMs, 99);
    process.stdout.write(
      `\n${record.frames} frames, ${record.dropped} dropped; the whole run: age p99 ${allMs.toFixed(1)} ms, limit 1.5 x ${inferMs.toFixed(1)} + ${(1000 / fps).toFixed(1)} = ${limitMs.toFixed(1)} ms; trend ${trendMs.toFixed(2)} ms a minute.\n`,
    );
    return {
      headline: 'age p99 / (1.5 inferences + one camera period), of the whole run or its last sixth, the larger',
      value: rounded(Math.max(allMs, lastMs) / limitMs),
      unit: 'ratio',
      target: { op: '<=', value: 1 },
      details: {
        ...head,
        threads: benchThreads,
        cameraFps: rounded(fps),
        seconds,
        frames: record.frames,
        dropped: record.dropped,
        ageMsP50: rounded(percentile(record.spansMs('age'), 50)),
        ageMsP99: rounded(allMs),
        ageMsMax: rounded(percentile(record.spansMs('age'), 100)),
        inferMsP50: rounded(inferMs),
        inferMsP99: rounded(percentile(record.spansMs('infer'), 99)),
        limitMs: rounded(limitMs),
        trendMsPerMinute: rounded(trendMs),
        windowAgeMsP99: windows.map(({ ageMs }) => rounded(percentile(ageMs, 99))),
      },
    };
  },
};

/** One part of a run. */
interface Window {
  readonly fromS: number;
  readonly ageMs: readonly number[];
  readonly inferMs: readonly number[];
}

function windowsOf({ record, atS }: CameraRun, seconds: number, count: number): readonly Window[] {
  return Array.from({ length: count }, (_, part) => {
    const isIn = (_span: number, index: number) =>
      Math.min(count - 1, Math.floor((atS[index]! * count) / seconds)) === part;
    return {
      fromS: (part * seconds) / count,
      ageMs: record.spansMs('age').filter(isIn),
      inferMs: record.spansMs('infer').filter(isIn),
    };
  });
}

/** Slope of the least-squares line through every frame's age, ms a minute of the run. */
export function trendMsPerMinute({ record, atS }: Pick<CameraRun, 'atS'> & { record: AgeSpans }): number {
  const ageMs = record.spansMs('age');
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanS, meanMs] = [mean(atS), mean(ageMs)];
  let product = 0;
  let square = 0;
  for (const [index, second] of atS.entries()) {
    product += (second - meanS) * (ageMs[index]! - meanMs);
    square += (second - meanS) ** 2;
  }
  return (60 * product) / square;
}

type AgeSpans = Pick<CameraRun['record'], 'spansMs'>;
