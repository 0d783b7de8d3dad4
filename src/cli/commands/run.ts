import { CyclopsError, messageOf } from '../../base/errors.js';
import {
  type OutputSettings,
  outputForms,
  outputHelp,
  parseOutput,
  planCapture,
  readModelPackage,
  type StreamConfig,
  startStream,
  withoutPassword,
} from '../../runtime/index.js';
import type { Command, OptionValues } from '../command.js';
import { logFrom } from '../log-option.js';
import { listOption } from '../options.js';
import { camerasConfig, openOutputs, runCameras } from '../run-cameras.js';
import { listsCameras, streamConfig, streamOptions } from '../stream-config.js';
import { summaryText } from '../stream-text.js';
import { catchSignals, withLiveLine } from '../watch-stream.js';

/** `cyclops run`: a source through a model into outputs, until the source ends or a signal comes. */
export const command: Command = {
  name: 'run',
  summary: 'Stream a camera, a video or a folder of images into metric depth.',
  usage: 'MODEL SOURCE [--output OUTPUT]... [options]',
  options: {
    ...streamOptions,
    output: {
      type: 'string',
      multiple: true,
      value: 'OUTPUT',
      help: `What is made of the depth: ${outputForms}; may be repeated [none]`,
    },
    json: { type: 'boolean', help: 'print the summary as one JSON line on standard output' },
    'print-pipeline': { type: 'boolean', help: 'print the GStreamer pipeline and end' },
  },
  positionals: { min: 0, max: 2 },
  details: `
MODEL is the folder of a model package, or of an ONNX file that was made elsewhere with a model.json written by hand
(docs/foreign-models.md). SOURCE is a path (a video, a folder of images, a camera's device) or one of the forms of --source.
A file gives depth for every frame unless --pace real-time; cameras and the test image run in real time: the newest frame
wins, what is late is dropped and counted. SIGINT and SIGTERM end in order.

Outputs:
${outputHelp('  ')}

  cyclops run models/edge-street drive.mp4 --output video:out/depth.mp4
  cyclops run models/edge-street /dev/video0 --fov 78 --output ndjson
  cyclops run models/edge-street rtsp://10.0.0.5/main --fov 90 --output ndjson
  cyclops run models/edge-street frames --output png16:out/depth --json
  cyclops run --config car.yaml            # several cameras on one engine, if it lists them

A camera other than the one the model was trained for needs --fx, --fov or a calibration in --config (docs/streaming.md), or,
for a video drive.mp4, a drive.json beside it with width, height, fxPx (and fyPx, cxPx, cyPx) of its camera.
`,
  async run(values, positionals) {
    if (await listsCameras(values)) return runSeveral(values, positionals);
    const log = logFrom(values);
    const config = await streamConfig(values, positionals, log);
    if (values['print-pipeline'] === true) {
      process.stdout.write(`${await pipelineOf(config)}\n`);
      return 0;
    }
    const outputs = openOutputs(outputSettings(listOption(values, 'output')));
    // Signals are kept from the first moment: one that comes while the model loads ends the run as soon as it can.
    const signals = catchSignals();
    try {
      const pipeline = await startStream(config, outputs, log);
      signals.forwardTo(pipeline);
      const summary = await withLiveLine(pipeline);
      if (values.json === true) process.stdout.write(`${JSON.stringify({ summary })}\n`);
      else process.stderr.write(`\n${summaryText(summary)}\n`);
      return 0;
    } finally {
      signals.release();
    }
  },
};

/** The cameras that a configuration lists, on one engine. */
async function runSeveral(values: OptionValues, [model, source]: readonly string[]): Promise<number> {
  if (source !== undefined) {
    throw new CyclopsError('USAGE_INVALID', `source "${source}": the configuration lists cameras; give it there`);
  }
  const config = await camerasConfig(values, model);
  if (values['print-pipeline'] !== true) return runCameras(config, values);
  const { cameras, ...common } = config;
  for (const { outputs: _, ...camera } of cameras) {
    process.stdout.write(`${camera.id}: ${await pipelineOf({ ...common, camera })}\n`);
  }
  return 0;
}

async function pipelineOf(config: StreamConfig): Promise<string> {
  const { package: model } = await readModelPackage(config.model);
  const { job, view } = await planCapture(config, model);
  process.stderr.write(`${view.note}\n`);
  return job.kind === 'gst' ? withoutPassword(job.launch) : `${job.paths.length} images, read without GStreamer`;
}

/** What `--output` asks for; `none` where it is not given. @throws CyclopsError `USAGE_INVALID`. */
function outputSettings(texts: readonly string[]): readonly OutputSettings[] {
  try {
    return (texts.length === 0 ? ['none'] : texts).map(parseOutput);
  } catch (error) {
    throw new CyclopsError('USAGE_INVALID', `--output: ${messageOf(error)}`, { cause: error });
  }
}
