import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { writeTogether } from '../base/files.js';
import type { EmbeddedPackage, ModelPackage } from './schema.js';

/** Where the two files of a package go: `DIR/model.onnx` + `DIR/model.json`, or `NAME.onnx` + `NAME.json`. */
export interface PackagePaths {
  readonly folder: string;
  readonly onnxPath: string;
  readonly manifestPath: string;
}

/** The paths for an output that is a folder or ends in `.onnx`. */
export function packagePaths(output: string): PackagePaths {
  if (!output.endsWith('.onnx')) {
    return { folder: output, onnxPath: join(output, 'model.onnx'), manifestPath: join(output, 'model.json') };
  }
  return { folder: dirname(output), onnxPath: output, manifestPath: output.replace(/\.onnx$/, '.json') };
}

/** The package that belongs to a graph file: the embedded copy plus the file's name and SHA-256. */
function sealPackage(embedded: EmbeddedPackage, onnx: Uint8Array, onnxPath: string): ModelPackage {
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const { onnx: graph, ...rest } = embedded;
  const { format, formatVersion, name, ...others } = rest;
  return { format, formatVersion, name, onnx: { ...graph, file: basename(onnxPath), sha256 }, ...others };
}

/**
 * Writes graph and `model.json` together: both are complete on disk before either gets its name.
 * @param output a folder, or a path that ends in `.onnx`.
 * @param onnx bytes of the graph, with the embedded copy in its metadata.
 * @param beside files that belong to the package, such as an engine.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; files of an older export are untouched.
 */
export async function writeModelPackage(
  output: string,
  embedded: EmbeddedPackage,
  onnx: Uint8Array,
  beside: readonly { readonly path: string; readonly data: Uint8Array }[] = [],
): Promise<PackagePaths & { readonly package: ModelPackage }> {
  const paths = packagePaths(output);
  const sealed = sealPackage(embedded, onnx, paths.onnxPath);
  await writeTogether([
    ...beside,
    { path: paths.onnxPath, data: onnx },
    { path: paths.manifestPath, data: `${JSON.stringify(sealed, null, 2)}\n` },
  ]);
  return { ...paths, package: sealed };
}
