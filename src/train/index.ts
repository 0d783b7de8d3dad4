/** The door of the training room: what `cyclops/train` exports. Loading it loads TensorFlow. */
export { type Checkpoint, checkpointSchema, type NetworkName, networkNames } from './checkpoint/checkpoint-schema.js';
export {
  type PartialTrainingConfig,
  partialTrainingConfigSchema,
  type TrainingConfig,
  trainingConfigSchema,
} from './config/config.js';
export { resolveTrainingConfig } from './config/resolve-config.js';
export { type LabelOptions, type LabelResult, labelSource } from './labels/label.js';
export {
  type Border,
  BorderPadding2D,
  DepthToSpace,
  GroupNormalization,
  type GroupNormalizationConfig,
  Resize2D,
  type Resize2DConfig,
  type ResizeAlignment,
  Slice,
} from './layers/image-layers.js';
export type { Loss } from './losses/loss.js';
export { type UnsupervisedInput, unsupervisedLoss } from './losses/unsupervised.js';
export { openPredictor, type Predictor, type PredictorOptions, type ViewPrediction } from './predict/predict.js';
export { type TrainOptions, type TrainResult, train } from './run/loop.js';
