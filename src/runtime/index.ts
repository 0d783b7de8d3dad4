/** The door of the runtime: what `cyclops/runtime` exports. */
export { CyclopsError, type CyclopsErrorOptions, type ErrorCode, isCyclopsError } from '../base/errors.js';
export { createLog, type Logger } from '../base/log.js';
export { type LoadedModelPackage, readModelPackage } from '../model-package/read.js';
export {
  type CameraResult,
  type CameraState,
  type CameraStream,
  type RunningCameras,
  startCameras,
} from './cameras.js';
export { type CapturePlan, planCapture } from './capture/plan.js';
export { paceOf, type Source, type SourceInput, withoutPassword } from './capture/source.js';
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
export { LatencyHistogram, LatencyMeter, type LatencyReport, type Spread, type Stage, stages } from './latency.js';
export {
  type DepthModel,
  type ImageDepth,
  type ImageInput,
  type MetricImageDepth,
  type OpenModelOptions,
  openModel,
  type RelativeImageDepth,
} from './open-model.js';
export { type DepthStream, type OpenStreamOptions, openStream } from './open-stream.js';
export { ndjsonOutput } from './outputs/ndjson.js';
export { noOutput } from './outputs/none.js';
export type { Output, OutputStats, Pace, StreamInfo } from './outputs/output.js';
export { png16Output } from './outputs/png16.js';
export { VideoOutput } from './outputs/video.js';
export { type RunningPipeline, type Summary, startPipeline } from './pipeline.js';
export { type RecordConfig, type RecordConfigInput, recordConfigSchema } from './record/config.js';
export { type Recording, type RecordingResult, type RecordingStats, startRecording } from './record/recorder.js';
