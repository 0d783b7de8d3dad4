import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { readBytes } from '../../base/files.js';
import { readModelPackage } from '../../model-package/read.js';
import {
  bytesPerPixel,
  type EmbeddedPackage,
  embeddedPackageSchema,
  type ModelPackage,
  metadataKey,
} from '../../model-package/schema.js';
import { type PackagePaths, packagePaths, writeModelPackage } from '../../model-package/write.js';
import { encodeEngineModel } from '../graph/proto.js';

/** Engines of depth networks have some ten megabytes; what is far beyond is not one. */
const engineLimitBytes = 1024 * 1024 * 1024;

/** A package whose graph is one node that names an engine. */
export interface EnginePackage extends PackagePaths {
  readonly package: ModelPackage;
  readonly enginePath: string;
  readonly engineBytes: number;
}

/**
 * Packages an engine that trtexec has built from a package's graph: an ONNX file with one `EPContext` node that names the
 * engine beside it, and `model.json` with the facts of the package it came from. ONNX Runtime opens it with default
 * settings, through any binding that has TensorRT, and does not build anything. The engine fits the GPU and the TensorRT
 * version that it was built with, and no other.
 * @param source the package whose `model.onnx` trtexec got.
 * @param enginePath what `trtexec --saveEngine` wrote.
 * @param output a folder, or a path that ends in `.onnx`; another one than the source's.
 * @throws CyclopsError of `readModelPackage`; `USAGE_INVALID` where the output would replace the source;
 *   `MODEL_INVALID` where the engine is empty or an ONNX file; `DISK_FULL`, `WRITE_FAILED`.
 */
export async function packageEngine(source: string, enginePath: string, output: string): Promise<EnginePackage> {
  const { package: model, onnxPath } = await readModelPackage(source);
  if (model.engine !== undefined) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `${source}: is a packaged engine already; expected the package that trtexec got`,
    );
  }
  const paths = packagePaths(output);
  if (await isSameFile(paths.onnxPath, onnxPath)) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `--output: ${paths.onnxPath} is the graph that the engine was built from; expected another folder`,
    );
  }
  const engine = await readBytes(enginePath, engineLimitBytes);
  if (engine.byteLength < 1024 || looksLikeOnnx(engine)) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `${enginePath}: expected an engine as trtexec --saveEngine writes it, found ${engine.byteLength < 1024 ? `${engine.byteLength} bytes` : 'an ONNX file'}`,
    );
  }
  const file = `${basename(paths.onnxPath, '.onnx')}.engine`;
  const { onnx: graph, ...facts } = model;
  // Checked once more: the reader will, and an output that it refuses is worth nothing.
  const embedded: EmbeddedPackage = embeddedPackageSchema.parse({
    ...facts,
    onnx: { file: basename(paths.onnxPath), opset: graph.opset },
    engine: { file, sha256: createHash('sha256').update(engine).digest('hex'), builtFrom: graph.sha256 },
  });
  const { input, output: depth, confidence } = model;
  const names = confidence === undefined ? [depth.name] : [depth.name, confidence.name];
  const onnx = encodeEngineModel({
    name: model.name,
    producerVersion: model.provenance.versions.cyclops ?? '',
    metadata: { [metadataKey]: JSON.stringify(embedded) },
    input: {
      name: input.name,
      type: input.type,
      shape: [1, input.height, input.width, bytesPerPixel(input.channels)],
    },
    outputs: names.map((name) => {
      return { name, type: 'float32', shape: [1, depth.height, depth.width, 1] };
    }),
    opset: graph.opset,
    engineFile: file,
  });
  const enginePathOut = join(dirname(paths.onnxPath), file);
  const written = await writeModelPackage(paths.onnxPath, embedded, onnx, [{ path: enginePathOut, data: engine }]);
  return { ...written, enginePath: enginePathOut, engineBytes: engine.byteLength };
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

/** An ONNX file begins with its IR version (field 1, a small varint) and then the producer (field 2) or another field. */
function looksLikeOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1]! < 32 && (bytes[2]! & 7) === 2;
}
