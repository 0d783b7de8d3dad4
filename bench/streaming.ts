import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CyclopsError } from '../src/base/errors.js';
import { createLog } from '../src/base/log.js';
import { packageRoot } from '../src/base/paths.js';
import { createLiveLine } from '../src/cli/terminal.js';
import { streamConfigSchema } from '../src/runtime/config.js';
import { measureLatency } from '../src/runtime/latency-bench/measure.js';
import { reportText } from '../src/runtime/latency-bench/text.js';
import type { Bench, BenchResult } from './measure.js';
import { rounded } from './measure.js';

const frames = 400;
const rounds = 8;
const warmUpFrames = 10;

/** What the stream around a model costs, on the shipped model (or the package in `CYCLOPS_BENCH_MODEL`). */
export const bench: Bench = {
  name: 'streaming',
  question: 'How much of the speed of bare ONNX Runtime is left when the same model runs in the whole stream?',
  async run(): Promise<BenchResult> {
    const config = streamConfigSchema.parse({
      model: process.env.CYCLOPS_BENCH_MODEL ?? (await shippedModel()),
      // The pattern that costs least to draw: what it costs is no part of a stream from a camera.
      camera: { source: { kind: 'test', pattern: 'smpte', width: 1280, height: 720 } },
    });
    const line = createLiveLine();
    const { report } = await measureLatency({
      config,
      frames,
      rounds,
      warmUpFrames,
      log: createLog('bench').child({}, { level: 'error' }),
      onProgress: (what, share) => line.update(`${Math.round(share * 100)} %  ${what}`),
    }).finally(() => line.close());
    process.stdout.write(reportText(report));
    const { throughput, stream, machine, model, settings } = report;
    return {
      headline: 'frames/s of the stream (1280x720 test picture, every frame) / runs/s of the bare session',
      value: rounded(throughput?.ratio ?? Number.NaN),
      unit: 'ratio',
      target: { op: '>=', value: 0.95 },
      details: {
        model: `${model.name} ${model.width}x${model.height} ${model.sha256.slice(0, 12)}`,
        cores: machine.cores,
        loadBefore: machine.loadBefore,
        threads: settings.threads,
        ratioMin: rounded(throughput?.ratioMin ?? Number.NaN),
        ratioMax: rounded(throughput?.ratioMax ?? Number.NaN),
        rounds: (throughput?.rounds ?? []).map((round) => [rounded(round.bareFps), rounded(round.streamingFps)]),
        bareMsP50: throughput?.bare.p50Ms ?? null,
        bareCpuMsPerRun: rounded(throughput?.bareCpuMsPerRun ?? 0),
        streamCpuMsPerFrame: rounded(throughput?.streaming.cpuMsPerFrame ?? 0),
        realTime: {
          offeredFps: stream?.offeredFps ?? null,
          fps: stream?.fps == null ? null : rounded(stream.fps),
          dropped: stream?.dropped ?? null,
          ageMsP50: stream?.stages.age.p50Ms ?? null,
          ageMsP99: stream?.stages.age.p99Ms ?? null,
          stamp: stream?.stamp ?? null,
        },
      },
    };
  },
};

async function shippedModel(): Promise<string> {
  const folder = join(packageRoot(), 'models');
  const names = await readdir(folder).catch(() => []);
  const name = names.sort().find((candidate) => candidate.startsWith('edge')) ?? names[0];
  if (name === undefined) {
    throw new CyclopsError(
      'FILE_MISSING',
      `${folder}: no shipped model; name a model package in CYCLOPS_BENCH_MODEL, or use cyclops bench MODEL`,
    );
  }
  return join(folder, name);
}
