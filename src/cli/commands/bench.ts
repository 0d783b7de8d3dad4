import { constants } from 'node:os';
import { CyclopsError } from '../../base/errors.js';
import { createLog } from '../../base/log.js';
import { measureLatency } from '../../latency-bench/measure.js';
import { reportText } from '../../latency-bench/text.js';
import { writeLatencyReport } from '../../latency-bench/write.js';
import { kindsWith, sourceForms } from '../../runtime/index.js';
import { startActivity } from '../activity.js';
import type { Command } from '../command.js';
import { integerOption, requiredText } from '../options.js';
import { kindsHelp } from '../source-help.js';
import { listenForStop, type StopReason } from '../stop-signal.js';
import { streamConfig, streamOptions } from '../stream-config.js';

/** What a measurement has of a stream: its sources wait for the model, and no camera does. */
const names = [
  ...['threads', 'provider', 'fallback', 'engine', 'ort-library', 'allow-degraded'],
  ...['fx', 'fov', 'calibration'],
];
const ownOptions = Object.fromEntries(names.map((name) => [name, streamOptions[name]!]));

/** Sources that can wait for the model. */
const waiting = kindsWith('pace');
const rated = waiting.filter(({ schema }) => 'fps' in schema.shape);

/** `cyclops bench`: latency and throughput of a model on this machine. */
export const command: Command = {
  name: 'bench',
  summary: 'Measure the latency of a model on this machine.',
  usage: 'MODEL [SOURCE] [options]',
  options: {
    source: {
      type: 'string',
      value: 'SOURCE',
      help: `What is measured on: ${sourceForms(waiting)}, or a path [test:smpte]`,
    },
    fps: { type: 'string', value: 'N', help: `Rate in the part in real time of ${kindsHelp('fps', rated)}` },
    size: streamOptions.size!,
    ...ownOptions,
    frames: { type: 'string', value: 'N', default: '300', help: 'measured frames of each part' },
    'warm-up': { type: 'string', value: 'N', default: '20', help: 'frames left out at the beginning of each stretch' },
    rounds: { type: 'string', value: 'N', default: '5', help: 'turns of bare loop and stream' },
    out: { type: 'string', value: 'DIR', default: 'out/bench', help: 'where the report goes' },
    json: { type: 'boolean', help: 'print the report as one JSON line on standard output' },
  },
  positionals: { min: 1, max: 2 },
  details: `
Two parts. First the bare ONNX Runtime (one session, one image, a tight loop) and the whole stream as fast as the model
takes, in turn: their ratio, with the CPU time of a frame taken apart (bare run, the source's own pipeline, the
rest) and the best ratio that this source allows on these cores. Then the stream in real time, at the rate of the source: the age of
a frame when its depth is published, stage by stage, and the frames that were dropped because the model was busy.

Writes latency.txt, latency.json (docs/latency.md describes it) and latency.png (histograms). Run it on a machine
that does nothing else.

  cyclops bench models/edge-street --fps 30
  cyclops bench models/edge-street drive.mp4 --threads 2 --json
`,
  async run(values, positionals) {
    // The notes on the camera are for those who stream; here they would come once a stretch.
    const log = createLog('cyclops').child({}, { level: 'error' });
    const isTold = values.source !== undefined || positionals.length > 1;
    const config = await streamConfig(isTold ? values : { ...values, source: 'test:smpte' }, positionals, log);
    const frames = integerOption(values, 'frames', 10, 100_000);
    const rounds = integerOption(values, 'rounds', 1, 100);
    const warmUpFrames = integerOption(values, 'warm-up', 1, 10_000);
    const folder = requiredText(values, 'out');
    if (!('pace' in config.camera.source)) {
      throw new CyclopsError(
        'USAGE_INVALID',
        `--source: a camera cannot wait for the model; expected ${sourceForms(waiting)}`,
      );
    }
    const activity = startActivity('opening the model');
    let reason: StopReason | undefined;
    const stop = listenForStop((name) => {
      reason = name;
      activity.close();
      process.stderr.write(`${name}: stopping; there will be no report\n`);
    });
    const result = await measureLatency({
      config,
      frames,
      rounds,
      warmUpFrames,
      log,
      signal: stop.signal,
      onProgress: (what, share) => activity.show(`${Math.round(share * 100)} %  ${what}`),
    })
      .catch((error: unknown) => {
        if (reason === undefined) throw error;
        return undefined;
      })
      .finally(() => {
        stop.release();
        activity.close();
      });
    // The exit code of a command that a signal ended.
    if (result === undefined) return 128 + constants.signals[reason!];
    const { report, bareMs, throughput, realTime } = result;
    const paths = await writeLatencyReport(folder, report, [
      { name: 'bare inference', values: bareMs },
      { name: 'inference in the stream, fastest', values: throughput.spansMs('infer') },
      { name: 'inference in real time', values: realTime.spansMs('infer') },
      { name: 'frame age in real time', values: realTime.spansMs('age') },
    ]);
    if (values.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${reportText(report)}\n`);
    process.stderr.write(`written: ${paths.text}, ${paths.json}, ${paths.histogram}\n`);
    return 0;
  },
};
