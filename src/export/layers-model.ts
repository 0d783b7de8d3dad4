import { dirname, join } from 'node:path';
import { CyclopsError } from '../base/errors.js';
import { readBytes, readText, writeAtomic } from '../base/files.js';
import { packageVersion } from '../base/paths.js';
import { type Graph, GraphBuilder, type Value } from './graph.js';
import { fromTfjsOrder, toTfjsOrder } from './layout.js';
import { assertModelParity, checkModelParity, type ModelParityReport } from './model-parity.js';
import { addNetwork, inputShapeOf } from './network.js';
import { type PassReport, runPasses } from './passes/index.js';
import { decodeOutline, encodeModel } from './proto.js';
import { type Network, parseNetwork, weightFilesOf } from './read-network.js';
import { type GraphSummary, summarizeGraph } from './summary.js';

/** A tfjs LayersModel on disk: anybody's own network. */
export interface LayersModel {
  readonly path: string;
  readonly network: Network;
  /** The files as they are, for reading the network with tfjs. */
  readonly modelJson: string;
  readonly weightBytes: Uint8Array;
}

/** Largest weights file that is read; a network for edge computers is far below. */
const weightLimitBytes = 512 * 1024 * 1024;

/**
 * Reads a `model.json` and the weight files beside it, without tfjs.
 * @throws CyclopsError `FILE_MISSING`, `FILE_TOO_LARGE`, `CHECKPOINT_INVALID`; `EXPORT_UNSUPPORTED` for a graph model.
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const modelJson = await readText(path);
  const parts: Uint8Array[] = [];
  let left = weightLimitBytes;
  for (const file of weightFilesOf(modelJson, path)) {
    const part = await readBytes(join(dirname(path), file), left);
    left -= part.byteLength;
    parts.push(part);
  }
  const weightBytes = new Uint8Array(Buffer.concat(parts));
  return { path, network: parseNetwork(modelJson, weightBytes, path), modelJson, weightBytes };
}

/** Sides of images whose size the model leaves open, px. */
export interface OpenSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The graph of a LayersModel as it is, before any pass: inputs and outputs as in tfjs (float32, a batch of one, images
 * channels last), named after the layers that take and give them.
 * @throws CyclopsError `EXPORT_UNSUPPORTED`, `CHECKPOINT_INVALID`.
 */
export function buildLayersModelGraph(
  { path, network }: Pick<LayersModel, 'path' | 'network'>,
  size?: OpenSize,
): Graph {
  const names = uniqueNames(
    network.outputs.map(({ layer }) => layer),
    network,
  );
  const graph = new GraphBuilder('network', names);
  const inputs = network.inputs.map(({ layer: name }): Value => {
    const layer = network.layers.get(name);
    const stated = layer === undefined ? undefined : inputShapeOf(layer);
    if (stated === undefined) {
      throw new CyclopsError('CHECKPOINT_INVALID', `${path} layer "${name}": expected an input layer with a shape`);
    }
    return fromTfjsOrder(graph, `${name}/nchw`, graph.input(name, 'float32', closed(stated, size, { path, name })));
  });
  for (const [index, value] of addNetwork(graph, network, inputs).entries()) {
    const name = names[index]!;
    const turned = toTfjsOrder(graph, `${name}/nhwc`, value);
    // A value that has another reader, or is an input itself, keeps its own name.
    graph.output(
      turned === value ? graph.node(`${name}/out`, 'Identity', [value], {}, { shape: value.shape }) : turned,
      name,
    );
  }
  return graph.build();
}

function uniqueNames(layers: readonly string[], network: Network): string[] {
  const taken = new Set(network.inputs.map(({ layer }) => layer));
  return layers.map((layer) => {
    let name = layer;
    for (let count = 1; taken.has(name); count++) name = `${layer}_${count}`;
    taken.add(name);
    return name;
  });
}

function closed(
  stated: readonly (number | null)[],
  size: OpenSize | undefined,
  { path, name }: { readonly path: string; readonly name: string },
): readonly number[] {
  const sides = stated.length === 4 ? [1, size?.height, size?.width, undefined] : [1];
  return stated.map((side, axis) => {
    const value = side ?? sides[axis];
    if (value === undefined) {
      throw new CyclopsError(
        'EXPORT_UNSUPPORTED',
        `${path} layer "${name}": expected an input of a fixed size, found [${stated.map((known) => known ?? '?').join(', ')}]; --size WxH sets the sides of an image, its channels must be known`,
      );
    }
    return value;
  });
}

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
