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
export {
  type CameraResult,
  type CameraState,
  type CameraStream,
  type RunningCameras,
  startCameras,
} from './cameras.js';
export type { CaptureJob, GstJob, ImagesJob } from './capture/messages.js';
export { type CapturePlan, planCapture } from './capture/plan.js';
export { paceOf, type Source, type SourceInput, sourceSchema, withoutPassword } from './capture/source.js';
export type { FaultCounts } from './capture/supervisor.js';
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
export { providers } from './engine/open-failure.js';
export { examineOrtCapi, type OrtCapiFacts } from './engine/ort-capi/examine.js';
export type { NvidiaFacts } from './engine/ort-capi/nvidia.js';
export type { SelfTestResult } from './engine/self-test.js';
export {
  type DepthFrame,
  type Frame,
  type FrameFacts,
  type FrameStamps,
  type InputImage,
  type ModelState,
  metricDepth,
  type PixelFormat,
  type StampQuality,
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
export { ndjsonOutput } from './outputs/ndjson.js';
export { noOutput } from './outputs/none.js';
export type { DepthUnit, Output, OutputStats, Pace, StreamInfo } from './outputs/output.js';
export { png16Output } from './outputs/png16.js';
export { VideoOutput } from './outputs/video.js';
export { type RunningPipeline, type Summary, startPipeline } from './pipeline.js';
export { type RecordConfig, type RecordConfigInput, recordConfigSchema } from './record/config.js';
export type { Side } from './record/pair-matcher.js';
export { type Recording, type RecordingResult, type RecordingStats, startRecording } from './record/recorder.js';
export type { Undistortion } from './undistort.js';
