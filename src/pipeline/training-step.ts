import type { PlannedStep } from './plan.js';

/** A step that trains a network. */
export type TrainingStep = Extract<PlannedStep, { kind: 'pretrain' | 'finetune' | 'distil' }>;

/** The training stage of each kind of such a step. */
export const stageOf = { pretrain: 'teacher', finetune: 'finetune', distil: 'student' } as const;

/** Whether a step trains a network. */
export function isTraining(step: PlannedStep): step is TrainingStep {
  return Object.hasOwn(stageOf, step.kind);
}
