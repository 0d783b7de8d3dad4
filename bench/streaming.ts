import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../src/base/log.js';
import { createLiveLine } from '../src/base/terminal.js';
import { measureLatency } from '../src/latency-bench/measure.js';
import type { LatencyReportFile } from '../src/latency-bench/report.js';
import { readModelPackage } from '../src/model-package/read.js';
import { streamConfigSchema } from '../src/runtime/config.js';
import type { SourceInput } from '../src/runtime/index.js';
import type { Bench, BenchResult, Json } from './measure.js';
import { median, printTable, rounded } from './measure.js';
import { h264Clip } from './stream/camera.js';
import { benchModel } from './stream/model.js';

const frames = 400;
const rounds = 4;
/** A new process compiles its JavaScript and touches its memory for the first time in these. */
const warmUpFrames = 30;

/** What the stream around a model costs, on the shipped model (or the package in `CYCLOPS_BENCH_MODEL`). */
export const bench: Bench = {
  name: 'streaming',
  question: 'How much of the speed of bare ONNX Runtime is left when the same model runs in the whole stream?',
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const { width, height, channels } = (await readModelPackage(model)).package.input;
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-'));
    try {
      const ready = `${width}x${height} ${channels}, ready`;
      const sources: Readonly<Record<string, SourceInput>> = {
        [ready]: stillImage(channels, width, height),
        '1280x720 I420, ready': stillImage('I420', 1280, 720),
        '1280x720 H.264': { kind: 'file', path: await h264Clip(folder) },
      };
      const reports: Record<string, LatencyReportFile> = {};
      for (const [name, source] of Object.entries(sources)) reports[name] = await measure(model, name, source);
      return resultOf(reports, ready);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/**
 * One image again and again, without drawing or copying it: what a camera costs whose decoding, resizing and colour
 * conversion happen in hardware, or on another computer. Of the CPU time beside the network, all is ours.
 */
function stillImage(format: string, width: number, height: number): SourceInput {
  const caps = `video/x-raw,format=${format},width=${width},height=${height},framerate=30/1`;
  return { kind: 'pipeline', live: false, launch: `videotestsrc num-buffers=1 ! ${caps} ! imagefreeze` };
}

async function measure(model: string, name: string, source: SourceInput): Promise<LatencyReportFile> {
  const line = createLiveLine();
  const { report } = await measureLatency({
    config: streamConfigSchema.parse({ model, camera: { source } }),
    frames,
    rounds,
    warmUpFrames,
    throughputOnly: true,
    log: createLog('bench').child({}, { level: 'error' }),
    onProgress: (what, share) => line.update(`${name}: ${Math.round(share * 100)} %  ${what}`),
  }).finally(() => line.close());
  return report;
}

function resultOf(reports: Readonly<Record<string, LatencyReportFile>>, headline: string): BenchResult {
  const { machine, model, settings } = reports[headline]!;
  printTable(
    [
      'source',
      'fps',
      'ratio',
      'min',
      'max',
      'best',
      'to one at a time',
      'ms: frame',
      '= bare run',
      '+ source',
      '+ rest',
    ],
    Object.entries(reports).map(([name, { throughput }]) => [
      name,
      ...[throughput!.streaming.fps, throughput!.ratio, throughput!.ratioMin, throughput!.ratioMax].map(text),
      text(throughput!.ratioBound),
      text(aloneRatio(throughput!)),
      text(throughput!.streaming.cpuMsPerFrame),
      ...[throughput!.bareCpuMsPerRun, throughput!.captureCpuMsPerFrame, throughput!.otherCpuMsPerFrame].map(text),
    ]),
  );
  process.stdout.write(
    '\nratio: to the bare loop that infers as many images at once as the stream does, or one at a time on all threads,\n' +
      'whichever is faster. best: every core busy with the network and the source, and nothing else.\n' +
      'ms: CPU time of all processes for one frame. source: its GStreamer pipeline alone (decode, cut, resize, colour).\n',
  );
  return {
    headline: `frames/s of the stream / runs/s of the bare session, images arriving at the network's size: what cyclops itself costs`,
    value: rounded(reports[headline]!.throughput!.ratio),
    unit: 'ratio',
    target: { op: '>=', value: 0.95 },
    details: {
      model: `${model.name} ${model.width}x${model.height} ${model.sha256.slice(0, 12)}`,
      cores: machine.cores,
      loadBefore: machine.loadBefore,
      threads: settings.threads,
      sources: Object.fromEntries(Object.entries(reports).map(([name, report]) => [name, details(report)])),
    },
  };
}

/** To the bare loop with one image at a time. */
function aloneRatio({ rounds }: NonNullable<LatencyReportFile['throughput']>): number {
  return median(rounds.map(({ bareAloneFps, streamingFps }) => streamingFps / bareAloneFps));
}

function details({ throughput }: LatencyReportFile): Json {
  const { ratio, ratioMin, ratioMax, ratioBound, rounds, bare, streaming } = throughput!;
  const { bareCpuMsPerRun, captureCpuMsPerFrame, otherCpuMsPerFrame } = throughput!;
  return {
    ratio: rounded(ratio),
    ratioMin: rounded(ratioMin),
    ratioMax: rounded(ratioMax),
    ratioBound: numberOrNull(ratioBound),
    rounds: rounds.map((round) => [rounded(round.bareAloneFps), rounded(round.bareFps), rounded(round.streamingFps)]),
    ratioToOneAtATime: rounded(aloneRatio(throughput!)),
    concurrency: throughput!.concurrency,
    bareMsP50: bare.p50Ms,
    cpuMs: {
      frame: numberOrNull(streaming.cpuMsPerFrame),
      bare: rounded(bareCpuMsPerRun),
      source: numberOrNull(captureCpuMsPerFrame),
      rest: numberOrNull(otherCpuMsPerFrame),
    },
    peakRssBytes: streaming.peakRssBytes,
  };
}

function numberOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}

function text(value: number | null): string {
  return value === null ? '-' : value.toFixed(value < 10 ? 3 : 1);
}
