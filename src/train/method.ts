import type { TrainingConfig, tunings } from './config.js';
import type { Loss } from './losses/loss.js';
import type { NetworkEntry } from './networks/index.js';
import type { tf } from './tf.js';

/** A way of fine-tuning. */
export type Tuning = (typeof tunings)[number];

/** One batch on the device. B batch, H rows, W columns of the network's input. */
export interface BatchTensors {
  /** [B,H,W,3], RGB 0..1. */
  readonly left: tf.Tensor4D;
  readonly right: tf.Tensor4D;
  /** [B,H,W,1] what the left view is pulled towards, px at width W; 0 = unknown. Absent without supervision. */
  readonly disparityLeft?: tf.Tensor4D;
  /** [B,H,W,1], 1 = seen by the right camera too; absent where the source does not know. */
  readonly visibleLeft?: tf.Tensor4D;
  /** [B,H,W,1] 0..1; absent for ground truth. */
  readonly confidenceLeft?: tf.Tensor4D;
  /** [B,H,W,3] the views before colours were changed; there for fine-tuning without truth. */
  readonly clean?: { readonly left: tf.Tensor4D; readonly right: tf.Tensor4D };
}

/** What the frozen network of a fine-tuning says about a batch. */
export interface FrozenView {
  /** [B,H,W,1] px at width W, at least 0. */
  readonly disparityPx: tf.Tensor4D;
  /** [B,H,W,1] 0 or 1. */
  readonly visible: tf.Tensor4D;
}

/** What a stage's loss is computed with. */
export interface StageContext {
  readonly model: tf.LayersModel;
  readonly entry: NetworkEntry;
  readonly config: TrainingConfig;
  /** The network as it was before fine-tuning, where the tuning is `unsup`. */
  readonly frozen?: tf.LayersModel;
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
  /** What the frozen network says, where there is one; called inside a tidy, before the gradients are recorded. */
  frozenView?(context: StageContext, batch: BatchTensors): FrozenView;
  /** The loss of one batch; called inside a tidy, differentiable in the model's variables. */
  loss(context: StageContext, batch: BatchTensors, frozen?: FrozenView): Loss;
}

/** What a way of fine-tuning sets unless a run says otherwise. */
export interface TuningDefaults {
  readonly supervision: 'truth' | 'none';
  readonly steps: number;
  readonly pairs?: number;
}

/** A paper: one file under methods/ fills it. */
export interface Method {
  readonly name: TrainingConfig['method'];
  readonly paper: string;
  readonly stages: Readonly<Record<TrainingConfig['stage'], Stage>>;
  readonly tunings: Readonly<Record<Tuning, TuningDefaults>>;
}
