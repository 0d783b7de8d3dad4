import { goldenFromDepth, goldenInput } from '../model-package/golden.js';
import { bytesPerPixel, type EmbeddedPackage, metadataKey, type PackagePrecision } from '../model-package/schema.js';
import { type GraphSummary, summarizeGraph } from './cost/summary.js';
import type { Graph } from './graph/graph.js';
import { decodeOutline, encodeModel, opset } from './graph/proto.js';
import { openOnnx } from './verify/onnx-run.js';

/** What the graph itself does not say about a package. */
export type PackageInfo = Pick<
  EmbeddedPackage,
  'name' | 'input' | 'output' | 'camera' | 'view' | 'flipTta' | 'confidence' | 'tensorRt'
> & {
  readonly provenance: Omit<EmbeddedPackage['provenance'], 'parameters' | 'gmacs'>;
};

/** A graph and its package, not yet written. */
export interface PackedModel {
  readonly embedded: EmbeddedPackage;
  /** The ONNX file, with `embedded` in its metadata. */
  readonly onnx: Uint8Array;
  readonly summary: GraphSummary;
}

const exact: PackagePrecision = { precision: 'fp32' };

/**
 * Makes the ONNX file of a finished graph: runs it on the golden input, and puts package info, golden output and size
 * into its metadata.
 * @param precision of the graph; fp32 unless given.
 * @throws CyclopsError `MODEL_INVALID` if ONNX Runtime refuses the graph.
 */
export async function packModel(
  graph: Graph,
  facts: PackageInfo,
  onnxFile = 'model.onnx',
  precision: PackagePrecision = exact,
): Promise<PackedModel> {
  const producerVersion = facts.provenance.versions.cyclops ?? '';
  const bare = encodeModel(graph, { producerVersion, metadata: {} });
  const summary = summarizeGraph(decodeOutline(bare, facts.name));
  const { width, height, channels } = facts.input;
  const session = await openOnnx(bare, facts.name);
  const depthM = await session
    .run(goldenInput(height, width, channels), [1, height, width, bytesPerPixel(channels)])
    .finally(() => session.close());
  const { name, provenance, ...rest } = facts;
  const { method, network, ...origin } = provenance;
  const embedded: EmbeddedPackage = {
    format: 'cyclops-model',
    formatVersion: 1,
    name,
    onnx: { file: onnxFile, opset },
    ...rest,
    ...precision,
    provenance: { method, network, parameters: summary.parameters, gmacs: summary.macs / 1e9, ...origin },
    golden: goldenFromDepth(depthM, { ...facts, ...precision }),
  };
  const onnx = encodeModel(graph, { producerVersion, metadata: { [metadataKey]: JSON.stringify(embedded) } });
  return { embedded, onnx, summary };
}
