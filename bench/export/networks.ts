import type { Graph } from '../../src/export/graph.js';
import { buildLayersModelGraph } from '../../src/export/layers-model.js';
import { checkModelParity, type ModelParityReport } from '../../src/export/model-parity.js';
import { runPasses } from '../../src/export/passes/index.js';
import { encodeModel } from '../../src/export/proto.js';
import { parseNetwork } from '../../src/export/read-network.js';
import type { NetworkName } from '../../src/train/checkpoint/checkpoint-schema.js';
import type { tf } from '../../src/train/tensorflow/tf.js';
import { savedModel } from './run-case.js';

/** A network of ours as a bare graph: every input and output, compared with tfjs. */
export interface ExportedNetwork {
  readonly graph: Graph;
  readonly onnx: Uint8Array;
  /** Nodes by operator. */
  readonly operators: Readonly<Record<string, number>>;
  /** ONNX file / weights - 1. */
  readonly overhead: number;
  readonly parity: ModelParityReport;
}

/** Creates an untrained network of a seed and exports it. */
export async function exportUntrained(
  tensorflow: typeof tf,
  name: NetworkName,
  size: { readonly width: number; readonly height: number; readonly widthPx: number },
): Promise<ExportedNetwork> {
  const { networks } = await import('../../src/train/networks/index.js');
  const model = networks[name].create({ ...size, seed: 3 });
  const { json, weights } = await savedModel(tensorflow, model);
  model.dispose();
  const network = parseNetwork(json, weights, name);
  const { graph } = runPasses(buildLayersModelGraph({ path: name, network }));
  const onnx = encodeModel(graph, { producerVersion: '', metadata: {} });
  const parity = await checkModelParity({ path: name, modelJson: json, weightBytes: weights }, graph, onnx, 1);
  const operators: Record<string, number> = {};
  for (const { op } of graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
  return { graph, onnx, operators, overhead: onnx.byteLength / weights.byteLength - 1, parity };
}
