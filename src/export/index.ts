export type { DepthGraphOptions } from './depth-graph.js';
export { buildDepthGraph } from './depth-graph.js';
export { compareGraphs, type GraphDifferences, type WeightDifference } from './differences.js';
export { estimateGraph, type GraphEstimate } from './estimate.js';
export { type ExportOptions, type ExportResult, exportOnnx, type NetworkDescription, openNetwork } from './export.js';
export {
  convertLayersModel,
  exportLayersModel,
  type LayersModelOptions,
  type LayersModelResult,
  type OpenSize,
} from './layers-model.js';
export type { ModelParityReport } from './model-parity.js';
export { type OnnxRun, openOnnx } from './onnx-run.js';
export type { ParityReport } from './parity.js';
export { type ExportPlan, planDepthNetwork, planLayersModel } from './plan.js';
export type { PrecisionDifference } from './precision/difference.js';
export type { CalibrationFrames, PrecisionKind, PrecisionOptions } from './precision/reduce.js';
export { type ReducedPackage, type ReducePackageOptions, reducePackage } from './precision/reduce-package.js';
export { decodeOutline, type GraphOutline } from './proto.js';
export { parityLimit } from './reference.js';
export { type GraphSummary, summarizeGraph } from './summary.js';
export { type EnginePackage, packageEngine } from './tensorrt/ep-context.js';
