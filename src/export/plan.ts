import { estimateGraph, type GraphEstimate } from './cost/estimate.js';
import { type GraphSummary, summarizeGraph } from './cost/summary.js';
import { type NetworkDescription, openNetwork } from './export.js';
import { buildDepthGraph, type DepthGraphOptions } from './graph/depth-graph.js';
import type { Graph, Value } from './graph/graph.js';
import { buildLayersModelGraph } from './graph/layers-model-graph.js';
import { decodeOutline, encodeModel } from './graph/proto.js';
import { type PassReport, runPasses } from './passes/index.js';
import { outlineReduced, type PrecisionKind } from './precision/reduce.js';
import { type OpenSize, readLayersModel } from './read/layers-model.js';

/** What an export would give; nothing is run or written. */
export interface ExportPlan {
  readonly name: string;
  readonly precision: 'fp32' | PrecisionKind['kind'];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly summary: GraphSummary;
  readonly estimate: GraphEstimate;
  readonly passes: readonly PassReport[];
  readonly onnxBytes: number;
  readonly weightBytes: number;
  /** How a fitted graph crops its frames, in a sentence. */
  readonly viewNote?: string;
}

/**
 * The plan of a student checkpoint, or of a model with its facts.
 * @throws CyclopsError those of reading and converting it.
 */
export async function planDepthNetwork(
  path: string,
  options: DepthGraphOptions & { readonly described?: NetworkDescription; readonly precision?: PrecisionKind },
): Promise<ExportPlan> {
  const network = await openNetwork(path, options.described);
  const { graph, viewNote } = buildDepthGraph(network, options);
  const plan = planGraph(network.name, graph, network.model.weightBytes.byteLength, options.precision);
  return viewNote === undefined ? plan : { ...plan, viewNote };
}

/**
 * The plan of a tfjs LayersModel.
 * @throws CyclopsError those of reading and converting it.
 */
export async function planLayersModel(path: string, size?: OpenSize): Promise<ExportPlan> {
  const model = await readLayersModel(path);
  return planGraph(path, buildLayersModelGraph(model, size), model.network.weightBytes);
}

function planGraph(name: string, built: Graph, weightBytes: number, precision?: PrecisionKind): ExportPlan {
  const { graph: exact, reports } = runPasses(built);
  const graph = precision === undefined ? exact : outlineReduced(exact, precision);
  const onnx = encodeModel(graph, { producerVersion: '', metadata: {} });
  const outline = decodeOutline(onnx, name);
  return {
    name,
    precision: precision?.kind ?? 'fp32',
    inputs: graph.inputs,
    outputs: graph.outputs,
    summary: summarizeGraph(outline),
    estimate: estimateGraph(outline),
    passes: reports,
    onnxBytes: onnx.byteLength,
    weightBytes,
  };
}
