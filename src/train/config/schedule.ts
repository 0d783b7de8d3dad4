import { z } from 'zod';

/**
 * A point at which the learning rate changes: below 1 a fraction of the run's steps, else a step. A bare number halves
 * the rate there; otherwise it is multiplied by `factor`.
 */
export const milestoneSchema = z.union([
  z.number().positive(),
  z.strictObject({ at: z.number().positive(), factor: z.number().positive().max(1) }),
]);

/** A point at which the learning rate changes. */
export type Milestone = z.output<typeof milestoneSchema>;

/** Learning rate over a run: linear warm-up, then a constant that every milestone lowers. */
export interface LearningRateSchedule {
  readonly base: number;
  readonly steps: number;
  readonly milestones: readonly Milestone[];
  /** Steps over which the rate rises linearly from base / warmupSteps; 0 = none. */
  readonly warmupSteps: number;
}

/** The rate for the step that makes `step` steps out of `step` - 1; the first step is 1. */
export function learningRateAt({ base, steps, milestones, warmupSteps }: LearningRateSchedule, step: number): number {
  const factor = milestones
    .map((milestone) => (typeof milestone === 'number' ? { at: milestone, factor: 0.5 } : milestone))
    .filter(({ at }) => step > (at < 1 ? Math.round(at * steps) : at))
    .reduce((product, passed) => product * passed.factor, 1);
  return base * factor * (warmupSteps > 0 ? Math.min(1, step / warmupSteps) : 1);
}
