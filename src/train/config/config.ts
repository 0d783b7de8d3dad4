import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { augmentationSchema } from '../../data/augment.js';
import { networkNames } from '../checkpoint/checkpoint-schema.js';
import { milestoneSchema } from './schedule.js';

const positiveInt = z.int().positive();
const interval = z.int().nonnegative();
const path = z.string().min(1);

/** A weight of a loss term in a stage's settings. */
export const lossWeight = z.number().nonnegative().max(100);

/**
 * A whole training run, as it stands in a `--config` file and in a checkpoint's `run.json`. `resolveTrainingConfig`
 * fills in what a file or a command line leaves out. `meta` is the field's line in the help of `cyclops train`, whose
 * options are made from this schema and from that of the stage's own settings.
 */
export const trainingConfigSchema = z.strictObject({
  method: z.string().min(1).meta({ value: 'NAME', help: 'The paper' }),
  stage: z.string().min(1).meta({ value: 'STAGE', help: 'The stage of the method' }),
  /** The stage's own settings, checked by its schema. */
  settings: z.record(z.string(), z.unknown()),
  network: z.enum(networkNames).meta({ value: 'NAME', help: "The network [the stage's]" }),
  widthMultiplier: z.number().positive().max(4).meta({ help: 'Scales the channels of every layer [1]' }),
  data: path.meta({
    value: 'DATA',
    help: 'What to train on: flying:SEED:COUNT, street:SEED:COUNT, a folder, or several as "A + B" (see docs/data.md)',
  }),
  /** Size at which `flying` and `street` are rendered, px. */
  renderWidth: positiveInt.max(4096),
  renderHeight: positiveInt.max(4096),
  labels: path.optional().meta({
    value: 'DIR',
    help: 'Labels that cyclops label wrote for that folder, where the stage learns from labels',
  }),
  pairs: positiveInt.optional().meta({ help: 'Train on so many pairs at most, evenly spaced by name [all]' }),
  /** Network input size, px. */
  width: positiveInt.max(4096),
  height: positiveInt.max(4096),
  batch: positiveInt.max(1024).meta({ help: "Pairs a step [the stage's]" }),
  steps: positiveInt.meta({ help: "Steps in all [the stage's]" }),
  learningRate: z.number().positive().max(1).meta({ help: "Learning rate of Adam [the stage's]" }),
  milestones: z.array(milestoneSchema).max(20),
  warmupSteps: z.int().nonnegative().meta({ help: 'Steps over which the rate rises linearly [0]' }),
  clipNorm: z.number().nonnegative().meta({ help: 'Gradients are scaled down to this global norm; 0 = never [0]' }),
  /** From what random changes are drawn. */
  augmentation: z.union([augmentationSchema, z.literal('none')]),
  rightJitter: z.number().min(0).max(1).meta({
    help: 'Strength of a colour change of the right view alone, 0 to 1 (ours) [0]',
  }),
  seed: z.int().nonnegative().meta({ help: 'Seed of weights, order and augmentation [1]' }),
  workers: z.int().nonnegative().max(256).meta({ help: 'Threads that read or render [1]' }),
  prefetch: positiveInt.max(64).meta({ help: 'Batches ready ahead of the step [3]' }),
  init: path.optional().meta({ value: 'DIR', help: 'Start from the weights of this checkpoint' }),
  /** Checkpoints of the stage's frozen networks by role, but for those that are the trained one at its start. */
  frozen: z.record(z.string(), path).optional(),
  encoder: path.optional().meta({ value: 'DIR', help: 'Encoder weights from elsewhere: a tfjs LayersModel' }),
  encoderFrozenSteps: z.int().nonnegative().optional().meta({ help: 'Steps these weights rest [steps / 50]' }),
  validationData: path.meta({
    value: 'DATA',
    help: 'Never trained on; or none, or held-out [another seed of DATA; a folder: held-out]',
  }),
  /** They stay in memory, hence the limit. */
  validationCount: positiveInt.max(128).meta({ help: 'Pairs to validate on [16]' }),
  validateEvery: interval.meta({ help: 'Steps; 0 = never [500]' }),
  checkpointEvery: interval.meta({ help: 'Steps; 0 = only at the end or when stopped [500]' }),
  reportEvery: interval.meta({ help: 'Steps; 0 = no report [100]' }),
  logEvery: positiveInt.meta({ help: 'Steps between lines of run.jsonl [10]' }),
});

/** Settings that decide nothing about the numbers of a run: they may change between its parts. */
export const freeSettings = [
  'workers',
  'prefetch',
  'validateEvery',
  'checkpointEvery',
  'reportEvery',
  'logEvery',
] as const satisfies readonly (keyof z.output<typeof trainingConfigSchema>)[];

/** A complete training configuration. */
export type TrainingConfig = z.output<typeof trainingConfigSchema>;

/** What a `--config` file may hold: any part of a training configuration. Unknown keys are errors. */
export const partialTrainingConfigSchema = trainingConfigSchema.partial();

/** Some of a training configuration's fields. */
export type PartialTrainingConfig = { readonly [Key in keyof TrainingConfig]?: TrainingConfig[Key] | undefined };

/** What stands in `over` wins; settings of the stage are merged one by one. */
export function mergeConfigs(base: PartialTrainingConfig, over: PartialTrainingConfig): PartialTrainingConfig {
  return { ...base, ...over, settings: { ...base.settings, ...over.settings } };
}

/** @throws CyclopsError `CONFIG_INVALID` naming the field. */
export function configFault(field: string, text: string): never {
  throw new CyclopsError('CONFIG_INVALID', `training configuration: ${field}: ${text}`);
}
