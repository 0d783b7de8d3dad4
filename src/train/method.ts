import type { TrainingConfig } from './config.js';
import type { Loss } from './losses/loss.js';
import type { NetworkEntry } from './networks/index.js';
import type { tf } from './tf.js';

/** One batch on the device. B batch, H rows, W columns of the network's input. */
export interface BatchTensors {
  /** [B,H,W,3], RGB 0..1. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
  /** [B,H,W,1] what the left view is pulled towards, px at width W; 0 = unknown. */
  readonly disparityLeft: tf.Tensor4D;
  /** [B,H,W,1], 1 = seen by the right camera too; absent where the source does not know. */
  readonly visibleLeft?: tf.Tensor4D;
  /** [B,H,W,1] 0..1; absent for ground truth. */
  readonly confidenceLeft?: tf.Tensor4D;
}

/** What a stage's loss is computed with. */
export interface StageContext {
  readonly model: tf.LayersModel;
  readonly entry: NetworkEntry;
  readonly config: TrainingConfig;
}

/** Settings of a stage unless a run says otherwise; sizes and width come from the network. */
export type StageDefaults = Pick<
  TrainingConfig,
  'network' | 'supervision' | 'augmentation' | 'batch' | 'steps' | 'learningRate' | 'milestones' | 'warmupSteps'
>;

/** One stage of a method: a network that is trained on a loss. */
export interface Stage {
  readonly title: string;
  readonly defaults: StageDefaults;
  /** The loss of one batch; called inside a tidy, differentiable in the model's variables. */
  loss(context: StageContext, batch: BatchTensors): Loss;
}

/** A paper: one file under methods/ fills it. */
export interface Method {
  readonly name: TrainingConfig['method'];
  readonly paper: string;
  readonly stages: Readonly<Record<TrainingConfig['stage'], Stage>>;
}
