import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import { parseConfig } from '../base/config.js';
import { CyclopsError, isCyclopsError, messageOf } from '../base/errors.js';
import { readBytes, readText, writeAtomic, writeErrorFor } from '../base/files.js';
import { cacheFolder } from '../base/paths.js';
import { adaptPackage } from './adapt-package.js';
import { hasExternalData, withExternalData } from './external-data.js';
import { foreignModelSchema } from './foreign.js';
import { type OnnxHeader, type OnnxValue, readOnnxHeader } from './onnx-header.js';
import { bytesPerPixel, embeddedPackageSchema, type ModelPackage, metadataKey, modelPackageSchema } from './schema.js';

/** A model package whose files were found, read and checked against each other. */
export interface LoadedModelPackage {
  readonly package: ModelPackage;
  /** Path of the graph: what an engine opens. */
  readonly onnxPath: string;
  readonly folder: string;
  /** The user's file that `onnxPath` is an adapted copy of: what messages name. Absent where they are one. */
  readonly adaptedFrom?: string;
}

/** A `model.json` is a few kilobytes; a hostile one shall not fill the memory. */
const manifestLimitBytes = 1024 * 1024;
/** The largest file protobuf allows is 2 GiB; depth networks for edge computers are far below a quarter of it. */
const onnxLimitBytes = 512 * 1024 * 1024;

/**
 * Opens a model package and checks it: `model.json` against its schema, the graph's SHA-256 against `model.json`, the
 * graph's input and output against what the package says of them.
 * @param path of the folder, of `model.json`, or of the `.onnx` file. An `.onnx` file without a `model.json` beside it is
 *   read by the copy of the package inside it.
 * A hand-written `model.json` (foreign.ts) describes a graph that was made elsewhere: an adapted copy in the cache folder
 * is what engines then open.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_TOO_LARGE`; `MODEL_INVALID` for a damaged or foreign
 *   file; `MODEL_MISMATCH` where `model.json` and the graph do not belong together.
 */
export async function readModelPackage(path: string): Promise<LoadedModelPackage> {
  const located = await locate(path);
  const text =
    located.manifestPath === undefined ? undefined : await readText(located.manifestPath, manifestLimitBytes);
  if (text !== undefined && isForeign(text)) return readForeign(text, located);
  const written = text === undefined ? undefined : parsePackage(text, located.manifestPath!, modelPackageSchema);
  const folder = located.folder;
  const onnxPath = located.onnxPath ?? join(folder, written?.onnx.file ?? 'model.onnx');
  const owner = located.manifestPath ?? onnxPath;
  if (written !== undefined && basename(onnxPath) !== written.onnx.file) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${owner} onnx.file: this package is for ${written.onnx.file}, found ${basename(onnxPath)}`,
    );
  }
  const bytes = await readGraph(onnxPath, owner);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (written !== undefined && written.onnx.sha256 !== sha256) {
    // A damaged file deserves its own sentence: a header that cannot be read says more than a digest that differs.
    readOnnxHeader(bytes, onnxPath);
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${onnxPath}: not the file that ${owner} was written for: expected SHA-256 ${written.onnx.sha256}, found ${sha256}; export the model again`,
    );
  }
  const header = readOnnxHeader(bytes, onnxPath);
  const modelPackage = written ?? packageFromMetadata(header, onnxPath, sha256);
  checkSignature(modelPackage, header, owner, onnxPath);
  if (hasExternalData(bytes, onnxPath)) {
    // The digest would not cover them.
    throw new CyclopsError(
      'MODEL_INVALID',
      `${onnxPath}: expected all weights of a package inside, found some in another file; export the model again`,
    );
  }
  await checkEngine(modelPackage, owner, folder);
  return { package: modelPackage, onnxPath, folder };
}

interface Located {
  readonly folder: string;
  readonly manifestPath?: string;
  readonly onnxPath?: string;
}

async function locate(path: string): Promise<Located> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CyclopsError('FILE_MISSING', `${path}: no such file or folder`);
  if (found.isDirectory()) {
    const manifestPath = join(path, 'model.json');
    if (await isFile(manifestPath)) return { folder: path, manifestPath };
    const onnxPath = join(path, 'model.onnx');
    if (await isFile(onnxPath)) return { folder: path, onnxPath };
    throw new CyclopsError(
      'FILE_MISSING',
      `${path}: not a model package: expected model.json and model.onnx in it, found neither; cyclops export-onnx writes one`,
    );
  }
  const folder = dirname(path);
  if (path.endsWith('.json')) return { folder, manifestPath: path };
  for (const candidate of [path.replace(/\.onnx$/, '.json'), join(folder, 'model.json')]) {
    if (candidate !== path && (await isFile(candidate))) return { folder, manifestPath: candidate, onnxPath: path };
  }
  return { folder, onnxPath: path };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function isForeign(text: string): boolean {
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    return format === 'cyclops-foreign-model';
  } catch {
    return false;
  }
}

/** A graph that was made elsewhere: what it lacks is merged into a copy of it, which engines open. */
async function readForeign(text: string, { folder, manifestPath, onnxPath }: Located): Promise<LoadedModelPackage> {
  const model = parsePackage(text, manifestPath!, foreignModelSchema);
  const path = join(folder, model.onnx);
  if (onnxPath !== undefined && basename(onnxPath) !== model.onnx) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `${manifestPath} onnx: this description is for ${model.onnx}, found ${basename(onnxPath)}`,
    );
  }
  const graph = await withExternalData(await readGraph(path, manifestPath!), path, onnxLimitBytes);
  const adapted = adaptPackage(model, graph, path);
  // One file a model, so that they do not pile up while somebody tries settings.
  const place = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16);
  const adaptedPath = cacheFolder('models', `${basename(path, '.onnx')}-${place}.onnx`);
  const found = await readBytes(adaptedPath, onnxLimitBytes).catch(() => undefined);
  if (found === undefined || createHash('sha256').update(found).digest('hex') !== adapted.package.onnx.sha256) {
    await mkdir(dirname(adaptedPath), { recursive: true }).catch((error: unknown) => {
      throw writeErrorFor(adaptedPath, error);
    });
    await writeAtomic(adaptedPath, adapted.onnx);
  }
  return { package: adapted.package, onnxPath: adaptedPath, folder, adaptedFrom: path };
}

function parsePackage<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new CyclopsError('MODEL_INVALID', `${path}: expected JSON: ${messageOf(error)}`, { cause: error });
  }
  try {
    return parseConfig(text, path, schema);
  } catch (error) {
    // Nesting too deep for the parser's recursion ends here as a RangeError.
    const reason = isCyclopsError(error, 'CONFIG_INVALID') ? error.message : `${path}: ${messageOf(error)}`;
    throw new CyclopsError('MODEL_INVALID', reason, { cause: error });
  }
}

async function readGraph(onnxPath: string, owner: string): Promise<Uint8Array> {
  try {
    return await readBytes(onnxPath, onnxLimitBytes);
  } catch (error) {
    if (!isCyclopsError(error, 'FILE_MISSING')) throw error;
    throw new CyclopsError('FILE_MISSING', `${onnxPath}: no such file, though ${owner} names it`, { cause: error });
  }
}

function packageFromMetadata(header: OnnxHeader, onnxPath: string, sha256: string): ModelPackage {
  const text = header.metadata.get(metadataKey);
  if (text === undefined) {
    const maker = header.producer === '' ? '' : ` (made by ${header.producer.slice(0, 60)})`;
    throw new CyclopsError(
      'MODEL_INVALID',
      `${onnxPath}: a foreign ONNX model${maker}: ${signatureText(header)}; cyclops needs a model.json beside it that tells input, camera and unit (docs/foreign-models.md)`,
    );
  }
  if (text.length > manifestLimitBytes) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `${onnxPath} metadata_props.${metadataKey}: more than ${manifestLimitBytes} bytes`,
    );
  }
  const embedded = parsePackage(text, `${onnxPath} metadata_props.${metadataKey}`, embeddedPackageSchema);
  return { ...embedded, onnx: { ...embedded.onnx, file: basename(onnxPath), sha256 } };
}

/** An engine of another build, or none, would only be noticed by a library that says little about it. */
async function checkEngine({ engine }: ModelPackage, owner: string, folder: string): Promise<void> {
  if (engine === undefined) return;
  const path = join(folder, engine.file);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new CyclopsError('FILE_MISSING', `${path}: cannot be read, though ${owner} names it: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const found = hash.digest('hex');
  if (found === engine.sha256) return;
  throw new CyclopsError(
    'MODEL_MISMATCH',
    `${path}: not the engine that ${owner} was written for: expected SHA-256 ${engine.sha256}, found ${found}; package it again with export-onnx --epcontext`,
  );
}

/** The graph must take and give exactly what the package says, or the runtime would feed it nonsense. */
function checkSignature(modelPackage: ModelPackage, header: OnnxHeader, owner: string, onnxPath: string): void {
  const { input, output, confidence } = modelPackage;
  const wantedInput: OnnxValue = {
    name: input.name,
    type: input.type,
    shape: [1, input.height, input.width, bytesPerPixel(input.channels)],
  };
  const names = confidence === undefined ? [output.name] : [output.name, confidence.name];
  const wantedOutputs = names.map((name): OnnxValue => {
    return { name, type: 'float32', shape: [1, output.height, output.width, 1] };
  });
  const isAgreed =
    header.inputs.length === 1 &&
    valueText(header.inputs[0]!) === valueText(wantedInput) &&
    wantedOutputs.every((wanted) => header.outputs.some((found) => valueText(found) === valueText(wanted)));
  if (isAgreed) return;
  throw new CyclopsError(
    'MODEL_MISMATCH',
    `${onnxPath}: ${owner} says ${signatureText({ inputs: [wantedInput], outputs: wantedOutputs })}; the graph has ${signatureText(header)}`,
  );
}

function signatureText(graph: Pick<OnnxHeader, 'inputs' | 'outputs'>): string {
  return `input ${graph.inputs.slice(0, 4).map(valueText).join(', ') || 'none'}, output ${graph.outputs.slice(0, 4).map(valueText).join(', ') || 'none'}`;
}

function valueText(value: OnnxValue): string {
  return `${value.name.slice(0, 60)} ${value.type} [${value.shape.join(', ')}]`;
}
