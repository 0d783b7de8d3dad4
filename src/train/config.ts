import { z } from 'zod';
import { networkNames } from './checkpoint-schema.js';

const positiveInt = z.int().positive();
const path = z.string().min(1);

/**
 * Ways to fine-tune a stereo network on target pairs: `unsup` without truth, where both views see it, tied to the
 * network it starts from; `unsup-godard` without truth and without masks or ties; `sup100` and `supAll` on the truth of
 * 100 pairs, or of all.
 */
export const tunings = ['unsup', 'unsup-godard', 'sup100', 'supAll'] as const;

/**
 * A whole training run, as it stands in a `--config` file and in a checkpoint's `run.json`. `resolveTrainingConfig`
 * fills in what a file or a command line leaves out.
 */
export const trainingConfigSchema = z.strictObject({
  /** The paper. */
  method: z.enum(['guo-eccv18']),
  /**
   * `teacher`: stereo network on ground truth; `finetune`: such a network goes on with pairs of the target domain;
   * `student`: mono network on a teacher's labels (or on truth).
   */
  stage: z.enum(['teacher', 'finetune', 'student']),
  /** Fine-tuning only, and needed there: how. */
  tuning: z.enum(tunings).optional(),
  network: z.enum(networkNames),
  /** Scales the channels of every layer. */
  widthMultiplier: z.number().positive().max(4),
  /** `flying:SEED:COUNT`, `street:SEED:COUNT`, a folder, `LAYOUT:DIR`; or several with ` + ` between them. */
  data: path,
  /** Size at which `flying` and `street` are rendered, px. */
  renderWidth: positiveInt.max(4096),
  renderHeight: positiveInt.max(4096),
  /** Labels folder written by `cyclops label`; needed where supervision is `labels`. */
  labels: path.optional(),
  /** What the network is pulled towards: a teacher's pseudo labels, the source's own ground truth, or nothing known. */
  supervision: z.enum(['labels', 'truth', 'none']),
  /** Train on so many pairs at most, evenly spaced in the order of their names. */
  pairs: positiveInt.optional(),
  /**
   * Teacher: where the truth about visibility comes from. `source`: its own, and where it has none as `left-right`:
   * both views' true disparities are compared (Guo et al., equation (1)).
   */
  occlusion: z.enum(['source', 'left-right']).optional(),
  /** `unsup`: factor on both ties to the frozen network; 1 = the paper, 0.5 = the authors' code. */
  tie: z.number().nonnegative().max(100).optional(),
  /** Network input size, px: sides are multiples of 64 for dispnet-c and 32 for the mono networks. */
  width: positiveInt.max(4096),
  height: positiveInt.max(4096),
  batch: positiveInt.max(1024),
  steps: positiveInt,
  learningRate: z.number().positive().max(1),
  /** Where the learning rate is halved: below 1 a fraction of `steps`, else a step. */
  milestones: z.array(z.number().positive()).max(20),
  warmupSteps: z.int().nonnegative(),
  /** Gradients are scaled down to at most this global L2 norm; 0 = never. */
  clipNorm: z.number().nonnegative(),
  /** Student: weigh each pixel with the label's confidence. */
  useConfidence: z.boolean(),
  /** Student: weights of the relative and the gradient term, 0 = the paper. The first needs a positive network. */
  relativeWeight: z.number().nonnegative().max(100),
  gradientWeight: z.number().nonnegative().max(100),
  /** Student: how much more a thin near structure (pole, railing) counts, 0 = the paper. */
  thinWeight: z.number().nonnegative().max(100).optional(),
  /** What is done to samples: `stereo` and `mono` as in the paper, or nothing. */
  augmentation: z.enum(['stereo', 'mono', 'none']),
  /** Strength of a colour change of the right view alone; 0 = the paper. */
  rightJitter: z.number().min(0).max(1),
  seed: z.int().nonnegative(),
  /** Worker threads that render or read, and batches ready ahead of the step. */
  workers: z.int().nonnegative().max(256),
  prefetch: positiveInt.max(64),
  /** Checkpoint whose weights training starts from (a warm start; the optimizer starts anew). */
  init: path.optional(),
  /** Student: folder with weights of its encoder from elsewhere, a tfjs LayersModel; and steps it then rests. */
  encoder: path.optional(),
  encoderFrozenSteps: z.int().nonnegative().optional(),
  /**
   * Source for validation, in the words of `data`; never trained on. `none` = no validation; `held-out` = at most 5 %
   * of the data folder itself, evenly spaced, which is then not trained on.
   */
  validationData: path,
  /** Pairs of it that are looked at each time; they stay in memory, hence the limit. */
  validationCount: positiveInt.max(128),
  /** In steps; 0 = never. */
  validateEvery: z.int().nonnegative(),
  checkpointEvery: z.int().nonnegative(),
  reportEvery: z.int().nonnegative(),
  logEvery: positiveInt,
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
