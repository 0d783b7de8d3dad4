import { join } from 'node:path';
import { readConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import { networkNames } from '../../train/checkpoint-schema.js';
import { freeSettings, type PartialTrainingConfig, type TrainingConfig, tunings } from '../../train/config.js';
import { startActivity, withActivity } from '../activity.js';
import type { Command, OptionValues } from '../command.js';
import { choiceOption, integerOption, numberOption, optionalText, requiredText, sizeOption } from '../options.js';
import { program } from '../program.js';
import { listenForStop } from '../stop-signal.js';
import { createLiveLine, formatDuration, progressBar } from '../terminal.js';

/** `cyclops train`: parse, call the loop, show how it is going. */
export const command: Command = {
  name: 'train',
  summary: 'Train a stereo teacher, fine-tune it on target pairs, or train a mono student from its labels.',
  usage: '--stage teacher|finetune|student --data DATA -o DIR [options]',
  options: {
    stage: {
      type: 'string',
      value: 'STAGE',
      help: 'What is trained: teacher, finetune (both stereo networks) or student (mono network)',
    },
    tuning: { type: 'string', value: 'KIND', help: `how to fine-tune: ${tunings.join(', ')}` },
    data: {
      type: 'string',
      value: 'DATA',
      help: 'Pairs: flying:SEED:COUNT, street:SEED:COUNT, a folder, or several as "A + B" (see docs/data.md)',
    },
    labels: { type: 'string', value: 'DIR', help: 'labels that cyclops label wrote for that folder (student)' },
    supervision: {
      type: 'string',
      value: 'KIND',
      help: 'What a student learns from: labels, or truth (the ground truth itself) [labels]',
    },
    pairs: { type: 'string', value: 'N', help: 'train on so many pairs at most, evenly spaced [all; sup100: 100]' },
    occlusion: {
      type: 'string',
      value: 'KIND',
      help: "truth about visibility: source, or left-right check [source's]",
    },
    tie: { type: 'string', value: 'X', help: 'unsup: factor on the ties to the network it starts from [1]' },
    output: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      help: 'run folder: checkpoint/, best/, run.jsonl, report.html, tensorboard/',
    },
    config: { type: 'string', value: 'FILE', help: 'YAML file with any of these settings; options win over it' },
    method: { type: 'string', value: 'NAME', help: 'The paper: guo-eccv18 [guo-eccv18]' },
    network: {
      type: 'string',
      value: 'NAME',
      help: `The network: ${networkNames.join(', ')} [dispnet-c | mono-edge]`,
    },
    'width-multiplier': { type: 'string', value: 'X', help: 'scales the channels of every layer [1]' },
    size: { type: 'string', value: 'WxH', help: "network input, px [the network's own]" },
    'render-size': { type: 'string', value: 'WxH', help: 'size of rendered pairs [input size; 1.25 x for crops]' },
    batch: { type: 'string', value: 'N', help: 'pairs a step [4]' },
    steps: { type: 'string', value: 'N', help: 'steps in all [20000]' },
    lr: { type: 'string', value: 'X', help: 'learning rate of Adam [1e-4]' },
    milestones: { type: 'string', value: 'A,B,..', help: 'where the rate halves: below 1 a share of the steps' },
    warmup: { type: 'string', value: 'N', help: 'steps over which the rate rises [0]' },
    'clip-norm': { type: 'string', value: 'X', help: 'largest gradient norm; 0 = no clipping [0]' },
    confidence: { type: 'boolean', help: "weigh each pixel with its label's confidence (ours)" },
    'relative-weight': { type: 'string', value: 'X', help: 'weight of the relative error term (ours) [0]' },
    'gradient-weight': { type: 'string', value: 'X', help: 'weight of the gradient term (ours) [0]' },
    'thin-weight': { type: 'string', value: 'X', help: 'how much more thin near structures count (ours) [0]' },
    augmentation: {
      type: 'string',
      value: 'KIND',
      help: 'Random changes of the images: stereo, mono, none [as the paper]',
    },
    'right-jitter': { type: 'string', value: 'X', help: 'colour change of the right view alone, 0..1 (ours) [0]' },
    seed: { type: 'string', value: 'N', help: 'seed of weights, order and augmentation [1]' },
    workers: { type: 'string', value: 'N', help: 'threads that read or render [1]' },
    prefetch: { type: 'string', value: 'N', help: 'batches ready ahead of the step [3]' },
    init: { type: 'string', value: 'DIR', help: 'start from the weights of this checkpoint' },
    encoder: { type: 'string', value: 'DIR', help: 'encoder weights from elsewhere: a tfjs LayersModel (student)' },
    'encoder-frozen-steps': { type: 'string', value: 'N', help: 'steps these weights rest [steps / 50]' },
    resume: { type: 'boolean', help: 'go on from the checkpoint in the run folder' },
    'validation-data': {
      type: 'string',
      value: 'DATA',
      help: 'never trained on; or none [another seed of DATA; a folder: held-out]',
    },
    'validation-count': { type: 'string', value: 'N', help: 'pairs of it [16]' },
    'validate-every': { type: 'string', value: 'N', help: 'steps; 0 = never [500]' },
    'checkpoint-every': { type: 'string', value: 'N', help: 'steps; 0 = only at the end or when stopped [500]' },
    'report-every': { type: 'string', value: 'N', help: 'steps; 0 = no report [100]' },
    'log-every': { type: 'string', value: 'N', help: 'steps between lines of run.jsonl [10]' },
    json: { type: 'boolean', help: 'print the result as JSON' },
  },
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
  cyclops train --stage finetune --tuning unsup --init runs/teacher --data data/street -o runs/tuned
  cyclops label --teacher runs/tuned --data data/street -o labels/street
  cyclops train --stage student --network mono-edge --data data/street --labels labels/street \\
      -o runs/student
  cyclops train --resume -o runs/student`,
  run: runTrain,
};

async function runTrain(values: OptionValues): Promise<number> {
  const folder = requiredText(values, 'output');
  const given = parseOptions(values);
  const resume = values.resume === true;
  const { partialTrainingConfigSchema } = await import('../../train/config.js');
  const file = optionalText(values, 'config');
  const fromFile = file === undefined ? {} : await readConfig(file, partialTrainingConfigSchema);
  const config = resume
    ? await resumedConfig(folder, { ...fromFile, ...given })
    : await freshConfig(folder, { ...fromFile, ...given });
  // Last, because it loads TensorFlow: what is wrong with the command line is told at once.
  const { train } = await withActivity('loading TensorFlow', () => import('../../train/loop.js'));
  const opening = startActivity('opening data and network, then the first step');

  const line = createLiveLine();
  const stop = listenForStop((name) => {
    line.log(`${name}: finishing this step and saving; ${name === 'SIGINT' ? 'Ctrl-C again' : 'again'} ends at once`);
  });
  try {
    const { formatProgressDetails } = await import('../../train/progress.js');
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

async function resumedConfig(folder: string, given: PartialTrainingConfig): Promise<TrainingConfig> {
  const { readCheckpointHead } = await import('../../train/checkpoint-files.js');
  const { trainingConfigSchema } = await import('../../train/config.js');
  const path = join(folder, 'checkpoint');
  const { head } = await readCheckpointHead(path);
  const saved = trainingConfigSchema.safeParse(head.config);
  if (!saved.success) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${path}/run.json config: ${saved.error.issues[0]?.message}`);
  }
  for (const [key, value] of Object.entries(given) as [keyof TrainingConfig, unknown][]) {
    const was = saved.data[key];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(was)) continue;
    if (!mayChange.some((allowed) => allowed === key)) {
      throw new CyclopsError(
        'USAGE_INVALID',
        `train: a resumed run keeps its ${key}: it is ${JSON.stringify(was)}, found ${JSON.stringify(value)}; --init starts a new run from its weights`,
      );
    }
  }
  return { ...saved.data, ...given } as TrainingConfig;
}

async function freshConfig(folder: string, given: PartialTrainingConfig): Promise<TrainingConfig> {
  await assertFresh(folder);
  const { defaultsFromInit, resolveTrainingConfig } = await import('../../train/resolve-config.js');
  const taken = given.init === undefined ? {} : await defaultsFromInit(given.init);
  return resolveTrainingConfig({ ...taken, ...given });
}

async function assertFresh(folder: string): Promise<void> {
  const { findCheckpoint } = await import('../../train/checkpoint-files.js');
  const existing = await findCheckpoint(join(folder, 'checkpoint')).catch(() => undefined);
  if (existing === undefined) return;
  throw new CyclopsError(
    'USAGE_INVALID',
    `--output: ${folder} already holds a run; give --resume to go on with it, or another folder`,
  );
}

/** The options that were given, as configuration fields. */
function parseOptions(values: OptionValues): PartialTrainingConfig {
  const has = (name: string): boolean => values[name] !== undefined;
  const text = (name: string): string | undefined => (has(name) ? requiredText(values, name) : undefined);
  const whole = (name: string, low: number): number | undefined =>
    has(name) ? integerOption(values, name, low, 1e9) : undefined;
  const number = (name: string, low: number, high: number): number | undefined =>
    has(name) ? numberOption(values, name, low, high) : undefined;
  const choice = <const T extends string>(name: string, choices: readonly T[]): T | undefined =>
    has(name) ? choiceOption<T>(values, name, choices) : undefined;
  const size = (name: string): { width: number; height: number } | undefined =>
    has(name) ? sizeOption(values, name) : undefined;
  const given: PartialTrainingConfig = {
    method: choice('method', ['guo-eccv18']),
    stage: choice('stage', ['teacher', 'finetune', 'student']),
    tuning: choice('tuning', tunings),
    network: choice('network', networkNames),
    widthMultiplier: number('width-multiplier', 0.01, 4),
    data: text('data'),
    renderWidth: size('render-size')?.width,
    renderHeight: size('render-size')?.height,
    labels: text('labels'),
    supervision: choice('supervision', ['labels', 'truth']),
    pairs: whole('pairs', 1),
    occlusion: choice('occlusion', ['source', 'left-right']),
    tie: number('tie', 0, 100),
    width: size('size')?.width,
    height: size('size')?.height,
    batch: whole('batch', 1),
    steps: whole('steps', 1),
    learningRate: number('lr', 1e-12, 1),
    milestones: has('milestones') ? parseMilestones(requiredText(values, 'milestones')) : undefined,
    warmupSteps: whole('warmup', 0),
    clipNorm: number('clip-norm', 0, 1e9),
    useConfidence: values.confidence === true ? true : undefined,
    relativeWeight: number('relative-weight', 0, 100),
    gradientWeight: number('gradient-weight', 0, 100),
    thinWeight: number('thin-weight', 0, 100),
    augmentation: choice('augmentation', ['stereo', 'mono', 'none']),
    rightJitter: number('right-jitter', 0, 1),
    seed: whole('seed', 0),
    workers: whole('workers', 0),
    prefetch: whole('prefetch', 1),
    init: text('init'),
    encoder: text('encoder'),
    encoderFrozenSteps: whole('encoder-frozen-steps', 0),
    validationData: text('validation-data'),
    validationCount: whole('validation-count', 1),
    validateEvery: whole('validate-every', 0),
    checkpointEvery: whole('checkpoint-every', 0),
    reportEvery: whole('report-every', 0),
    logEvery: whole('log-every', 1),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
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
