import { CyclopsError } from '../base/errors.js';
import { writeAtomic } from '../base/files.js';
import { packageVersion } from '../base/paths.js';
import { type GraphSummary, summarizeGraph } from './cost/summary.js';
import type { Value } from './graph/graph.js';
import { buildLayersModelGraph } from './graph/layers-model-graph.js';
import { decodeOutline, encodeModel } from './graph/proto.js';
import { type PassReport, runPasses } from './passes/index.js';
import { type OpenSize, readLayersModel } from './read/layers-model.js';
import { assertModelParity, checkModelParity, type ModelParityReport } from './verify/model-parity.js';

/** What an export of a LayersModel leaves to the user. */
export interface LayersModelOptions {
  readonly size?: OpenSize;
  /** Whether to compare with tfjs; true unless given. */
  readonly parity?: boolean;
  /** Version of cyclops, for the file's producer; this one unless given. */
  readonly version?: string;
}

/** A LayersModel as an ONNX file that is not yet written. */
export interface LayersModelResult {
  readonly onnx: Uint8Array;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly summary: GraphSummary;
  readonly passes: readonly PassReport[];
  readonly weightBytes: number;
  /** Absent where the check was switched off. */
  readonly parity?: ModelParityReport;
}

/**
 * A user's own LayersModel as a bare ONNX graph: tensors in, tensors out, nothing before or behind the network.
 * @throws CyclopsError those of `readLayersModel` and `buildLayersModelGraph`, `PARITY_FAILED`.
 */
export async function convertLayersModel(path: string, options: LayersModelOptions = {}): Promise<LayersModelResult> {
  const model = await readLayersModel(path);
  const { graph, reports } = runPasses(buildLayersModelGraph(model, options.size));
  const onnx = encodeModel(graph, { producerVersion: options.version ?? packageVersion(), metadata: {} });
  const parity = options.parity === false ? undefined : await checkModelParity(model, graph, onnx);
  if (parity !== undefined) assertModelParity(parity, path);
  return {
    onnx,
    inputs: graph.inputs,
    outputs: graph.outputs,
    summary: summarizeGraph(decodeOutline(onnx, path)),
    passes: reports,
    weightBytes: model.network.weightBytes,
    ...(parity === undefined ? {} : { parity }),
  };
}

/**
 * `convertLayersModel`, and the file. Nothing is written unless parity holds.
 * @param output a path that ends in `.onnx`.
 * @throws CyclopsError those of `convertLayersModel`, `DISK_FULL`, `WRITE_FAILED`.
 */
export async function exportLayersModel(
  path: string,
  output: string,
  options: LayersModelOptions = {},
): Promise<LayersModelResult> {
  if (!output.endsWith('.onnx')) {
    throw new CyclopsError('USAGE_INVALID', `--output: expected FILE.onnx for a bare graph, found "${output}"`);
  }
  const result = await convertLayersModel(path, options);
  await writeAtomic(output, result.onnx);
  return result;
}
