export { estimateGraph, type GraphEstimate } from './cost/estimate.js';
export { type GraphSummary, summarizeGraph } from './cost/summary.js';
export { type ExportOptions, type ExportResult, exportOnnx, type NetworkDescription, openNetwork } from './export.js';
export {
  convertLayersModel,
  exportLayersModel,
  type LayersModelOptions,
  type LayersModelResult,
} from './export-layers-model.js';
export type { DepthGraphOptions } from './graph/depth-graph.js';
export { buildDepthGraph } from './graph/depth-graph.js';
export { decodeOutline, type GraphOutline } from './graph/proto.js';
export { type ExportPlan, planDepthNetwork, planLayersModel } from './plan.js';
export type { PrecisionDifference } from './precision/difference.js';
export type { CalibrationFrames, PrecisionKind, PrecisionOptions } from './precision/reduce.js';
export { type ReducedPackage, type ReducePackageOptions, reducePackage } from './precision/reduce-package.js';
export type { OpenSize } from './read/layers-model.js';
export { type EnginePackage, packageEngine } from './tensorrt/ep-context.js';
export { compareGraphs, type GraphDifferences, type WeightDifference } from './verify/differences.js';
export type { ModelParityReport } from './verify/model-parity.js';
export { type OnnxRun, openOnnx } from './verify/onnx-run.js';
export type { ParityReport } from './verify/parity.js';
export { parityLimit } from './verify/reference.js';
