import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { elapsedMs, monotonicNow } from '../../base/clock.js';
import { formatDuration } from '../../base/format.js';
import { createLog } from '../../base/log.js';
import { packageRoot } from '../../base/paths.js';
import { loadNow, reportHead } from '../../latency-bench/head.js';
import { UsageMeter } from '../../latency-bench/process-usage.js';
import { sectionFrom } from '../../latency-bench/section.js';
import { SpanRecord } from '../../latency-bench/spans.js';
import { sectionText } from '../../latency-bench/text.js';
import { type ReportPaths, writeLatencyReport } from '../../latency-bench/write.js';
import {
  type Output,
  png16Output,
  readModelPackage,
  type StreamConfig,
  startStream,
  VideoOutput,
} from '../../runtime/index.js';
import type { Command, OptionValues } from '../command.js';
import { choiceOption, integerOption, optionalText, requiredText } from '../options.js';
import { checkedConfig } from '../stream-config.js';
import { outcomeText } from '../stream-text.js';
import { readVideoSidecar } from '../video-sidecar.js';
import { catchSignals, withLiveLine } from '../watch-stream.js';

const shipped = { video: 'demo/street-drive.mp4', model: 'models/edge-street' } as const;

/** `cyclops demo`: the shipped drive through the shipped model, into a video to look at and a latency report. */
export const command: Command = {
  name: 'demo',
  summary: 'Stream the shipped drive through the shipped model.',
  usage: '[options]',
  options: {
    video: { type: 'string', value: 'FILE', help: `a video of your own [${shipped.video}]` },
    model: { type: 'string', value: 'DIR', help: `a model package of your own [${shipped.model}]` },
    out: { type: 'string', value: 'DIR', default: 'out', help: 'where the results go' },
    png16: { type: 'boolean', help: 'also write depth as 16-bit PNG (metres * 256) into DIR/depth' },
    frames: { type: 'string', value: 'N', help: 'end after N frames' },
    pace: {
      type: 'string',
      value: 'PACE',
      default: 'real-time',
      help: 'As a camera would deliver it (real-time: late frames drop), or depth for every frame (fastest)',
    },
  },
  positionals: { min: 0, max: 0 },
  details: `
Writes demo.mp4 (camera | depth with a scale in metres), latency.txt, latency.json and latency.png, and ends by itself.
The video keeps the time timestamps of the drive: it plays at the speed of the scene, and where a frame was dropped its
predecessor stands longer. A FILE.json beside a video of your own, with width, height, fxPx, fyPx, cxPx, cyPx of its
camera, makes its depth metric; without it the field of view of the model's camera is assumed, and that is said.
`,
  async run(values) {
    const { config, outputs, folder } = await demoSettings(values);
    const signals = catchSignals();
    try {
      const written = await stream(config, outputs, folder, signals.forwardTo);
      const places = [join(folder, 'demo.mp4'), ...Object.values(written)];
      if (values.png16 === true) places.push(join(folder, 'depth'));
      // A demo that was stopped before its first frame has no video.
      process.stdout.write(`written: ${places.filter((path) => existsSync(path)).join(', ')}\n`);
      return 0;
    } finally {
      signals.release();
    }
  },
};

interface DemoSettings {
  readonly config: StreamConfig;
  readonly outputs: readonly Output[];
  readonly folder: string;
}

async function demoSettings(values: OptionValues): Promise<DemoSettings> {
  const folder = requiredText(values, 'out');
  const path = optionalText(values, 'video') ?? shippedPath(shipped.video);
  const sidecar = await readVideoSidecar(path);
  const config = checkedConfig({
    model: optionalText(values, 'model') ?? shippedPath(shipped.model),
    camera: {
      source: { kind: 'file', path, pace: choiceOption(values, 'pace', ['real-time', 'fastest']) },
      ...(sidecar === undefined ? {} : { intrinsics: sidecar.intrinsics }),
    },
    ...(values.frames === undefined ? {} : { frames: integerOption(values, 'frames', 1, 1_000_000) }),
  });
  const outputs: Output[] = [new VideoOutput(join(folder, 'demo.mp4'))];
  if (values.png16 === true) outputs.push(png16Output(join(folder, 'depth')));
  return { config, outputs, folder };
}

/** A shipped file, named as short as it can be from where the user is. */
function shippedPath(name: string): string {
  const path = join(packageRoot(), name);
  const short = relative(process.cwd(), path);
  return short !== '' && !short.startsWith('..') ? short : path;
}

async function stream(
  config: StreamConfig,
  outputs: readonly Output[],
  folder: string,
  onStart: ReturnType<typeof catchSignals>['forwardTo'],
): Promise<ReportPaths> {
  const loadBefore = loadNow();
  const { package: model } = await readModelPackage(config.model);
  const pipeline = await startStream(config, outputs, createLog('cyclops').child({}, { level: 'warn' }));
  onStart(pipeline);
  const { pace, sourceFps } = pipeline.stream;
  const { source } = config.camera;
  process.stdout.write(`${'path' in source ? source.path : source.kind} through ${model.name}, ${pace}\n`);
  const record = new SpanRecord();
  const usage = new UsageMeter();
  const startedAt = monotonicNow();
  usage.start();
  pipeline.onPublish((frame) => record.add(frame));
  const outputNames = outputs.map(({ name }) => name);
  const head = await reportHead(config, model, pipeline.engine, { outputs: outputNames, warmUpFrames: 0, loadBefore });
  const summary = await withLiveLine(pipeline).finally(() => usage.stop());
  const elapsed = elapsedMs(startedAt);
  const section = sectionFrom(record, usage, elapsed / 1000, { pace, offeredFps: sourceFps });
  process.stdout.write(`\n${outcomeText(summary)}\n\n${sectionText(section)}\n\n${formatDuration(elapsed)} in all\n`);
  return writeLatencyReport(folder, { ...head, throughput: null, stream: section }, [
    { name: 'frame age: capture to publish', values: record.spansMs('age') },
    { name: 'inference', values: record.spansMs('infer') },
  ]);
}
