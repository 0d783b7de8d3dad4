import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLog } from '../../src/base/log.js';
import { packageRoot } from '../../src/base/paths.js';
import { median } from '../../src/base/statistics.js';
import { SpanRecord } from '../../src/latency-bench/spans.js';
import { goldenInput } from '../../src/model-package/golden.js';
import { openEngine } from '../../src/runtime/engine/choose.js';
import {
  noOutput,
  readModelPackage,
  type SourceInput,
  type StreamConfig,
  type StreamConfigInput,
  startStream,
  streamConfigSchema,
} from '../../src/runtime/index.js';
import { chooseEncoder } from '../../src/runtime/outputs/video/h264-encoder.js';

/** One thread fewer than cores: capture and the main thread have a core of their own, and so a steady age. */
export const benchThreads = Math.max(1, availableParallelism() - 1);

const warmUpRuns = 10;
const measuredRuns = 60;

/** Median duration of a bare run of the model with these engine settings, ms. */
export async function bareInferMs(model: string, engine: NonNullable<StreamConfigInput['engine']>): Promise<number> {
  const loaded = await readModelPackage(model);
  const settings = streamConfigSchema.parse({ model, camera: { source: { kind: 'test' } }, engine }).engine;
  const opened = await openEngine(loaded, settings, createLog('bench').child({}, { level: 'error' }));
  try {
    const { width, height, channels } = loaded.package.input;
    const image = goldenInput(height, width, channels);
    await opened.engine.runBare(image, warmUpRuns);
    return median(await opened.engine.runBare(image, measuredRuns));
  } finally {
    await opened.engine.close();
  }
}

/**
 * A camera that costs nothing but its pipe: one image in the network's size and colours, again and again by the clock,
 * with the time timestamps of a live source.
 */
export async function stillCamera(model: string, fps: number): Promise<SourceInput> {
  const { width, height, channels } = (await readModelPackage(model)).package.input;
  const caps = `video/x-raw,format=${channels},width=${width},height=${height}`;
  const rate = `video/x-raw,framerate=${Math.round(fps * 100)}/100`;
  return {
    kind: 'pipeline',
    live: true,
    launch: `videotestsrc num-buffers=1 pattern=smpte ! ${caps} ! imagefreeze is-live=true ! ${rate}`,
  };
}

/** Every frame of a stretch of a stream, with the second of the stretch in which each was published. */
export interface CameraRun {
  readonly record: SpanRecord;
  readonly atS: readonly number[];
}

/**
 * Streams a camera for a while: the whole pipeline with its capture process, without outputs.
 * @param warmUpS from the first frame on, not measured: the engine's first runs, and time for the clock offset to settle.
 */
export async function streamCamera(
  config: StreamConfig,
  { warmUpS, seconds }: { readonly warmUpS: number; readonly seconds: number },
  onProgress: (share: number) => void = () => undefined,
): Promise<CameraRun> {
  const record = new SpanRecord();
  const atS: number[] = [];
  const pipeline = await startStream(config, [noOutput()], createLog('bench').child({}, { level: 'error' }));
  let startedAt = Number.POSITIVE_INFINITY;
  let ended: NodeJS.Timeout | undefined;
  pipeline.onPublish((frame) => {
    if (ended === undefined) {
      startedAt = performance.now() + warmUpS * 1000;
      ended = setTimeout(() => void pipeline.stop(), (warmUpS + seconds) * 1000);
    }
    const passedS = (performance.now() - startedAt) / 1000;
    if (passedS < 0) return;
    record.add(frame);
    atS.push(passedS);
  });
  const share = () => Math.max(0, (performance.now() - startedAt) / 1000 / seconds);
  const progress = setInterval(() => onProgress(share()), 1000);
  try {
    await pipeline.done;
  } finally {
    clearTimeout(ended);
    clearInterval(progress);
  }
  return { record, atS };
}

/** Seconds to measure: `CYCLOPS_BENCH_MINUTES`, else a default. */
export function measuredSeconds(defaultS: number): number {
  const minutes = Number(process.env.CYCLOPS_BENCH_MINUTES);
  return minutes > 0 ? minutes * 60 : defaultS;
}

/** Writes the shipped drive, enlarged to 1280x720 H.264, into a folder: 200 images. @returns its path. */
export async function h264Clip(folder: string): Promise<string> {
  const drive = join(packageRoot(), 'demo', 'street-drive.mp4');
  const path = join(folder, '720p.mp4');
  const { launch } = await chooseEncoder();
  const text = `filesrc location=${drive} ! decodebin ! videoscale add-borders=false ! video/x-raw,width=1280,height=720,pixel-aspect-ratio=1/1 ! videoconvert ! video/x-raw,format=I420 ! ${launch} ! h264parse ! mp4mux ! filesink location=${path}`;
  await promisify(execFile)('gst-launch-1.0', ['-q', ...text.split(' ')]);
  return path;
}
