import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { adaptedNamesFor, adaptGraph } from './adapt-graph.js';
import type { ForeignModel } from './foreign.js';
import { goldenTolerances } from './golden.js';
import { type OnnxHeader, readOnnxHeader } from './onnx-header.js';
import type { ModelPackage, Precision } from './schema.js';

/** A horizontal field of view of about 60 degrees, for a network that knows no camera: px of focal length a px of width. */
const anyFocalLength = 0.87;

/**
 * A foreign model as the runtime takes it: the graph with what it lacks, and the facts of a package. Such a package has no
 * golden depth; engines compare with the CPU instead, or look whether the depth makes sense.
 * @param path for messages, and for the name of the file.
 * @throws CyclopsError of `adaptGraph`.
 */
export function adaptPackage(
  model: ForeignModel,
  bytes: Uint8Array,
  path: string,
): { readonly package: ModelPackage; readonly onnx: Uint8Array<ArrayBuffer> } {
  const header = readOnnxHeader(bytes, path);
  const { input, output, confidence, camera, tensorRt } = model;
  const { width, height } = input;
  // Rows of RGB images are padded to 4 bytes on their way, which those of four-byte pixels never are.
  const channels = width % 4 === 0 ? 'RGB' : 'RGBA';
  const onnx = adaptGraph(bytes, header, model, channels, path);
  const names = adaptedNamesFor(bytes);
  const fxPx = camera?.fxPx ?? anyFocalLength * width;
  const isRelative = output.kind === 'relative-inverse-depth';
  return {
    onnx,
    package: {
      format: 'cyclops-model',
      formatVersion: 1,
      name: model.name,
      onnx: {
        file: basename(path),
        sha256: createHash('sha256').update(onnx).digest('hex'),
        opset: header.opset,
      },
      input: { name: names.input, layout: 'NHWC', type: 'uint8', width, height, channels },
      output: {
        name: names.output,
        kind: isRelative ? 'relative-inverse-depth' : 'depth-metres',
        width,
        height,
        minM: isRelative ? 0 : output.minM,
        maxM: isRelative ? 1 : output.maxM,
      },
      camera: {
        fxPx,
        fyPx: camera?.fyPx ?? fxPx,
        cxPx: camera?.cxPx ?? (width - 1) / 2,
        cyPx: camera?.cyPx ?? (height - 1) / 2,
      },
      ...(confidence === undefined ? {} : { confidence: { name: names.confidence, source: 'layer' as const } }),
      precision: 'fp32',
      ...(tensorRt === undefined ? {} : { tensorRt }),
      provenance: {
        method: 'foreign',
        network: model.name,
        parameters: header.weightCount,
        gmacs: null,
        data: 'unknown',
        checkpoint: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
        seed: 0,
        step: 0,
        metrics: {},
        command: `${producerOf(header)}; model.json by hand`,
        versions: {},
      },
      golden: { input: 'gradient-v1', probes: [], tolerance: goldenTolerances[precisionOf(header)] },
    },
  };
}

/** What the graph computes in, for how far two ways to run it may be apart. */
function precisionOf({ operators, weightTypes, inputs }: OnnxHeader): Precision {
  const isInteger = [...operators].some((type) => /Quantize|QLinear|Integer$/.test(type));
  if (isInteger) return 'int8';
  return weightTypes.has('float16') || inputs.some(({ type }) => type === 'float16') ? 'fp16' : 'fp32';
}

function producerOf({ producer }: OnnxHeader): string {
  return producer === '' ? 'unknown' : producer.slice(0, 60);
}
