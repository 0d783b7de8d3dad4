import { CyclopsError } from '../../base/errors.js';
import type { BatchData } from '../../data/batch.js';
import type { StereoSource } from '../../data/sample.js';
import type { FloatMap } from '../../geometry/raster.js';
import type { TrainingConfig } from '../config/config.js';
import type { BatchNeeds } from '../methods/method.js';
import type { RunRecord } from './run-log.js';
import type { StepValues } from './step.js';

/** Pairs that are looked at before the first step, evenly spaced; the first one that can be learnt from is enough. */
const looked = 32;
/** Batches in a row without a usable pixel, or steps in a row without a gradient, after which a run ends. */
export const limitIdle = 20;

/**
 * Throws `DATA_INVALID` where a stage learns from disparity and none of some pairs of its source has a pixel of it: the
 * loss would be 0 from the first step on. A pair without any disparity is told with its batch.
 */
export async function assertUsableTruth(
  source: StereoSource,
  { data, stage, labels }: Pick<TrainingConfig, 'data' | 'stage' | 'labels'>,
  { target, rightTarget }: Pick<BatchNeeds, 'target' | 'rightTarget'>,
): Promise<void> {
  if (target === 'none' || source.spec.kind === 'synthetic') return;
  const count = Math.min(looked, source.length);
  for (let i = 0; i < count; i++) {
    const index = Math.floor((i * source.length) / count);
    const sample = await source.read(index, rightTarget === 'required' ? 'both' : 'left');
    const maps = rightTarget === 'required' ? [sample.disparityLeft, sample.disparityRight] : [sample.disparityLeft];
    if (maps.some((map) => map === undefined) || maps.every((map) => hasKnown(map))) return;
  }
  const from = labels === undefined ? 'truth' : `labels of ${labels}`;
  throw new CyclopsError(
    'DATA_INVALID',
    `${data}: ${stage} learns from disparity, expected pixels above 0 px in its ${from}, found none in ${count} of ${source.length} pairs; cyclops data check names such pairs`,
  );
}

function hasKnown(map: FloatMap | undefined): boolean {
  return map?.data.some((value) => value > 0 && value < Number.POSITIVE_INFINITY) ?? false;
}

/** Whether a batch has a pixel to learn from, in each view that the stage must have. */
export function hasUsableTarget(
  batch: Pick<BatchData, 'disparityLeft' | 'disparityRight'>,
  { target, rightTarget }: Pick<BatchNeeds, 'target' | 'rightTarget'>,
): boolean {
  if (target === 'none') return true;
  const maps = rightTarget === 'required' ? [batch.disparityLeft, batch.disparityRight] : [batch.disparityLeft];
  return maps.every((map) => map?.some((value) => value > 0) ?? false);
}

/** The count that a run's log ends with. */
export function emptyBatchesOf(records: readonly RunRecord[]): number {
  const last = records.findLast((record) => record.kind === 'step');
  return last?.kind === 'step' ? (last.emptyBatches ?? 0) : 0;
}

/** Watches for a run that goes on and learns nothing. */
export class IdleSteps {
  readonly #data: string;
  #batches = 0;
  #steps = 0;

  /** @param data the run's data, in words, for errors. */
  constructor(data: string) {
    this.#data = data;
  }

  /** @throws CyclopsError `DATA_INVALID` at the `limitIdle`th batch in a row without a usable pixel. */
  addBatch({ ids }: Pick<BatchData, 'ids'>, isEmpty: boolean): void {
    this.#batches = isEmpty ? this.#batches + 1 : 0;
    if (this.#batches < limitIdle) return;
    throw new CyclopsError(
      'DATA_INVALID',
      `${this.#data}: expected pixels of disparity to learn from, found none in ${this.#batches} batches in a row, the last of ${ids.join(', ')}; cyclops data check names pairs without`,
    );
  }

  /** @throws CyclopsError `DATA_INVALID` at the `limitIdle`th step in a row whose loss and gradient are exactly 0. */
  addStep(step: number, { loss, gradientNorm }: Pick<StepValues, 'loss' | 'gradientNorm'>): void {
    this.#steps = loss === 0 && gradientNorm === 0 ? this.#steps + 1 : 0;
    if (this.#steps < limitIdle) return;
    throw new CyclopsError(
      'DATA_INVALID',
      `${this.#data}: expected a loss to learn from, found a loss and a gradient of 0 in ${this.#steps} steps in a row, the last is step ${step}`,
    );
  }
}
