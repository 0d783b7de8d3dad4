import type { PlainError } from '../data/loader-messages.js';
import type { PlannedStep } from './plan.js';

/** What the experiment says to the process of a step. */
export type ToStep =
  | { readonly kind: 'start'; readonly step: PlannedStep; readonly command: string }
  /** Finish what is in the making, save, end. */
  | { readonly kind: 'stop' };

/** How far a step is, in its own units. */
export interface StepProgress {
  readonly done: number;
  readonly total: number;
  /** Units done before this process began: they took it no time. */
  readonly before: number;
  /** What the units are, such as `pairs`. */
  readonly unit: string;
  /** More to say, such as the loss. */
  readonly text?: string;
}

/** What the process of a step says. */
export type FromStep =
  | { readonly kind: 'progress'; readonly progress: StepProgress }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'ended'; readonly status: 'finished' | 'stopped' }
  | { readonly kind: 'failed'; readonly error: PlainError };
