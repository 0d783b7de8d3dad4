import type { Batch } from '../../data/loader.js';
import type { BatchTensors, StageContext, StageLoss } from '../methods/method.js';
import { encoderVariables } from '../networks/encoder.js';
import { trainableVariables } from '../networks/network.js';
import { tf } from '../tensorflow/tf.js';
import type { Adam } from './adam.js';

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

/** What decides an optimizer step beside the batch. */
export interface StepSettings {
  /** The number of this step, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Largest global gradient norm; 0 = no limit. */
  readonly clipNorm: number;
  /** Whether the encoder's weights stay as they are. */
  readonly isEncoderResting: boolean;
}

/** One optimizer step: forward, loss, gradients, update. Returns before a GPU is done. */
export function runStep(
  stageLoss: StageLoss,
  context: StageContext,
  adam: Adam,
  batch: Batch,
  { step, learningRate, clipNorm, isEncoderResting }: StepSettings,
): StepStats {
  let terms: readonly string[] = [];
  const values = tf.tidy(() => {
    const lossOfBatch = stageLoss(context, batchTensors(batch), batch);
    const variables = trainableVariables(context.model);
    const resting = restingVariables(context, isEncoderResting);
    let losses: tf.Scalar[] = [];
    const { value, grads } = tf.variableGrads(() => {
      const loss = lossOfBatch();
      terms = Object.keys(loss.terms);
      // The gradient's scope frees everything but its result.
      losses = Object.values(loss.terms).map((term) => tf.keep(term.clone()));
      return loss.total;
    }, variables);
    // A head that no loss term reaches (visibility without truth for it) has no gradient.
    const gradients = variables.map((variable) =>
      resting.has(variable) ? tf.zerosLike(variable) : (grads[variable.name] ?? tf.zerosLike(variable)),
    );
    const norm = adam.apply(gradients, step, learningRate, clipNorm);
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
function restingVariables({ model, entry }: StageContext, isResting: boolean): ReadonlySet<tf.Variable> {
  return isResting ? new Set(encoderVariables(model, entry)) : none;
}

const mapNames = [
  'disparityLeft',
  'disparityRight',
  'visibleLeft',
  'visibleRight',
  'confidenceLeft',
  'confidenceRight',
] as const satisfies readonly (keyof BatchTensors & keyof Batch)[];

/** Copies a batch to the device; the caller frees the tensors. */
function batchTensors(batch: Batch): BatchTensors {
  const { width, height } = batch;
  const count = batch.ids.length;
  const tensor = (data: Float32Array, channels: number): tf.Tensor4D =>
    tf.tensor4d(data, [count, height, width, channels]);
  const views = ({ left, right }: { left: Float32Array; right: Float32Array }) => ({
    left: tensor(left, 3),
    right: tensor(right, 3),
  });
  const maps = mapNames.flatMap((name) => {
    const data = batch[name];
    return data === undefined ? [] : [[name, tensor(data, 1)] as const];
  });
  return {
    ...views(batch),
    ...(batch.clean === undefined ? {} : { clean: views(batch.clean) }),
    ...Object.fromEntries(maps),
  };
}
