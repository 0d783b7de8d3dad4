/**
 * What `cyclops/runtime` exports: models for single images, streams of depth frames, and what goes into and comes out of
 * them. Loading it loads neither TensorFlow nor an engine.
 * @module
 */
export type { MonotonicNs } from '../base/clock.js';
export { CyclopsError, type CyclopsErrorOptions, type ErrorCode, errorCodes, isCyclopsError } from '../base/errors.js';
export { createLog, type Logger } from '../base/log.js';
export type { Intrinsics } from '../geometry/camera.js';
export type { PixelMap } from '../geometry/distortion.js';
export type { CropWindow, NetworkView } from '../geometry/network-view.js';
export type { FloatMap, RgbImage } from '../geometry/raster.js';
export { colorizeDepth, type DepthRange } from '../image/colormap.js';
export { encodePng16 } from '../image/png16.js';
export type { GoldenComparison } from '../model-package/golden.js';
export { type LoadedModelPackage, readModelPackage } from '../model-package/read.js';
export type { ProviderOptions } from '../model-package/tensorrt/provider-options.js';
export type { Undistortion } from './camera/undistort.js';
export {
  type CameraResult,
  type CameraState,
  type CameraStream,
  type RunningCameras,
  startCameras,
} from './cameras.js';
export type { ElementPackages } from './capture/decoders.js';
export type { ElementSet } from './capture/installed-elements.js';
export type { CaptureJob, GstJob, ImagesJob } from './capture/messages.js';
export { type CapturePlan, planCapture } from './capture/plan.js';
export type {
  GstSourceKind,
  JobSourceKind,
  SourceInfo,
  SourceText,
  TimestampOrigin,
} from './capture/source-kind.js';
export {
  isSourceWord,
  kindsWith,
  paceOf,
  parseSource,
  type Source,
  type SourceInput,
  type SourceKind,
  sourceForms,
  sourceKinds,
  videoFileOf,
} from './capture/sources/index.js';
export type { FaultCounts } from './capture/supervisor.js';
export { withoutPassword } from './capture/without-password.js';
export {
  type CamerasConfig,
  type CamerasConfigInput,
  camerasConfigSchema,
  type StreamConfig,
  type StreamConfigInput,
  streamConfigSchema,
} from './config.js';
export type { Engine, EngineInfo, InferResult } from './engine/engine.js';
export { engineKinds } from './engine/engine.js';
export { examineOrtCapi, type OrtCapiInfo } from './engine/ort-capi/examine.js';
export type { NvidiaInfo } from './engine/ort-capi/nvidia.js';
export { executionProviders, type Provider, providers } from './engine/providers/index.js';
export type { ExecutionProvider, ProviderSettings } from './engine/providers/provider.js';
export type { SelfTestResult } from './engine/self-test.js';
export {
  type DepthFrame,
  type DepthUnit,
  type Frame,
  type FrameInfo,
  type FrameTimestamps,
  type InputImage,
  type ModelState,
  metricDepth,
  type Pace,
  type PixelFormat,
  type TimestampQuality,
} from './frame.js';
export {
  type HistogramBin,
  LatencyHistogram,
  LatencyMeter,
  type LatencyReport,
  type Spread,
  type Stage,
  stages,
} from './latency.js';
export {
  type DepthModel,
  type ImageDepth,
  type ImageInput,
  type MetricImageDepth,
  type OpenModelOptions,
  openModel,
  openModelSettingsSchema,
  type RelativeImageDepth,
} from './open-model.js';
export { type DepthStream, type OpenStreamOptions, openStream } from './open-stream.js';
export {
  formatOutput,
  type OutputSettings,
  openOutput,
  outputForms,
  outputHelp,
  outputKinds,
  outputSchema,
  parseOutput,
} from './outputs/index.js';
export { ndjsonOutput } from './outputs/ndjson.js';
export { noOutput } from './outputs/none.js';
export type { Output, OutputKind, OutputStats, OutputStreams, StreamInfo } from './outputs/output.js';
export { png16Output } from './outputs/png16.js';
export { VideoOutput } from './outputs/video.js';
export type { ImageTarget } from './plan-network-input.js';
export { type RecordConfig, type RecordConfigInput, recordConfigSchema } from './record/config.js';
export type { Side } from './record/pair-matcher.js';
export { type Recording, type RecordingResult, type RecordingStats, startRecording } from './record/recorder.js';
export { type RunningStream, type Summary, startStream } from './stream.js';
