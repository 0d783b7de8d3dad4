/**
 * What `cyclops/export` exports: networks to ONNX files and model packages, and what such a file holds. TensorFlow is loaded
 * only where a check against it runs.
 * @module
 */
export { CyclopsError, type CyclopsErrorOptions, type ErrorCode, errorCodes, isCyclopsError } from '../base/errors.js';
export type { Intrinsics } from '../geometry/camera.js';
export {
  type ActivationType,
  activationTypes,
  type CalibrationMethod,
  type ChannelOrder,
  calibrationMethods,
  channelOrders,
  type ModelPackage,
  modelPackageSchema,
} from '../model-package/schema.js';
export { type TensorRtOptions, tensorRtOptionsSchema } from '../model-package/tensorrt/options.js';
export type { PackagePaths } from '../model-package/write.js';
export { buildDepthGraph, type DepthGraph, type DepthGraphOptions } from './depth-graph.js';
export { type DepthNetwork, type NetworkFacts, networkFactsSchema } from './depth-network.js';
export { compareGraphs, type GraphDifferences, type WeightDifference } from './differences.js';
export { estimateGraph, type GraphEstimate } from './estimate.js';
export type { Surroundings } from './expected-depth.js';
export { type ExportOptions, type ExportResult, exportOnnx, type NetworkDescription, openNetwork } from './export.js';
export type { Attribute, Constant, ElementType, Graph, GraphNode, Value } from './graph.js';
export {
  convertLayersModel,
  exportLayersModel,
  type LayersModel,
  type LayersModelOptions,
  type LayersModelResult,
  type OpenSize,
} from './layers-model.js';
export type { ModelParityReport } from './model-parity.js';
export { type OnnxRun, type OnnxRunOptions, openOnnx } from './onnx-run.js';
export type { PackageFacts } from './pack.js';
export type { ParityReport } from './parity.js';
export type { PassReport } from './passes/index.js';
export { type ExportPlan, planDepthNetwork, planLayersModel } from './plan.js';
export type { OutputMeaning } from './pre-post.js';
export type { PrecisionDifference } from './precision/difference.js';
export type { CalibrationFrames, PrecisionKind, PrecisionOptions } from './precision/reduce.js';
export { type ReducedPackage, type ReducePackageOptions, reducePackage } from './precision/reduce-package.js';
export { decodeOutline, type GraphOutline } from './proto.js';
export { parityLimit } from './reference.js';
export { type GraphSummary, summarizeGraph } from './summary.js';
export { type EnginePackage, packageEngine } from './tensorrt/ep-context.js';
