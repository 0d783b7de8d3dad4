import { readConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import { formatBytes } from '../../base/format.js';
import { createLiveLine } from '../../base/terminal.js';
import {
  type RecordConfig,
  type RecordConfigInput,
  type Recording,
  type RecordingResult,
  type RecordingStats,
  recordConfigSchema,
  sourceForms,
  startRecording,
} from '../../runtime/index.js';
import type { Command, OptionValues } from '../command.js';
import { logFrom, logOption } from '../log-option.js';
import { integerOption, listOption, numberOption, optionalText } from '../options.js';
import { program } from '../program.js';
import { sourceOf } from '../source-path.js';
import { listenForStop } from '../stop-signal.js';
import { checked, sourceOptions, withOptions } from '../stream-config.js';

const livePeriodMs = 1000;

/** `cyclops record`: a stereo rig into a folder that training reads, until a limit, the source's end or a signal. */
export const command: Command = {
  name: 'record',
  summary: 'Record the pairs of a stereo rig, rectified, in the layout that training reads.',
  usage: 'DIR --left SOURCE --right SOURCE (--calibration FILE... | --fx PX --baseline M) [options]',
  options: {
    left: {
      type: 'string',
      value: 'SOURCE',
      help: `The left camera, as ${sourceForms()}`,
    },
    right: { type: 'string', value: 'SOURCE', help: 'the right camera' },
    'left-calibration': {
      type: 'string',
      value: 'FILE',
      help: "the left camera's camera_info (ROS), calibrated as a pair",
    },
    'right-calibration': { type: 'string', value: 'FILE', help: "the right camera's" },
    calibration: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: "OpenCV's stereo calibration in their place; repeat it where it is in two files",
    },
    fx: { type: 'string', value: 'PX', help: 'focal length of a rig whose images come rectified' },
    baseline: {
      type: 'string',
      value: 'M',
      help: 'distance of its cameras, m; or in place of what a calibration says',
    },
    ...sourceOptions,
    'tolerance-ms': { type: 'string', value: 'MS', help: 'images further apart in time are no pair [10]' },
    every: { type: 'string', value: 'N', help: 'keep one of N pairs [1]' },
    frames: { type: 'string', value: 'N', help: 'end after N pairs' },
    seconds: { type: 'string', value: 'S', help: 'end after S seconds' },
    png: { type: 'boolean', help: 'lossless images: PNG in place of JPEG' },
    quality: { type: 'string', value: 'N', help: 'of JPEG, 50 to 100 [95]' },
    width: { type: 'string', value: 'PX', help: "width of the recorded images [the source's]" },
    'keep-free': { type: 'string', value: 'MB', help: 'end while so much of the disk is free [500]' },
    config: { type: 'string', value: 'FILE', help: 'YAML with all of this; options win over it' },
    ...logOption,
    json: { type: 'boolean', help: 'print the summary as one JSON line on standard output' },
  },
  positionals: { min: 1, max: 1 },
  details: `
DIR becomes the recording: recording.json, left, right, pairs.csv (docs/formats.md). Every pair is whole on the disk or not
there, whatever ends the run. Pairs are matched by capture time; frames without a partner are counted. Cameras that fail
are brought back, and recording goes on.

  cyclops record data/my-rig/monday --left /dev/video0 --right /dev/video2 --size 1280x720 \\
      --pixel-format MJPG --left-calibration left.yaml --right-calibration right.yaml --every 6
  cyclops record data/my-rig/tuesday --config rig.yaml --seconds 600
  cyclops data check data/my-rig           # a folder of recordings is read as one`,
  async run(values, [folder]) {
    const config = await recordConfig(values);
    let recording: Recording | undefined;
    const stop = listenForStop(() => void recording?.stop());
    try {
      recording = await startRecording(config, folder!, logFrom(values));
      if (stop.signal.aborted) void recording.stop();
      const result = await withProgress(recording);
      if (values.json === true) process.stdout.write(`${JSON.stringify({ folder, ...result.summary })}\n`);
      else process.stderr.write(`${resultText(result)}\n`);
      if (result.fault !== undefined) throw result.fault;
      if (result.summary.pairs === 0 && result.summary.end !== 'stopped') {
        throw new CyclopsError(
          'DATA_EMPTY',
          `${folder}: no image of one camera had a partner of the other; see --tolerance-ms`,
        );
      }
      return 0;
    } finally {
      stop.release();
    }
  },
};

/** The recording a command line asks for: `--config` first, options over it. */
async function recordConfig(values: OptionValues): Promise<RecordConfig> {
  const file = optionalText(values, 'config');
  const base: Partial<RecordConfigInput> = file === undefined ? {} : await readConfig(file, recordConfigSchema);
  const calibration = listOption(values, 'calibration');
  return checked(recordConfigSchema, {
    ...base,
    left: viewInput(values, 'left', base.left),
    right: viewInput(values, 'right', base.right),
    ...(calibration.length === 0 ? {} : { calibration }),
    ...(values.fx === undefined ? {} : { fxPx: numberOption(values, 'fx', 1, 100_000) }),
    ...(values.baseline === undefined ? {} : { baselineM: numberOption(values, 'baseline', 0.001, 100) }),
    ...(values['tolerance-ms'] === undefined ? {} : { toleranceMs: numberOption(values, 'tolerance-ms', 0.001, 1000) }),
    ...(values.every === undefined ? {} : { every: integerOption(values, 'every', 1, 1_000_000) }),
    ...(values.frames === undefined ? {} : { frames: integerOption(values, 'frames', 1, 1_000_000_000) }),
    ...(values.seconds === undefined ? {} : { seconds: numberOption(values, 'seconds', 0.001, 1e9) }),
    ...(values.png === true ? { images: 'png' } : {}),
    ...(values.quality === undefined ? {} : { quality: integerOption(values, 'quality', 50, 100) }),
    ...(values.width === undefined ? {} : { width: integerOption(values, 'width', 16, 16384) }),
    ...(values['keep-free'] === undefined ? {} : { keepFreeMb: numberOption(values, 'keep-free', 0, 1e9) }),
  });
}

function viewInput(
  values: OptionValues,
  side: 'left' | 'right',
  base: RecordConfigInput['left'] | undefined,
): RecordConfigInput['left'] {
  const text = optionalText(values, side);
  const source = text === undefined ? base?.source : sourceOf(text, `--${side}`);
  if (source === undefined) throw new CyclopsError('USAGE_INVALID', `--${side}: expected a source, see --help`);
  const calibration = optionalText(values, `${side}-calibration`) ?? base?.calibration;
  return { source: withOptions(source, values), ...(calibration === undefined ? {} : { calibration }) };
}

async function withProgress(recording: Recording): Promise<RecordingResult> {
  const line = createLiveLine();
  let [before, atMs] = [0, performance.now()];
  const show = (): void => {
    const stats = recording.stats();
    const nowMs = performance.now();
    line.update(progressText(stats, ((stats.pairs - before) * 1000) / (nowMs - atMs)));
    [before, atMs] = [stats.pairs, nowMs];
  };
  const timer = setInterval(show, livePeriodMs);
  try {
    return await recording.done;
  } finally {
    clearInterval(timer);
    show();
    line.close();
  }
}

/** `  412 pairs  30.0/s  124.1 MiB  unmatched 1+0  lost 0+2  dropped 0  apart p50 0.4 ms`, and what is wrong. */
function progressText(stats: RecordingStats, perSecond: number): string {
  const { pairs, bytes, recovering } = stats;
  const wait = recovering.length === 0 ? '' : `  waiting for the ${recovering.join(' and the ')} camera`;
  return `${String(pairs).padStart(6)} pairs  ${perSecond.toFixed(1)}/s  ${formatBytes(bytes)}  ${lossText(stats)}  apart p50 ${stats.skewMs.p50.toFixed(1)} ms${wait}`;
}

function lossText({ unmatched, lost, dropped }: RecordingResult['summary']): string {
  return `unmatched ${unmatched.left}+${unmatched.right}  lost ${lost.left}+${lost.right}  dropped ${dropped}`;
}

function resultText({ folder, summary }: RecordingResult): string {
  const { pairs, skipped, restarts, skewMs } = summary;
  return [
    `${pairs} pairs in ${folder}${skipped === 0 ? '' : ` (${skipped} left out by --every)`}`,
    `left+right: ${lossText(summary)}, capture restarts ${restarts.left}+${restarts.right}`,
    `images of a pair apart: p50 ${skewMs.p50} ms, p99 ${skewMs.p99} ms, at most ${skewMs.max} ms`,
    ...(pairs === 0 ? [] : [`look at it: ${program} data check ${folder} --sheet ${folder}/sheet.png`]),
  ].join('\n');
}
