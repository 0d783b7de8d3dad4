import { pino } from 'pino';
import { createLiveLine } from '../src/base/terminal.js';
import { treeUsage } from '../src/latency-bench/process-usage.js';
import {
  type CamerasConfig,
  camerasConfigSchema,
  type FrameInfo,
  LatencyMeter,
  startCameras,
} from '../src/runtime/index.js';
import type { Bench, BenchResult } from './measure.js';
import { printTable, rounded } from './measure.js';
import { benchModel } from './stream/model.js';

const counts = [1, 2, 4] as const;
const seconds = Number(process.env.CYCLOPS_BENCH_SECONDS ?? 20);
/** What cameras give; four of them are more than the shipped model takes on a few cores, so they share the engine. */
const cameraFps = 30;

/** What one number of cameras gave. */
export interface CamerasRun {
  readonly cameras: number;
  /** Frames of all cameras together, a second. */
  readonly fps: number;
  /** Frames of the camera that got fewest / of the one that got most; the one frame that is cut off by the edges of the time measured is not held against it. */
  readonly fairness: number;
  /** Of all cameras together. */
  readonly inferMsP50: number;
  readonly ageMsP50: number;
  readonly ageMsP99: number;
  readonly dropped: number;
  /** CPU time for a frame, ms: of this process (network, hand-over, pipes), and of the capture processes. */
  readonly cpuMsPerFrame: number;
  readonly captureCpuMsPerFrame: number;
}

/** Several cameras on one engine: what sharing it costs, and whether it is shared fairly. */
export const bench: Bench = {
  name: 'cameras',
  question: 'What do 1, 2 and 4 cameras get of one engine, and is it the same for each?',
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const line = createLiveLine();
    const runs: CamerasRun[] = [];
    for (const count of counts) {
      line.update(`${count} cameras, ${seconds} s`);
      runs.push(await measureCameras(camerasFor(model, count), seconds));
    }
    line.close();
    printTable(
      [
        'cameras',
        'fps in all',
        'least / most',
        'ms: age p50',
        'p99',
        'inference p50',
        'processor a frame',
        '+ capture',
        'dropped',
      ],
      runs.map((run) => [
        run.cameras,
        run.fps.toFixed(1),
        run.fairness.toFixed(3),
        run.ageMsP50.toFixed(1),
        run.ageMsP99.toFixed(1),
        run.inferMsP50.toFixed(1),
        run.cpuMsPerFrame.toFixed(1),
        run.captureCpuMsPerFrame.toFixed(1),
        run.dropped,
      ]),
    );
    return {
      headline: 'frames of the camera that got fewest / frames of the one that got most, 4 cameras at 30/s',
      value: rounded(runs.at(-1)!.fairness),
      unit: 'ratio',
      target: { op: '>=', value: 0.9 },
      details: { seconds, cameraFps, runs: runs.map((run) => ({ ...run })) },
    };
  },
};

function camerasFor(model: string, count: number): CamerasConfig {
  const source = { kind: 'test', pattern: 'smpte', width: 320, height: 180, fps: cameraFps } as const;
  return camerasConfigSchema.parse({
    model,
    cameras: Array.from({ length: count }, (_, index) => ({ id: `camera-${index}`, source })),
  });
}

/** Streams the cameras of a configuration, and counts from the moment when every one has given a frame. */
export async function measureCameras(config: CamerasConfig, forSeconds: number): Promise<CamerasRun> {
  const running = await startCameras(config, () => [], pino({ level: 'silent' }));
  const frames = new Map(config.cameras.map(({ id }) => [id, 0]));
  const meter = new LatencyMeter();
  let isCounting = false;
  const haveStarted = new Promise<void>((resolve) => {
    const seen = new Set<string>();
    running.onPublish((facts: FrameInfo) => {
      if (isCounting) {
        frames.set(facts.cameraId, frames.get(facts.cameraId)! + 1);
        meter.add(facts);
      }
      if (seen.add(facts.cameraId).size === config.cameras.length) resolve();
    });
  });
  await Promise.race([haveStarted, running.done]);
  isCounting = true;
  const [cpu, allCpuS, startedMs] = [process.cpuUsage(), treeUsage().cpuS, performance.now()];
  await Promise.race([new Promise((resolve) => setTimeout(resolve, forSeconds * 1000)), running.done]);
  isCounting = false;
  const spentMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  const ownMs = (user + system) / 1000;
  const allMs = (treeUsage().cpuS - allCpuS) * 1000;
  await running.stop();
  for (const { error } of await running.done) if (error !== undefined) throw error;
  const all = [...frames.values()];
  const sum = all.reduce((a, b) => a + b, 0);
  const { spreads, dropped } = meter.report();
  return {
    cameras: all.length,
    fps: rounded((sum * 1000) / spentMs),
    fairness: rounded(Math.min(1, (Math.min(...all) + 1) / Math.max(...all))),
    inferMsP50: rounded(spreads.infer.p50Ms),
    ageMsP50: rounded(spreads.age.p50Ms),
    ageMsP99: rounded(spreads.age.p99Ms),
    dropped,
    cpuMsPerFrame: rounded(ownMs / sum),
    captureCpuMsPerFrame: rounded(Math.max(0, allMs - ownMs) / sum),
  };
}
