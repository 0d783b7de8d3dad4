import { join } from 'node:path';
import { readConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import { formatDuration } from '../../base/format.js';
import { createLiveLine, progressBar } from '../../base/terminal.js';
import {
  freeSettings,
  mergeConfigs,
  type PartialTrainingConfig,
  partialTrainingConfigSchema,
  type TrainingConfig,
  trainingConfigSchema,
} from '../../train/config/config.js';
import { defaultMethod, methods, stageNamed } from '../../train/methods/index.js';
import type { Stage } from '../../train/methods/method.js';
import { startActivity, withActivity } from '../activity.js';
import type { Command, HelpParts, OptionSpec, OptionValues } from '../command.js';
import { choiceOption, listOption, optionalText, requiredText, sizeOption } from '../options.js';
import { program } from '../program.js';
import { fieldsFrom, optionsOf } from '../schema-options.js';
import { listenForStop } from '../stop-signal.js';

/** Options that are no field of the configuration, or several, or read otherwise. */
const ownOptions = {
  output: {
    type: 'string',
    short: 'o',
    value: 'DIR',
    help: 'Run folder: checkpoint/, best/, run.jsonl, report.html, tensorboard/',
  },
  config: { type: 'string', value: 'FILE', help: 'YAML file with any of these settings; options win over it' },
  size: { type: 'string', value: 'WxH', help: "Network input, px [the network's own]" },
  'render-size': { type: 'string', value: 'WxH', help: 'Size of rendered pairs [input size; 1.25 x for crops]' },
  milestones: { type: 'string', value: 'A,B,..', help: 'Where the learning rate halves: below 1 a share of the steps' },
  augmentation: { type: 'string', value: 'none', help: "none = no random changes [the stage's]" },
  frozen: {
    type: 'string',
    value: 'ROLE=DIR',
    multiple: true,
    help: 'Checkpoint of a network that the stage looks at and leaves as it is',
  },
  resume: { type: 'boolean', help: 'Go on from the checkpoint in the run folder' },
  json: { type: 'boolean', help: 'Print the result as JSON' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const generalOptions = { ...optionsOf(trainingConfigSchema), ...ownOptions };

const stageOptions = Object.assign({}, ...allStages().map(({ stage }) => optionsOf(stage.settings))) as Readonly<
  Record<string, OptionSpec>
>;

/** `cyclops train`: parse, call the loop, show how it is going. */
export const command: Command = {
  name: 'train',
  summary: 'Train a network: a stage of a method.',
  usage: '[--method METHOD] --stage STAGE --data DATA -o DIR [options]',
  options: { ...generalOptions, ...stageOptions },
  helpFor,
  positionals: { min: 0, max: 0 },
  details: `
Ctrl-C or SIGTERM saves a checkpoint and ends with exit code 0; --resume goes on exactly where it stopped. Ctrl-C twice
ends at once. With --resume everything comes from the run folder; only --steps, --workers, --prefetch and the
intervals may be given anew, and the places of --data, --labels and --validation-data if they were moved.

Validation decides what is kept in best/. Where --data is a folder of 20 pairs or more and --validation-data is not
given, at most 5 % of its pairs (and --validation-count), evenly spaced, are held out of training and looked at instead.
With --init, network, width and input size are that checkpoint's unless given.

  cyclops train --stage teacher --data flying:1:20000 --size 512x256 -o runs/teacher
  cyclops synth --domain street --seed 2 --count 4000 -o data/street
  cyclops train --stage finetune-unsup --init runs/teacher --data data/street -o runs/tuned
  cyclops label --teacher runs/tuned --data data/street -o labels/street
  cyclops train --stage student --network mono-edge --data data/street --labels labels/street \\
      -o runs/student
  cyclops train --resume -o runs/student`,
  run: runTrain,
};

function allStages(): { readonly method: string; readonly name: string; readonly stage: Stage }[] {
  return Object.entries(methods).flatMap(([method, { stages }]) =>
    Object.entries(stages).map(([name, stage]) => ({ method, name, stage })),
  );
}

/** Where method or stage are given, only their stages and settings are shown. */
function helpFor(values: OptionValues): HelpParts {
  const isWanted = (option: string, name: string): boolean => values[option] === undefined || values[option] === name;
  const stages = allStages().filter(({ method, name }) => isWanted('method', method) && isWanted('stage', name));
  const rows = stages.map(({ method, name, stage }) => [`${method} ${name}`, stage.title] as const);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const table = rows.map(([left, title]) => `  ${left.padEnd(width)}${title}`).join('\n');
  const settings = Object.assign({}, ...stages.map(({ stage }) => optionsOf(stage.settings))) as typeof stageOptions;
  return {
    options: generalOptions,
    more: [
      { title: 'Methods and their stages', text: table },
      { title: `Settings of ${stages.length === 1 ? 'this stage' : 'these stages'}`, options: settings },
    ],
  };
}

async function runTrain(values: OptionValues): Promise<number> {
  const folder = requiredText(values, 'output');
  const resume = values.resume === true;
  const file = optionalText(values, 'config');
  const fromFile = file === undefined ? {} : await readConfig(file, partialTrainingConfigSchema);
  const wanted = mergeConfigs(fromFile, parseOptions(values));
  const config = resume ? await resumedConfig(folder, wanted, values) : await freshConfig(folder, wanted, values);
  // Last, because it loads TensorFlow: what is wrong with the command line is told at once.
  const { train } = await withActivity('loading TensorFlow', () => import('../../train/run/loop.js'));
  const opening = startActivity('opening data and network, then the first step');

  const line = createLiveLine();
  const stop = listenForStop((name) => {
    line.log(`${name}: finishing this step and saving; ${name === 'SIGINT' ? 'Ctrl-C again' : 'again'} ends at once`);
  });
  try {
    const { formatProgressDetails } = await import('../../train/run/progress.js');
    const result = await train({
      config,
      folder,
      resume,
      command: `cyclops ${process.argv.slice(2).join(' ')}`,
      signal: stop.signal,
      onProgress: (progress) => {
        opening.close();
        const share = progress.step / progress.steps;
        line.update(
          `${progressBar(share, 16)} ${progress.step}/${progress.steps}  ${formatDuration(progress.remainingS * 1000)} left  ${formatProgressDetails(progress)}`,
        );
      },
      onMessage: (text) => {
        opening.close();
        line.log(text);
      },
    });
    line.close();
    printResult(values, folder, result);
    return 0;
  } finally {
    opening.close();
    line.close();
    stop.release();
  }
}

function printResult(
  values: OptionValues,
  folder: string,
  result: {
    status: 'finished' | 'stopped';
    step: number;
    checkpoint: string;
    metrics: Readonly<Record<string, number>>;
  },
): void {
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const metrics = Object.entries(result.metrics).map(([name, value]) => `  ${name} ${value.toPrecision(3)}`);
  const next =
    result.status === 'stopped'
      ? `stopped after step ${result.step}; to go on: ${program} train --resume -o ${folder}`
      : `finished ${result.step} steps${metrics.join('')}`;
  process.stdout.write(
    `${next}\ncheckpoint ${result.checkpoint}, report ${join(folder, 'report.html')}\ncurves: tensorboard --logdir ${folder} (pip install tensorboard)\n`,
  );
}

/**
 * What may change between two parts of a run without changing its numbers, and the number of steps. Data may have been
 * moved: whether they are the same is for their fingerprint to tell.
 */
const mayChange = [
  'data',
  'labels',
  'validationData',
  'steps',
  ...freeSettings,
] as const satisfies readonly (keyof TrainingConfig)[];

async function resumedConfig(
  folder: string,
  wanted: PartialTrainingConfig,
  values: OptionValues,
): Promise<TrainingConfig> {
  const { readCheckpointHead } = await import('../../train/checkpoint/checkpoint-files.js');
  const path = join(folder, 'checkpoint');
  const { head } = await readCheckpointHead(path);
  const saved = trainingConfigSchema.safeParse(head.config);
  if (!saved.success) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${path}/run.json config: ${saved.error.issues[0]?.message}`);
  }
  const { settings, ...given } = mergeConfigs(wanted, parseSettings(values, saved.data));
  assertKept(settings ?? {}, saved.data.settings, []);
  assertKept(given, saved.data, mayChange);
  return { ...saved.data, ...given } as TrainingConfig;
}

function assertKept(
  given: Readonly<Record<string, unknown>>,
  saved: Readonly<Record<string, unknown>>,
  mayChange: readonly string[],
): void {
  for (const [key, value] of Object.entries(given)) {
    if (JSON.stringify(value) === JSON.stringify(saved[key]) || mayChange.includes(key)) continue;
    throw new CyclopsError(
      'USAGE_INVALID',
      `train: a resumed run keeps its ${key}: it is ${JSON.stringify(saved[key])}, found ${JSON.stringify(value)}; --init starts a new run from its weights`,
    );
  }
}

async function freshConfig(
  folder: string,
  wanted: PartialTrainingConfig,
  values: OptionValues,
): Promise<TrainingConfig> {
  await assertFresh(folder);
  const { defaultsFromInit, resolveTrainingConfig } = await import('../../train/config/resolve-config.js');
  const given = mergeConfigs(wanted, parseSettings(values, wanted));
  const taken = given.init === undefined ? {} : await defaultsFromInit(given.init);
  return resolveTrainingConfig({ ...taken, ...given });
}

async function assertFresh(folder: string): Promise<void> {
  const { findCheckpoint } = await import('../../train/checkpoint/checkpoint-files.js');
  const existing = await findCheckpoint(join(folder, 'checkpoint')).catch(() => undefined);
  if (existing === undefined) return;
  throw new CyclopsError(
    'USAGE_INVALID',
    `--output: ${folder} already holds a run; give --resume to go on with it, or another folder`,
  );
}

/** The options that were given, as configuration fields. */
function parseOptions(values: OptionValues): PartialTrainingConfig {
  const size = (name: 'size' | 'render-size') => (values[name] === undefined ? undefined : sizeOption(values, name));
  const given: PartialTrainingConfig = {
    ...(fieldsFrom(trainingConfigSchema, values) as PartialTrainingConfig),
    width: size('size')?.width,
    height: size('size')?.height,
    renderWidth: size('render-size')?.width,
    renderHeight: size('render-size')?.height,
    milestones: values.milestones === undefined ? undefined : parseMilestones(requiredText(values, 'milestones')),
    augmentation:
      values.augmentation === undefined ? undefined : choiceOption<'none'>(values, 'augmentation', ['none']),
    frozen: values.frozen === undefined ? undefined : Object.fromEntries(listOption(values, 'frozen').map(parseFrozen)),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Settings that were given, for the stage that is trained; those of other stages are refused. */
function parseSettings(values: OptionValues, { method, stage }: PartialTrainingConfig): PartialTrainingConfig {
  const given = Object.keys(stageOptions).filter((option) => values[option] !== undefined);
  if (given.length === 0) return {};
  const { settings } = stageNamed(method ?? defaultMethod, stage);
  const known = Object.keys(optionsOf(settings));
  const foreign = given.find((option) => !known.includes(option));
  if (foreign !== undefined) {
    const text = known.length === 0 ? 'has no settings' : `has ${known.map((option) => `--${option}`).join(', ')}`;
    throw new CyclopsError('USAGE_INVALID', `--${foreign}: is no setting of the stage ${stage}, which ${text}`);
  }
  return { settings: fieldsFrom(settings, values) };
}

function parseMilestones(text: string): number[] {
  const milestones = text === 'none' ? [] : text.split(',').map(Number);
  if (milestones.some((value) => !(value > 0))) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `--milestones: expected numbers above 0 such as 0.5,0.7,0.9, found "${text}"`,
    );
  }
  return milestones;
}

function parseFrozen(text: string): [role: string, checkpoint: string] {
  const match = /^([\w-]+)=(.+)$/.exec(text);
  if (match === null) throw new CyclopsError('USAGE_INVALID', `--frozen: expected ROLE=DIR, found "${text}"`);
  return [match[1]!, match[2]!];
}
