import { percentile, summarise } from '../src/base/statistics.js';
import { createLiveLine } from '../src/base/terminal.js';
import type { SpanRecord } from '../src/latency-bench/spans.js';
import { streamConfigSchema } from '../src/runtime/index.js';
import type { Bench, BenchResult } from './measure.js';
import { printTable, rounded } from './measure.js';
import { bareInferMs, benchThreads, measuredSeconds, stillCamera, streamCamera } from './stream/camera.js';
import { benchHead, benchModel } from './stream/model.js';

/** A camera asks for this share of the model's speed, and at most for the usual 30 images a second. */
const loadShare = 0.5;
const fpsLimit = 30;
const warmUpS = 3;

/** What cyclops adds to a frame's age where the model is quick enough: nothing may queue, so all that is left is ours. */
export const bench: Bench = {
  name: 'age',
  question: 'How much older than its capture and its inference is a frame when it is published?',
  async run(): Promise<BenchResult> {
    const model = await benchModel();
    const head = await benchHead(model);
    const engine = { threads: benchThreads };
    const inferMs = await bareInferMs(model, engine);
    const fps = Math.min(fpsLimit, (loadShare * 1000) / inferMs);
    const seconds = measuredSeconds(30);
    const config = streamConfigSchema.parse({ model, engine, camera: { source: await stillCamera(model, fps) } });
    const line = createLiveLine();
    const { record } = await streamCamera(config, { warmUpS, seconds }, (share) =>
      line.update(`${fps.toFixed(1)} frames/s: ${Math.round(share * 100)} %`),
    ).finally(() => line.close());
    const overheadMs = overheadOf(record);
    const rows = {
      'capture: transport': record.spansMs('transport'),
      inference: record.spansMs('infer'),
      '+ wait for the engine': record.spansMs('wait'),
      '+ handover': record.spansMs('handover'),
      'sum of the two': overheadMs,
      age: record.spansMs('age'),
    };
    printTable(
      ['ms', 'p50', 'p90', 'p99', 'max'],
      Object.entries(rows).map(([name, spans]) => {
        const { p50, p90, p99, max } = summarise(spans);
        return [name, ...[p50, p90, p99, max].map((value) => value.toFixed(3))];
      }),
    );
    process.stdout.write(
      `\n${record.frames} frames, ${record.dropped} dropped, at ${fps.toFixed(1)} frames/s for a model that takes ${inferMs.toFixed(1)} ms bare, ${benchThreads} thread(s).\n`,
    );
    return {
      headline: 'p99 over the frames of age - transport - inference',
      value: rounded(percentile(overheadMs, 99)),
      unit: 'ms',
      target: { op: '<=', value: 1 },
      details: {
        ...head,
        threads: benchThreads,
        cameraFps: rounded(fps),
        bareInferMs: rounded(inferMs),
        seconds,
        frames: record.frames,
        dropped: record.dropped,
        p99Ms: Object.fromEntries(Object.entries(rows).map(([name, spans]) => [name, rounded(percentile(spans, 99))])),
        overheadMsP50: rounded(percentile(overheadMs, 50)),
      },
    };
  },
};

/** Of each frame, what is neither capture nor inference: the way to the engine and the way back, ms. */
export function overheadOf(record: SpanRecord): readonly number[] {
  const handover = record.spansMs('handover');
  return record.spansMs('wait').map((wait, index) => wait + handover[index]!);
}
