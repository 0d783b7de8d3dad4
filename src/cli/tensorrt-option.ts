import { describeIssue } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { tensorRtTargets } from '../model-package/tensorrt/option-fields.js';
import { type TensorRtOptions, tensorRtOptionsSchema } from '../model-package/tensorrt/options.js';
import { tensorRtPresets } from '../model-package/tensorrt/presets.js';
import { providerOptions } from '../model-package/tensorrt/provider-options.js';
import { shellLine, trtexecCommand } from '../model-package/tensorrt/trtexec.js';
import type { OptionSpec, OptionValues } from './command.js';
import { choiceOption, listOption } from './options.js';

/** The options that describe how TensorRT shall build a graph. */
export const tensorRtOptionSpecs: Readonly<Record<string, OptionSpec>> = {
  tensorrt: {
    type: 'string',
    value: 'PRESET',
    help: `TensorRT settings of a kind of machine: ${tensorRtTargets.join(', ')}`,
  },
  'tensorrt-option': {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'one setting over the preset, such as dlaCore=0 (docs/tensorrt.md); may be repeated',
  },
};

/**
 * The settings a command line asks for, or undefined where it asks for none.
 * @throws CyclopsError `USAGE_INVALID` naming the setting and the reason.
 */
export function tensorRtFrom(values: OptionValues): TensorRtOptions | undefined {
  const changes = listOption(values, 'tensorrt-option').map(parseChange);
  if (values.tensorrt === undefined && changes.length === 0) return undefined;
  const preset =
    values.tensorrt === undefined ? {} : tensorRtPresets[choiceOption(values, 'tensorrt', tensorRtTargets)];
  const input = { ...preset, ...Object.fromEntries(changes) };
  const parsed = tensorRtOptionsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  throw new CyclopsError('USAGE_INVALID', `TensorRT settings: ${describeIssue(issue, keys, input)}`);
}

/** `NAME=VALUE`; the value is JSON where it reads as such, else text. */
function parseChange(text: string): [string, unknown] {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new CyclopsError('USAGE_INVALID', `--tensorrt-option: expected NAME=VALUE, found "${text}"`);
  }
  const value = text.slice(equals + 1);
  try {
    return [text.slice(0, equals), JSON.parse(value)];
  } catch {
    return [text.slice(0, equals), value];
  }
}

/** The lines of a report about settings: what ONNX Runtime gets, and the command that builds the engine by hand. */
export function tensorRtRows(options: TensorRtOptions, onnxPath: string): [name: string, text: string][] {
  const keys = Object.entries(providerOptions(options)).map(([key, value]) => `${key}=${value}`);
  const { argv, leftOut } = trtexecCommand(options, onnxPath, onnxPath.replace(/\.onnx$/, '.engine'));
  return [
    ['tensorrt', `${options.target ?? 'any machine'}: ${keys.join(' ') || 'defaults'}`],
    ['trtexec', shellLine(argv)],
    ...(leftOut.length === 0
      ? []
      : ([['', `without ${leftOut.join(', ')}: ONNX Runtime's own settings`]] as [string, string][])),
  ];
}
