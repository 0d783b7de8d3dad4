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
export { examineOrtCapi, type OrtCapiInfo } from './engine/ort-capi/examine.js';
export { executionProviders, type Provider, providers } from './engine/providers/index.js';
export type { ExecutionProvider } from './engine/providers/provider.js';
export {
  type DepthFrame,
  type DepthUnit,
  type Frame,
  type FrameInfo,
  type FrameStamps,
  type InputImage,
  type ModelState,
  metricDepth,
  type Pace,
  type PixelFormat,
  type StampQuality,
} from './frame.js';
export { LatencyHistogram, LatencyMeter, type LatencyReport, type Spread, type Stage, stages } from './latency.js';
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
export { type RecordConfig, type RecordConfigInput, recordConfigSchema } from './record/config.js';
export { type Recording, type RecordingResult, type RecordingStats, startRecording } from './record/recorder.js';
export { type RunningStream, type Summary, startStream } from './stream.js';
