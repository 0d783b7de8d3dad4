import { parseArgs } from 'node:util';
import { CyclopsError, isCyclopsError, messageOf } from '../base/errors.js';
import { nearest } from '../base/nearest.js';
import { packageVersion } from '../base/paths.js';
import { keepYoungHeapSmall } from '../base/young-heap.js';
import type { Command, OptionValues } from './command.js';
import { parseArgsOptions } from './command.js';
import { commandHelp, generalHelp } from './help.js';
import { program } from './program.js';

/** The commands in the order of `cyclops --help`; a module is loaded when its command runs. */
export const commands: Readonly<Record<string, { summary: string; load: () => Promise<{ command: Command }> }>> = {
  demo: { summary: 'stream the shipped drive through the shipped model', load: () => import('./commands/demo.js') },
  run: {
    summary: 'stream a camera, video or folder into metric depth',
    load: () => {
      keepYoungHeapSmall();
      return import('./commands/run.js');
    },
  },
  bench: { summary: 'measure the latency of a model on this machine', load: () => import('./commands/bench.js') },
  record: {
    summary: 'record a stereo rig in the layout that training reads',
    load: () => import('./commands/record.js'),
  },
  doctor: {
    summary: 'tell what this machine can do, and what to do about gaps',
    load: () => import('./commands/doctor.js'),
  },
  synth: { summary: 'render a synthetic stereo data set', load: () => import('./commands/synth.js') },
  data: {
    summary: 'check a folder of data: counts, sizes, cameras, all damage',
    load: () => import('./commands/data.js'),
  },
  train: { summary: 'train a network: a stage of a method', load: () => import('./commands/train.js') },
  experiment: {
    summary: 'run a whole experiment from one file',
    load: () => import('./commands/experiment.js'),
  },
  label: { summary: "write a teacher's disparity for every pair", load: () => import('./commands/label.js') },
  eval: {
    summary: 'measure a network or stored disparity against ground truth',
    load: () => import('./commands/eval.js'),
  },
  'export-onnx': {
    summary: 'turn a student checkpoint into a model package',
    load: () => import('./commands/export-onnx.js'),
  },
  inspect: { summary: 'show what a model package holds', load: () => import('./commands/inspect.js') },
};

/** Parses the command line, runs the command, and turns errors into one line and an exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(generalHelp(Object.entries(commands).map(([key, { summary }]) => [key, summary])));
      return name === undefined ? 2 : 0;
    }
    if (name === '--version' || name === '-V') {
      process.stdout.write(`${packageVersion()}\n`);
      return 0;
    }
    const entry = commands[name];
    if (entry === undefined || !Object.hasOwn(commands, name)) {
      const guess = nearest(name, Object.keys(commands));
      throw new CyclopsError('USAGE_INVALID', `unknown command "${name}"${guess}; see ${program} --help`);
    }
    const { command } = await entry.load();
    const { values, positionals } = parseCommandLine(command, rest);
    if (values.help === true) {
      process.stdout.write(commandHelp(command, values));
      return 0;
    }
    return await command.run(values, positionals).catch((error: unknown) => {
      throw isMissingOption(error) ? withUsage(command, error) : error;
    });
  } catch (error) {
    if (isCyclopsError(error)) {
      process.stderr.write(`cyclops: ${error.message} [${error.code}]\n`);
      return error.exitCode;
    }
    process.stderr.write(`cyclops: internal error: ${error instanceof Error ? error.stack : messageOf(error)}\n`);
    return 70;
  }
}

function parseCommandLine(command: Command, argv: readonly string[]): { values: OptionValues; positionals: string[] } {
  const options = parseArgsOptions(command);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /Unknown option '(?:--?)([^']+)'/.exec(messageOf(error))?.[1];
    const text =
      unknown === undefined ? messageOf(error) : `unknown option --${unknown}${nearest(unknown, Object.keys(options))}`;
    throw new CyclopsError('USAGE_INVALID', `${command.name}: ${text}; see ${program} ${command.name} --help`);
  }
  const given = parsed.values as Record<string, string | boolean | readonly string[] | undefined>;
  const values: Record<string, string | boolean | readonly string[] | undefined> = { ...given };
  for (const [name, option] of Object.entries(command.options)) values[name] ??= option.default;
  const { min, max } = command.positionals;
  const count = parsed.positionals.length;
  if (given.help !== true && count < min) {
    const missing = command.usage.split(' ').slice(count, min).join(' ');
    throw withUsage(command, new CyclopsError('USAGE_INVALID', `${missing} is missing`));
  }
  if (given.help !== true && count > max) {
    const text = parsed.positionals.slice(max).map((value) => `"${value}"`);
    throw withUsage(command, new CyclopsError('USAGE_INVALID', `unexpected argument ${text.join(', ')}`));
  }
  return { values, positionals: parsed.positionals };
}

function isMissingOption(error: unknown): error is CyclopsError {
  return isCyclopsError(error, 'USAGE_INVALID') && error.details.missing !== undefined;
}

/** The error with the command before it and its usage line after it. */
function withUsage({ name, usage }: Command, { code, message, details }: CyclopsError): CyclopsError {
  return new CyclopsError(code, `${name}: ${message}; usage: ${program} ${name} ${usage}`, { details });
}
