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
export { estimateGraph, type GraphEstimate } from './cost/estimate.js';
export { type GraphSummary, summarizeGraph } from './cost/summary.js';
export { type ExportOptions, type ExportResult, exportOnnx, type NetworkDescription, openNetwork } from './export.js';
export {
  convertLayersModel,
  exportLayersModel,
  type LayersModelOptions,
  type LayersModelResult,
} from './export-layers-model.js';
export { buildDepthGraph, type DepthGraph, type DepthGraphOptions } from './graph/depth-graph.js';
export type { Attribute, Constant, ElementType, Graph, GraphNode, Value } from './graph/graph.js';
export type { OutputMeaning } from './graph/pre-post.js';
export { decodeOutline, type GraphOutline } from './graph/proto.js';
export type { PackageInfo } from './pack.js';
export type { PassReport } from './passes/index.js';
export { type ExportPlan, planDepthNetwork, planLayersModel } from './plan.js';
export type { PrecisionDifference } from './precision/difference.js';
export type { CalibrationFrames, PrecisionKind, PrecisionOptions } from './precision/reduce.js';
export { type ReducedPackage, type ReducePackageOptions, reducePackage } from './precision/reduce-package.js';
export { type DepthNetwork, type NetworkInfo, networkInfoSchema } from './read/depth-network.js';
export type { LayersModel, OpenSize } from './read/layers-model.js';
export { type EnginePackage, packageEngine } from './tensorrt/ep-context.js';
export { compareGraphs, type GraphDifferences, type WeightDifference } from './verify/differences.js';
export type { Surroundings } from './verify/expected-depth.js';
export type { ModelParityReport } from './verify/model-parity.js';
export { type OnnxRun, type OnnxRunOptions, openOnnx } from './verify/onnx-run.js';
export type { ParityReport } from './verify/parity.js';
export { parityLimit } from './verify/reference.js';
