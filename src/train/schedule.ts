/** Learning rate over a run: linear warm-up, then a constant that is halved at each milestone (Guo et al. 2018). */
export interface LearningRateSchedule {
  readonly base: number;
  readonly steps: number;
  /** Below 1: a fraction of `steps`; 1 or more: a step. */
  readonly milestones: readonly number[];
  /** Steps over which the rate rises linearly from base / warmupSteps; 0 = none. */
  readonly warmupSteps: number;
}

/** The rate for the step that makes `step` steps out of `step` - 1; the first step is 1. */
export function learningRateAt(schedule: LearningRateSchedule, step: number): number {
  const passed = schedule.milestones.filter((milestone) => step > milestoneStep(milestone, schedule.steps)).length;
  const warmup = schedule.warmupSteps > 0 ? Math.min(1, step / schedule.warmupSteps) : 1;
  return schedule.base * 0.5 ** passed * warmup;
}

function milestoneStep(milestone: number, steps: number): number {
  return milestone < 1 ? Math.round(milestone * steps) : milestone;
}
