import { existsSync } from 'node:fs';
import { z } from 'zod';
import { describeIssue, readConfig } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import {
  engineKinds,
  providers,
  type SourceInput,
  type StreamConfig,
  type StreamConfigInput,
  sourceForms,
  streamConfigSchema,
} from '../runtime/index.js';
import type { OptionSpec, OptionValues } from './command.js';
import { logOption } from './log-option.js';
import { choiceOption, integerOption, listOption, numberOption, optionalText, requiredText } from './options.js';
import { kindsHelp, sizesHelp } from './source-help.js';
import { sourceOf } from './source-path.js';
import { readVideoSidecar } from './video-sidecar.js';

/** The options that say how a source is read, of those kinds that have them. */
export const sourceOptions: Readonly<Record<string, OptionSpec>> = {
  pace: {
    type: 'string',
    value: 'PACE',
    help: `Frames are real-time (late frames drop) or fastest (every frame); of ${kindsHelp('pace')}`,
  },
  fps: { type: 'string', value: 'N', help: `Rate of ${kindsHelp('fps')}` },
  size: { type: 'string', value: 'WxH', help: `Image size of ${sizesHelp()}` },
  'pixel-format': {
    type: 'string',
    value: 'FORMAT',
    help: `One of YUY2, UYVY, NV12 or MJPG; of ${kindsHelp('pixelFormat')}`,
  },
  transport: { type: 'string', value: 'NAME', help: `Either tcp or udp; of ${kindsHelp('transport')}` },
  codec: { type: 'string', value: 'NAME', help: `One of h264, h265, jpeg; rtsp also auto; of ${kindsHelp('codec')}` },
  'buffer-ms': {
    type: 'string',
    value: 'MS',
    help: `Wait at most this long for late packets; of ${kindsHelp('bufferMs')}`,
  },
};

/** The options that describe a stream; every command that streams offers the same. */
export const streamOptions: Readonly<Record<string, OptionSpec>> = {
  source: {
    type: 'string',
    value: 'SOURCE',
    help: `A path, ${sourceForms()}`,
  },
  pipeline: {
    type: 'string',
    value: 'TEXT',
    help: 'A GStreamer pipeline of your own, up to raw video: --source pipeline:TEXT',
  },
  ...sourceOptions,
  loop: { type: 'boolean', help: `start again at the end: ${kindsHelp('loop')}` },
  frames: { type: 'string', value: 'N', help: 'end after N frames' },
  threads: { type: 'string', value: 'N', help: 'threads of the network; 0 = one a core [0]' },
  provider: { type: 'string', value: 'NAME', help: `execution provider: ${providers.join(', ')} [cpu]` },
  fallback: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'provider to use where that one cannot run; may be repeated [none: an error]',
  },
  engine: {
    type: 'string',
    value: 'NAME',
    help: 'way to ONNX Runtime: ort-capi, ort-node [ort-capi]',
  },
  'ort-library': { type: 'string', value: 'FILE', help: "The libonnxruntime.so for ort-capi, such as a Jetson's" },
  'allow-degraded': { type: 'boolean', help: 'stream although the self-test found wrong depth' },
  fx: { type: 'string', value: 'PX', help: "the camera's focal length, px of its full image" },
  fov: { type: 'string', value: 'DEG', help: "the camera's horizontal field of view, degrees" },
  calibration: { type: 'string', value: 'FILE', help: "the camera's calibration, as ROS or OpenCV writes it (YAML)" },
  config: { type: 'string', value: 'FILE', help: 'YAML with all of this; options win over it' },
  ...logOption,
};

/**
 * The stream a command line asks for: `--config` first, the model and source arguments and options over it. The camera of
 * a video is what the file beside it says, unless something else says it.
 * @throws CyclopsError `USAGE_INVALID`, and those of `readConfig`.
 */
export async function streamConfig(
  given: OptionValues,
  [model, argument]: readonly string[],
  log: Logger,
): Promise<StreamConfig> {
  const values = argument === undefined ? given : withSourceArgument(given, argument);
  const file = optionalText(values, 'config');
  const base: Partial<StreamConfigInput> = file === undefined ? {} : await readConfig(file, streamConfigSchema);
  const camera = cameraInput(values, base.camera);
  const merged = {
    ...base,
    ...(model === undefined ? {} : { model }),
    ...(camera === undefined ? {} : { camera }),
    engine: engineInput(values, base.engine),
    ...(values.frames === undefined ? {} : { frames: integerOption(values, 'frames', 1, Number.MAX_SAFE_INTEGER) }),
  };
  if (merged.model === undefined) throw new CyclopsError('USAGE_INVALID', 'expected the folder of a model package');
  if (merged.camera === undefined) {
    throw new CyclopsError('USAGE_INVALID', `SOURCE: expected a path, ${sourceForms()}`, {
      details: { missing: 'source' },
    });
  }
  return withSidecar(checkedConfig(merged), log);
}

/** The source after the model, as `--source`. A word that is a kind of source and a path here as well is refused. */
function withSourceArgument(values: OptionValues, argument: string): OptionValues {
  if (values.source !== undefined) {
    throw new CyclopsError('USAGE_INVALID', `source "${argument}": --source is given too; expected only one of them`);
  }
  if (/^(test|csi)$/.test(argument) && existsSync(argument)) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `source "${argument}": a kind of source, and a path here; expected ./${argument} or --source ${argument}`,
    );
  }
  return { ...values, source: argument };
}

async function withSidecar(config: StreamConfig, log: Logger): Promise<StreamConfig> {
  const { camera } = config;
  const isKnown = [camera.calibration, camera.intrinsics, camera.fxPx, camera.horizontalFovDeg].some(
    (value) => value !== undefined,
  );
  if (camera.source.kind !== 'file' || isKnown) return config;
  const sidecar = await readVideoSidecar(camera.source.path);
  if (sidecar === undefined) return config;
  log.info(`camera: ${sidecar.path} beside the video says it`);
  return { ...config, camera: { ...camera, intrinsics: sidecar.intrinsics } };
}

/** What a command line says of the engine, over what a configuration file says. */
export function engineInput(values: OptionValues, base: StreamConfigInput['engine']): object {
  return {
    ...base,
    ...(values.threads === undefined ? {} : { threads: integerOption(values, 'threads', 0, 256) }),
    ...(values.provider === undefined ? {} : { provider: choiceOption(values, 'provider', providers) }),
    ...(values.fallback === undefined ? {} : { fallback: listOption(values, 'fallback') }),
    ...(values.engine === undefined ? {} : { kind: choiceOption(values, 'engine', engineKinds) }),
    ...(values['ort-library'] === undefined ? {} : { library: requiredText(values, 'ort-library') }),
    ...(values['allow-degraded'] === true ? { allowDegraded: true } : {}),
  };
}

/** Whether a configuration file lists several cameras. @throws CyclopsError of `readConfig`. */
export async function listsCameras(values: OptionValues): Promise<boolean> {
  const file = optionalText(values, 'config');
  if (file === undefined) return false;
  return (await readConfig(file, z.looseObject({}))).cameras !== undefined;
}

/** What the command line asks for against the schema. @throws CyclopsError `USAGE_INVALID` naming the field. */
export function checkedConfig(input: unknown): StreamConfig {
  return checked(streamConfigSchema, input);
}

/** What the command line asks for against a schema. @throws CyclopsError `USAGE_INVALID` naming the field. */
export function checked<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  // What no single field is to blame for says enough by itself: nobody typed the whole as one text.
  throw new CyclopsError(
    'USAGE_INVALID',
    keys.length === 0 && issue.code === 'custom' ? issue.message : describeIssue(issue, keys, input),
  );
}

function cameraInput(
  values: OptionValues,
  base: StreamConfigInput['camera'] | undefined,
): StreamConfigInput['camera'] | undefined {
  const text = optionalText(values, 'source');
  const launch = optionalText(values, 'pipeline');
  if (text !== undefined && launch !== undefined) {
    throw new CyclopsError('USAGE_INVALID', '--source, --pipeline: expected only one of them');
  }
  const own: SourceInput | undefined = launch === undefined ? base?.source : { kind: 'pipeline', launch };
  const source = text === undefined ? own : sourceOf(text, '--source');
  if (source === undefined) return undefined;
  const hasLens = values.fx !== undefined || values.fov !== undefined || values.calibration !== undefined;
  const { calibration, intrinsics, fxPx, horizontalFovDeg, ...rest } = base ?? {};
  const lens = hasLens
    ? {
        ...(values.calibration === undefined ? {} : { calibration: optionalText(values, 'calibration') as string }),
        ...(values.fx === undefined ? {} : { fxPx: numberOption(values, 'fx', 1, 100_000) }),
        ...(values.fov === undefined ? {} : { horizontalFovDeg: numberOption(values, 'fov', 5, 170) }),
      }
    : definedOnly({ calibration, intrinsics, fxPx, horizontalFovDeg });
  return { ...rest, ...lens, source: withOptions(source, values) };
}

function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Lays `sourceOptions` over a source; one that does not fit its kind is an error of the schema. */
export function withOptions(source: SourceInput, values: OptionValues): SourceInput {
  const size = optionalText(values, 'size');
  const match = size === undefined ? undefined : /^(\d+)x(\d+)$/.exec(size);
  if (match === null) throw new CyclopsError('USAGE_INVALID', `--size: expected WIDTHxHEIGHT, found "${size}"`);
  return {
    ...source,
    ...(values.pace === undefined ? {} : { pace: choiceOption(values, 'pace', ['real-time', 'fastest']) }),
    ...(values.fps === undefined ? {} : { fps: numberOption(values, 'fps', 0.01, 1000) }),
    ...(values['pixel-format'] === undefined
      ? {}
      : { pixelFormat: choiceOption(values, 'pixel-format', ['YUY2', 'UYVY', 'NV12', 'MJPG']) }),
    ...(values.transport === undefined ? {} : { transport: choiceOption(values, 'transport', ['tcp', 'udp']) }),
    ...(values.codec === undefined ? {} : { codec: choiceOption(values, 'codec', ['auto', 'h264', 'h265', 'jpeg']) }),
    ...(values['buffer-ms'] === undefined ? {} : { bufferMs: integerOption(values, 'buffer-ms', 0, 2000) }),
    ...(values.loop === true ? { loop: true } : {}),
    ...(match === undefined ? {} : { width: Number(match[1]), height: Number(match[2]) }),
  } as SourceInput;
}
