import { basename } from 'node:path';
import { packageVersion } from '../base/paths.js';
import type { ModelPackage } from '../model-package/schema.js';
import type { TensorRtOptions } from '../model-package/tensorrt/options.js';
import { type PackagePaths, packagePaths, writeModelPackage } from '../model-package/write.js';
import type { GraphSummary } from './cost/summary.js';
import { buildDepthGraph, type DepthGraphOptions } from './graph/depth-graph.js';
import { type PackageInfo, packModel } from './pack.js';
import { type PassReport, runPasses } from './passes/index.js';
import { assertDifference, type PrecisionDifference } from './precision/difference.js';
import { type PrecisionOptions, reducePrecision } from './precision/reduce.js';
import { type DepthNetwork, describedNetwork, type NetworkInfo, studentNetwork } from './read/depth-network.js';
import type { OpenSize } from './read/layers-model.js';
import { assertParity, checkParity, type ParityReport } from './verify/parity.js';

/** What the exporter must be told of a network that is no checkpoint of cyclops. */
export interface NetworkDescription {
  /** The facts, or the path of a YAML file that holds them. */
  readonly facts: string | NetworkInfo;
  /** Sides that the model leaves open, px. */
  readonly size?: OpenSize;
}

/** What an export leaves to the user. */
export interface ExportOptions extends DepthGraphOptions {
  /** Name in the package; network and input size unless given. */
  readonly name?: string;
  /** The path is a tfjs `model.json`, and this says what it means; unless given, the path is a checkpoint. */
  readonly described?: NetworkDescription;
  /** Whether to compare with tfjs; true unless given. Without it tfjs is not needed. */
  readonly parity?: boolean;
  /** fp32 unless given. */
  readonly precision?: PrecisionOptions;
  /** How TensorRT shall build the graph; goes into the package. */
  readonly tensorRt?: TensorRtOptions;
  /** The command line of the export; the package's provenance says it behind that of the training. */
  readonly command?: string;
  /** Version of cyclops, for the package's provenance; this one unless given. */
  readonly version?: string;
  /** Called as each part of the work begins, with what it is. */
  readonly onStep?: (what: string) => void;
}

/** A finished export. */
export interface ExportResult extends PackagePaths {
  readonly package: ModelPackage;
  readonly summary: GraphSummary;
  readonly passes: readonly PassReport[];
  /** Bytes of the ONNX file, and of the weights it came from. */
  readonly onnxBytes: number;
  readonly weightBytes: number;
  /** How a fitted graph crops its frames, in a sentence. */
  readonly viewNote?: string;
  /** Of the fp32 graph with tfjs; absent where the check was switched off. */
  readonly parity?: ParityReport;
  /** Of the written graph to the fp32 graph, over the calibration frames; absent for fp32. */
  readonly difference?: PrecisionDifference;
}

/**
 * The whole export: network -> graph -> passes -> ONNX file with golden output -> parity with tfjs -> reduced precision,
 * where asked for, and its difference to fp32 -> model package. Nothing is written unless both hold.
 * @param path a student's checkpoint folder, or the run folder around it; a `model.json` where it is described.
 * @param output a folder, or a path that ends in `.onnx`.
 * @throws CyclopsError those of `openNetwork` and `buildDepthGraph`, `PARITY_FAILED`, `PRECISION_UNFIT`, `DISK_FULL`,
 *   `WRITE_FAILED`.
 */
export async function exportOnnx(path: string, output: string, options: ExportOptions = {}): Promise<ExportResult> {
  const { onStep } = options;
  onStep?.('reading the network');
  const network = await openNetwork(path, options.described);
  const { graph: built, around, facts: ends, viewNote } = buildDepthGraph(network, options);
  const { graph, reports } = runPasses(built);
  const paths = packagePaths(output);
  const facts: PackageInfo = {
    name: options.name ?? defaultName(network),
    ...ends,
    ...(options.tensorRt === undefined ? {} : { tensorRt: options.tensorRt }),
    provenance: {
      ...network.origin,
      network: network.name,
      command: [network.origin.command, options.command ?? 'exportOnnx']
        .filter((text) => text !== undefined)
        .join('; '),
      versions: { ...network.origin.versions, cyclops: options.version ?? packageVersion() },
    },
  };
  const onnxFile = basename(paths.onnxPath);
  onStep?.('running the golden image');
  const exact = await packModel(graph, facts, onnxFile);
  if (options.parity !== false) onStep?.('comparing with TensorFlow');
  const parity = options.parity === false ? undefined : await checkParity(network, around, exact.onnx, exact.embedded);
  if (parity !== undefined) assertParity(parity, facts.name);
  if (options.precision !== undefined) onStep?.(`reducing to ${options.precision.kind}`);
  const reduced = options.precision === undefined ? undefined : await reducePrecision(graph, options.precision);
  if (reduced !== undefined) assertDifference(reduced.difference, reduced.facts.precision, facts.name);
  const packed = reduced === undefined ? exact : await packModel(reduced.graph, facts, onnxFile, reduced.facts);
  const { embedded, onnx, summary } = packed;
  const written = await writeModelPackage(paths.onnxPath, embedded, onnx);
  return {
    ...written,
    summary,
    passes: reports,
    onnxBytes: onnx.byteLength,
    weightBytes: network.model.weightBytes.byteLength,
    ...(viewNote === undefined ? {} : { viewNote }),
    ...(parity === undefined ? {} : { parity }),
    ...(reduced === undefined ? {} : { difference: reduced.difference }),
  };
}

/**
 * A student checkpoint, or a described model.
 * @throws CyclopsError `CHECKPOINT_INVALID`, `EXPORT_UNSUPPORTED`, `CONFIG_INVALID`, and those of reading files.
 */
export function openNetwork(path: string, described?: NetworkDescription): Promise<DepthNetwork> {
  return described === undefined ? studentNetwork(path) : describedNetwork(path, described.facts, described.size);
}

function defaultName({ name, camera }: DepthNetwork): string {
  return `${name}-${camera.width}x${camera.height}`.slice(-100);
}
