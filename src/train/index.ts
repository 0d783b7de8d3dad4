/**
 * What `cyclops/train` exports: sources of stereo pairs, training, pseudo labels, prediction, layers and losses. Loading it
 * loads TensorFlow.
 * @module
 */
export { CyclopsError, type CyclopsErrorOptions, type ErrorCode, errorCodes, isCyclopsError } from '../base/errors.js';
export {
  type DepthTruth,
  depthTruths,
  type FolderLayout,
  type FolderSpec,
  folderLayouts,
  type MixedSpec,
  type SingleSpec,
  type SourceSpec,
  type StereoSample,
  type StereoSource,
  type SyntheticSpec,
  type TruthWanted,
  type ViewSample,
} from '../data/sample.js';
export { openSource } from '../data/sources/index.js';
export { parseMixedSpec, parseSourceSpec, type SourceDefaults } from '../data/sources/parse-spec.js';
export type { Intrinsics, StereoCamera } from '../geometry/camera.js';
export type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';
export { type Checkpoint, checkpointSchema, type NetworkName, networkNames } from './checkpoint/checkpoint-schema.js';
export {
  type PartialTrainingConfig,
  partialTrainingConfigSchema,
  type TrainingConfig,
  trainingConfigSchema,
} from './config/config.js';
export { defaultsFromInit, resolveTrainingConfig } from './config/resolve-config.js';
export { type LabelOptions, type LabelResult, labelSource } from './labels/label.js';
export type { ProducerSpec } from './labels/producers/index.js';
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
export { type TrainResult, train } from './run/loop.js';
export type { TrainingProgress } from './run/progress.js';
export type { TrainOptions } from './run/training-run.js';
export { tf } from './tensorflow/tf.js';
