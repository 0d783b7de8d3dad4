import { defaultMethod, stageNamed } from '../train/methods/index.js';
import type { Stage } from '../train/methods/method.js';
import type { PlannedStep } from './plan.js';

/** A step that trains a network. */
export type TrainingStep = Extract<PlannedStep, { kind: 'train' }>;

/** Whether a step trains a network. */
export function isTraining(step: PlannedStep): step is TrainingStep {
  return step.kind === 'train';
}

/** The stage that a step trains. @throws CyclopsError `CONFIG_INVALID` if its method has no such stage. */
export function stageOfStep({ settings: { method = defaultMethod, stage } }: Pick<TrainingStep, 'settings'>): Stage {
  return stageNamed(method, stage);
}
