import { assert } from '../base/assert.js';
import type { Batch } from '../data/loader.js';
import type { Adam } from './adam.js';
import type { TrainingConfig } from './config.js';
import { encoderVariables } from './encoder.js';
import { leftRightVisible } from './losses/visibility.js';
import type { BatchTensors, Stage, StageContext } from './method.js';
import { trainableVariables } from './network.js';
import { tf } from './tf.js';

/** What a step measured, still on the device: reading it waits for the step. */
export interface StepStats {
  /** [loss, gradient norm, terms in the order of `terms`]. */
  readonly values: tf.Tensor1D;
  readonly terms: readonly string[];
}

/** What a step measured. */
export interface StepValues {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly losses: Readonly<Record<string, number>>;
}

/**
 * One optimizer step: forward, loss, gradients, update. Returns before a GPU is done.
 * @param step the number of this step, from 1.
 */
export function runStep(
  stage: Stage,
  context: StageContext,
  adam: Adam,
  batch: Batch,
  step: number,
  learningRate: number,
): StepStats {
  let terms: readonly string[] = [];
  const values = tf.tidy(() => {
    const tensors = batchTensors(batch, context.config);
    const frozen = context.frozen === undefined ? undefined : stage.frozenView?.(context, tensors);
    const variables = trainableVariables(context.model);
    const resting = restingVariables(context, step);
    let losses: tf.Scalar[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const loss = stage.loss(context, tensors, frozen);
      terms = Object.keys(loss.terms);
      // The gradient's scope frees everything but its result.
      losses = Object.values(loss.terms).map((term) => tf.keep(term.clone()));
      return loss.total;
    }, variables);
    // A head that no loss term reaches (visibility without truth for it) has no gradient.
    const gradients = variables.map((variable) =>
      resting.has(variable) ? tf.zerosLike(variable) : (grads[variable.name] ?? tf.zerosLike(variable)),
    );
    const norm = adam.apply(gradients, step, learningRate, context.config.clipNorm);
    const stats = tf.stack([value, norm, ...losses]) as tf.Tensor1D;
    tf.dispose(losses);
    return stats;
  });
  return { values, terms };
}

/** Reads and frees what a step measured. */
export async function readStats({ values, terms }: StepStats): Promise<StepValues> {
  const [loss, gradientNorm, ...rest] = await values.data();
  values.dispose();
  return {
    loss: loss!,
    gradientNorm: gradientNorm!,
    losses: Object.fromEntries(terms.map((term, index) => [term, rest[index]!])),
  };
}

/** The first value of a step that is not a finite number, by name; undefined if all are. */
export function firstNonFinite(values: StepValues): string | undefined {
  const term = Object.entries(values.losses).find(([, value]) => !Number.isFinite(value));
  if (term !== undefined) return `loss term "${term[0]}" is ${term[1]}`;
  if (!Number.isFinite(values.loss)) return `the loss is ${values.loss}`;
  if (!Number.isFinite(values.gradientNorm)) return `the gradient norm is ${values.gradientNorm}`;
  return undefined;
}

const none: ReadonlySet<tf.Variable> = new Set();

/** The variables of an encoder with weights from elsewhere, while the decoder learns what to do with them. */
function restingVariables({ model, entry, config }: StageContext, step: number): ReadonlySet<tf.Variable> {
  return step > (config.encoderFrozenSteps ?? 0) ? none : new Set(encoderVariables(model, entry));
}

/** Copies a batch to the device; the caller frees the tensors. */
function batchTensors(batch: Batch, config: TrainingConfig): BatchTensors {
  const { width, height } = batch;
  const count = batch.ids.length;
  const tensor = (data: Float32Array, channels: number): tf.Tensor4D =>
    tf.tensor4d(data, [count, height, width, channels]);
  const views = { left: tensor(batch.left, 3), right: tensor(batch.right, 3) };
  if (config.supervision === 'none') {
    assert(batch.clean !== undefined, 'the loader was asked for clean views');
    return { ...views, clean: { left: tensor(batch.clean.left, 3), right: tensor(batch.clean.right, 3) } };
  }
  const { disparityLeft, confidenceLeft } = batch;
  assert(disparityLeft !== undefined, 'a batch to learn from has disparity');
  const truth = tensor(disparityLeft, 1);
  const visibleLeft = config.stage === 'teacher' ? visibleTruth(batch, truth, config) : undefined;
  return {
    ...views,
    disparityLeft: truth,
    ...(visibleLeft === undefined ? {} : { visibleLeft }),
    ...(confidenceLeft === undefined ? {} : { confidenceLeft: tensor(confidenceLeft, 1) }),
  };
}

/** What is true about visibility; nothing where disparity is sparse, which says nothing about the pixels between. */
function visibleTruth(batch: Batch, disparity_BHW1: tf.Tensor4D, config: TrainingConfig): tf.Tensor4D | undefined {
  const { disparityLeft, disparityRight, visibleLeft } = batch;
  if (disparityLeft === undefined || !isDense(disparityLeft)) return undefined;
  if (visibleLeft !== undefined && config.occlusion !== 'left-right') {
    return tf.tensor4d(visibleLeft, disparity_BHW1.shape);
  }
  if (disparityRight === undefined || !isDense(disparityRight)) return undefined;
  return leftRightVisible(disparity_BHW1, tf.tensor4d(disparityRight, disparity_BHW1.shape));
}

function isDense(disparityPx: Float32Array): boolean {
  let known = 0;
  let looked = 0;
  for (let i = 0; i < disparityPx.length; i += 13) {
    looked++;
    if (disparityPx[i]! > 0) known++;
  }
  return known * 2 >= looked;
}
