import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { readBytes } from '../../base/files.js';
import { readModelPackage } from '../../model-package/read.js';
import type { ModelPackage } from '../../model-package/schema.js';
import type { TensorRtOptions } from '../../model-package/tensorrt/options.js';
import { type PackagePaths, packagePaths, writeModelPackage } from '../../model-package/write.js';
import type { GraphSummary } from '../cost/summary.js';
import { decodeGraph } from '../graph/proto.js';
import { packModel } from '../pack.js';
import { assertDifference, type PrecisionDifference } from './difference.js';
import { type PrecisionOptions, reducePrecision } from './reduce.js';

/** What may change beside the precision. */
export interface ReducePackageOptions {
  /** Name in the package; the old one unless given. */
  readonly name?: string;
  /** How TensorRT shall build the graph; as in the old package unless given. */
  readonly tensorRt?: TensorRtOptions;
  /** The command line; it stands behind the older ones in the provenance. */
  readonly command?: string;
}

/** A package of reduced precision. */
export interface ReducedPackage extends PackagePaths {
  readonly package: ModelPackage;
  readonly summary: GraphSummary;
  /** Bytes of the ONNX file, now and before. */
  readonly onnxBytes: number;
  readonly sourceBytes: number;
  readonly difference: PrecisionDifference;
}

/**
 * A package of fp16 or int8 from one of fp32, for those who have no checkpoint: same camera, range and provenance, a new
 * graph with a golden output of its own. Its source was compared with TensorFlow when it was exported.
 * @param source a package of fp32.
 * @param output a folder, or a path that ends in `.onnx`; another one than the source's.
 * @throws CyclopsError of `readModelPackage` and `reducePrecision`; `USAGE_INVALID` where the source is not of fp32 or
 *   would be replaced; `PRECISION_UNFIT`, `DISK_FULL`, `WRITE_FAILED`.
 */
export async function reducePackage(
  source: string,
  output: string,
  precision: PrecisionOptions,
  options: ReducePackageOptions = {},
): Promise<ReducedPackage> {
  const { package: model, onnxPath } = await readModelPackage(source);
  if (model.precision !== 'fp32' || model.engine !== undefined) {
    const found = model.engine === undefined ? model.precision : 'a packaged engine';
    throw new CyclopsError('USAGE_INVALID', `${source}: expected a package of fp32 to start from, found ${found}`);
  }
  const paths = packagePaths(output);
  const [before, after] = await Promise.all(
    [onnxPath, paths.onnxPath].map((path) => stat(path).catch(() => undefined)),
  );
  if (after !== undefined && before?.ino === after.ino && before.dev === after.dev) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `--output: ${paths.onnxPath} is the package to start from; expected another`,
    );
  }
  const bytes = await readBytes(onnxPath);
  const reduced = await reducePrecision(decodeGraph(bytes, onnxPath), precision);
  const name = options.name ?? model.name;
  assertDifference(reduced.difference, reduced.facts.precision, name);
  const tensorRt = options.tensorRt ?? model.tensorRt;
  const { golden: _golden, onnx: _onnx, precision: _precision, ...kept } = model;
  const { parameters: _, gmacs: __, ...provenance } = model.provenance;
  const command = [provenance.command, options.command ?? 'reducePackage'].join('; ');
  const { embedded, onnx, summary } = await packModel(
    reduced.graph,
    {
      ...kept,
      name,
      ...(tensorRt === undefined ? {} : { tensorRt }),
      provenance: { ...provenance, command },
    },
    basename(paths.onnxPath),
    reduced.facts,
  );
  const written = await writeModelPackage(paths.onnxPath, embedded, onnx);
  return {
    ...written,
    summary,
    onnxBytes: onnx.byteLength,
    sourceBytes: bytes.byteLength,
    difference: reduced.difference,
  };
}
