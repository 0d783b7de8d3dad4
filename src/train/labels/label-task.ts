import { createHash } from 'node:crypto';
import { z } from 'zod';
import { labelsSchema } from '../../data/labels.js';
import type { SourceSpec } from '../../data/sample.js';

/** The queue in which all labelling of a server stands. */
export const labelQueueName = 'cyclops-label';

/**
 * One labelling as its jobs describe it: paths as the command that ordered it sees them, and what must be true of the
 * files that a worker finds there.
 */
const labelTaskSchema = z.strictObject({
  /** Checkpoints by role. */
  checkpoints: z.record(z.string(), z.string()),
  source: z.custom<SourceSpec>((value) => typeof value === 'object' && value !== null && 'kind' in value),
  folder: z.string(),
  info: labelsSchema,
});

/** One labelling: networks, pairs, folder. */
export type LabelTask = z.output<typeof labelTaskSchema>;

/** A pair of a labelling. */
export const labelJobSchema = z.strictObject({ task: labelTaskSchema, index: z.int().nonnegative(), id: z.string() });

/** A pair that a worker is to label. */
export type LabelJob = z.output<typeof labelJobSchema>;

/** What a worker answers. */
export const labelDoneSchema = z.strictObject({ worker: z.string() });

/** Which worker labelled a pair. */
export type LabelDone = z.output<typeof labelDoneSchema>;

/** The same task has the same digest: a job's name is made of it, so that no pair stands in the queue twice. */
export function taskDigest({ folder, info }: LabelTask): string {
  return createHash('sha256')
    .update(JSON.stringify([folder, info.producer, digestsOf(info), info.dataFingerprint, info.settings]))
    .digest('hex')
    .slice(0, 20);
}

function digestsOf({ networks }: LabelTask['info']): string[] {
  return Object.keys(networks)
    .sort()
    .map((role) => `${role} ${networks[role]!.sha256}`);
}
