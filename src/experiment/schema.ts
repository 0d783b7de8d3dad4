import { z } from 'zod';
import { partialTrainingConfigSchema } from '../train/config/config.js';

const count = z.int().positive().max(1_000_000);
const side = z.int().min(16).max(8192);
const place = z.string().min(1);
const share = z.number().min(0).max(1);

/** Writes rendered pairs as a folder, as `cyclops synth` does. */
const renderSchema = z.strictObject({
  domain: z.enum(['flying', 'street']),
  seed: z.int().nonnegative(),
  count,
  width: side,
  height: side,
  framesPerScene: count.optional(),
  jpeg: z.boolean().optional(),
  reflective: share.optional(),
  textureless: share.optional(),
  workers: z.int().positive().max(256).optional(),
});

/** Trains a network: settings as in a `--config` file of `cyclops train`. */
const trainSchema = partialTrainingConfigSchema.required({ stage: true });

/** Writes labels, as `cyclops label` does; `mono` fills what one view hides. */
const labelSchema = z.strictObject({ teacher: place, mono: place.optional(), data: place });

/** Measures one thing against ground truth, as `cyclops eval` does; its metrics are a row of a table of the report. */
const evaluateSchema = z.strictObject({
  data: place,
  /** What is measured: one of these three. */
  network: place.optional(),
  labels: place.optional(),
  baseline: z.enum(['constant', 'position']).optional(),
  /** Size of rendered pairs, px. */
  width: side.optional(),
  height: side.optional(),
  /** Only the first so many pairs. */
  count: count.optional(),
  pixels: z.enum(['all', 'noc']).optional(),
  maxDepthM: z.number().positive().max(1000).optional(),
  crop: z.enum(['none', 'garg', 'eigen']).optional(),
  /** Pairs that the report shows. */
  images: z.int().nonnegative().max(20).optional(),
  /** Where the row stands: the table's title, and the row's name [the step's]. */
  table: z.string().min(1),
  row: z.string().min(1).optional(),
});

/** The settings of each kind of step. */
export const settingsSchemas = {
  render: renderSchema,
  train: trainSchema,
  label: labelSchema,
  evaluate: evaluateSchema,
} as const;

/** What a step can be. */
export type StepKind = keyof typeof settingsSchemas;

/** The kinds of steps, in the order of an experiment. */
export const stepKinds = Object.keys(settingsSchemas) as StepKind[];

/** The settings of a step of one kind, defaults of the file included, references to other steps not yet replaced. */
export type StepSettings<Kind extends StepKind = StepKind> = {
  readonly [K in Kind]: z.output<(typeof settingsSchemas)[K]>;
}[Kind];

const metric = z.enum(['absRel', 'rmse', 'silog', 'd1', 'epe']);
const stepName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected small letters, digits and -');

/** A statement about two evaluate steps, by their names; the report says whether the metrics bear it out. */
const claimSchema = z.strictObject({
  say: place,
  /** Metrics for which less is better. */
  metric,
  /** Steps: the first one's metric is expected below the second one's, or with `within` no more than that above it. */
  lower: stepName,
  than: stepName,
  /** A share of the second metric. */
  within: z.number().positive().max(10).optional(),
  /** Why it comes out as it does, for the reader of the report. */
  remark: place.optional(),
});

/** A statement about two evaluate steps. */
export type Claim = z.output<typeof claimSchema>;

const anySettings = z.record(z.string(), z.unknown());
/** Values are checked by `settingsSchemas` once the defaults are in. */
const settingsByKind = z.strictObject({
  render: anySettings.optional(),
  train: anySettings.optional(),
  label: anySettings.optional(),
  evaluate: anySettings.optional(),
});

/**
 * An experiment's file: steps in their order, by name. A value `$NAME` stands for what an earlier step made. Settings are
 * checked by `settingsSchemas` once the defaults of their kind are in.
 */
export const experimentSchema = z.strictObject({
  title: place,
  /** What a reader of the report should know first. */
  about: place.optional(),
  /** Where everything is written; relative to the folder the command runs in. */
  folder: place,
  /** Settings of all steps of a kind; those of a training stage win over them, and a step's own over both. */
  defaults: settingsByKind.extend({ stages: z.record(z.string(), anySettings).optional() }).optional(),
  steps: z.record(
    stepName,
    settingsByKind.refine((step) => Object.keys(step).length === 1, `expected one of ${stepKinds.join(', ')}`),
  ),
  claims: z.array(claimSchema).optional(),
});

/** A parsed experiment's file. */
export type ExperimentFile = z.output<typeof experimentSchema>;
