import { basename } from 'node:path';
import { assert } from '../base/assert.js';
import { CyclopsError } from '../base/errors.js';
import type { ChannelOrder, ModelPackage } from '../model-package/schema.js';
import type { TensorRtOptions } from '../model-package/tensorrt/options.js';
import { type PackagePaths, packagePaths, writeModelPackage } from '../model-package/write.js';
import { type Graph, GraphBuilder } from './graph.js';
import { addNetwork } from './network.js';
import { imageShape } from './ops.js';
import { type PackageFacts, packModel } from './pack.js';
import { assertParity, checkParity, type ParityReport } from './parity.js';
import { type PassReport, runPasses } from './passes/index.js';
import { inputName, outputName, postprocess, preprocess } from './pre-post.js';
import { assertDifference, type PrecisionDifference } from './precision/difference.js';
import { type PrecisionOptions, reducePrecision } from './precision/reduce.js';
import { readStudentCheckpoint, type StudentCheckpoint } from './read-checkpoint.js';
import type { GraphSummary } from './summary.js';

/** What an export leaves to the user. */
export interface ExportOptions {
  /** Name in the package; network and input size unless given. */
  readonly name?: string;
  /** Byte order of the pictures that the runtime will feed; `RGB` unless given. */
  readonly channels?: ChannelOrder;
  /** Depth is clipped to [minM, maxM], metres; 0.5 and 80 unless given. */
  readonly minM?: number;
  readonly maxM?: number;
  /** Whether to compare with tfjs; true unless given. Without it tfjs is not needed. */
  readonly parity?: boolean;
  /** fp32 unless given. */
  readonly precision?: PrecisionOptions;
  /** How TensorRT shall build the graph; goes into the package. */
  readonly tensorRt?: TensorRtOptions;
  /** The command line of the export; the package's provenance says it behind that of the training. */
  readonly command?: string;
  /** Version of cyclops, for the package's provenance. */
  readonly version: string;
}

/** A finished export. */
export interface ExportResult extends PackagePaths {
  readonly package: ModelPackage;
  readonly summary: GraphSummary;
  readonly passes: readonly PassReport[];
  /** Bytes of the ONNX file, and of the weights in the checkpoint. */
  readonly onnxBytes: number;
  readonly weightBytes: number;
  /** Of the fp32 graph with tfjs; absent where the check was switched off. */
  readonly parity?: ParityReport;
  /** Of the written graph to the fp32 graph, over the calibration frames; absent for fp32. */
  readonly difference?: PrecisionDifference;
}

/**
 * The whole export: checkpoint -> graph -> passes -> ONNX file with golden output -> parity with tfjs -> reduced precision,
 * where asked for, and its difference to fp32 -> model package. Nothing is written unless both hold.
 * @param checkpointPath a student's checkpoint folder, or the run folder around it.
 * @param output a folder, or a path that ends in `.onnx`.
 * @throws CyclopsError `CHECKPOINT_INVALID`, `EXPORT_UNSUPPORTED`, `PARITY_FAILED`, `PRECISION_UNFIT`, `DISK_FULL`, `WRITE_FAILED`.
 */
export async function exportOnnx(
  checkpointPath: string,
  output: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const checkpoint = await readStudentCheckpoint(checkpointPath);
  const { head } = checkpoint;
  const { channels = 'RGB', minM = 0.5, maxM = 80 } = options;
  if (!(minM > 0 && minM < maxM)) {
    throw new CyclopsError('USAGE_INVALID', `depth range: expected 0 < minimum < maximum, found ${minM} to ${maxM}`);
  }
  const { graph, reports } = runPasses(buildGraph(checkpoint, { channels, minM, maxM }));
  const { width, height, camera } = head;
  const { fxPx, fyPx, cxPx, cyPx, baselineM } = camera;
  const paths = packagePaths(output);
  const facts: PackageFacts = {
    name: options.name ?? `${head.network}-${width}x${height}`,
    input: { name: inputName, layout: 'NHWC', type: 'uint8', height, width, channels },
    output: { name: outputName, kind: 'depth-metres', height, width, minM, maxM },
    camera: { fxPx, fyPx, cxPx, cyPx, baselineM },
    ...(options.tensorRt === undefined ? {} : { tensorRt: options.tensorRt }),
    provenance: {
      method: head.method,
      network: head.network,
      data: head.data,
      checkpoint: `sha256:${head.files['network/weights.bin']}`,
      seed: head.seed,
      step: head.step,
      metrics: head.metrics,
      command: [head.command, options.command ?? 'exportOnnx'].join('; '),
      versions: { ...head.versions, cyclops: options.version },
    },
  };
  const onnxFile = basename(paths.onnxPath);
  const exact = await packModel(graph, facts, onnxFile);
  const parity = options.parity === false ? undefined : await checkParity(checkpoint, exact.onnx, exact.embedded);
  if (parity !== undefined) assertParity(parity, facts.name);
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
    weightBytes: checkpoint.network.weightBytes,
    ...(parity === undefined ? {} : { parity }),
    ...(reduced === undefined ? {} : { difference: reduced.difference }),
  };
}

/** The graph of a student before any pass: uint8 [1, H, W, C] to metres [1, H, W, 1]. */
export function buildGraph(
  { head, network }: Pick<StudentCheckpoint, 'head' | 'network'>,
  range: { readonly channels: ChannelOrder; readonly minM: number; readonly maxM: number },
): Graph {
  const { width, height, camera, inputMean, inputStd, outputFactorPx, outputStride } = head;
  const graph = new GraphBuilder(head.network, [inputName, outputName]);
  const image = preprocess(graph, { width, height, inputMean, inputStd, channels: range.channels });
  const [disparity] = addNetwork(graph, network, [image], network.outputs.slice(0, 1));
  assert(disparity !== undefined, 'a network has an output');
  const [channels, rows, columns] = imageShape(disparity);
  if (channels !== 1 || rows * outputStride !== height || columns * outputStride !== width) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `first output of ${head.network}: expected 1 channel of ${width / outputStride}x${height / outputStride} (outputStride ${outputStride} in run.json), found ${channels} of ${columns}x${rows}`,
    );
  }
  postprocess(graph, disparity, { width, height, outputFactorPx, camera, minM: range.minM, maxM: range.maxM });
  return graph.build();
}
