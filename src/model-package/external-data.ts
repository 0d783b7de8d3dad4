import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { CyclopsError } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import { BrokenMessage, fieldsOf, numbersOf, readingOnnx, wholeFieldsOf } from './onnx-header.js';
import { field, join as joinBytes } from './onnx-writer.js';

/** Weights of one tensor in a file beside the graph. */
interface Reference {
  readonly tensor: string;
  readonly location: string;
  readonly offset: number;
  /** Bytes; to the end of the file where the graph does not say. */
  readonly length: number | undefined;
  /** What type and shape need, bytes; undefined for a type this reader does not name. */
  readonly needed: number | undefined;
}

type Message = 'model' | 'function' | 'graph' | 'sparse' | 'node' | 'attribute' | 'tensor';

/** Fields of onnx.proto3 under which tensors may lie. */
const children: Readonly<Record<Exclude<Message, 'tensor'>, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 25: 'function' },
  function: { 7: 'node' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
};

/** Graphs inside graphs: deeper than this is no depth network. */
const maxDepth = 64;

/** Bits of one number, by ONNX's number of the element type. */
const bitsOf: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  16: 16,
  21: 4,
  22: 4,
};

/**
 * Whether an ONNX file keeps weights in files beside it, as exporters of today write them (`model.onnx.data`).
 * @throws CyclopsError `MODEL_INVALID` for a damaged file.
 */
export function hasExternalData(bytes: Uint8Array, path: string): boolean {
  return readingOnnx(path, () => referencesIn(bytes).length > 0);
}

/**
 * The same model as one file: weights that lie in files beside it are put into it. Only files below the graph's own folder
 * are read, links followed, so a model from elsewhere cannot make the runtime read anything else.
 * @param path of the graph.
 * @param limitBytes of graph and weights together.
 * @returns the bytes given where nothing lies outside.
 * @throws CyclopsError `MODEL_INVALID`, `FILE_MISSING`, `FILE_TOO_LARGE`, naming file and tensor.
 */
export async function withExternalData(bytes: Uint8Array, path: string, limitBytes: number): Promise<Uint8Array> {
  const references = readingOnnx(path, () => referencesIn(bytes));
  if (references.length === 0) return bytes;
  const files = new Map<string, Uint8Array>();
  let left = limitBytes - bytes.length;
  for (const { location, tensor } of references) {
    if (files.has(location)) continue;
    const content = await readBytes(await placeOf(location, tensor, path), Math.max(0, left));
    left -= content.length;
    files.set(location, content);
  }
  // Tensors may share bytes of a file: what they become together is bounded too.
  const whole = references.reduce((sum, reference) => sum + partOf(reference, files, path).length, bytes.length);
  if (whole > limitBytes) {
    throw new CyclopsError(
      'FILE_TOO_LARGE',
      `${path}: expected at most ${limitBytes} bytes with its weights, found ${whole}`,
    );
  }
  return readingOnnx(path, () => rewrite(bytes, 'model', (reference) => partOf(reference, files, path)));
}

async function placeOf(location: string, tensor: string, path: string): Promise<string> {
  const refuse = (found: string): CyclopsError =>
    new CyclopsError(
      'MODEL_INVALID',
      `${path}: weights of ${tensor.slice(0, 60)}: expected a file below the folder of the model, found ${found}`,
    );
  const shown = JSON.stringify(location.slice(0, 200));
  const steps = location.split(/[\\/]/);
  if (location === '' || location.includes('\0') || isAbsolute(location) || steps.includes('..')) throw refuse(shown);
  const folder = await realpath(dirname(path));
  const beside = join(dirname(path), location);
  const place = await realpath(beside).catch((error: unknown) => {
    throw new CyclopsError('FILE_MISSING', `${beside}: no such file, though ${path} keeps weights in it`, {
      cause: error,
    });
  });
  if (!place.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw refuse(`${shown}, a link to ${place}`);
  if (!(await stat(place)).isFile()) throw refuse(`${shown}, which is no file`);
  return place;
}

function partOf(reference: Reference, files: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const { tensor, location, offset, needed } = reference;
  const file = files.get(location)!;
  const length = reference.length ?? file.length - offset;
  const fault = (words: string): CyclopsError =>
    new CyclopsError('MODEL_INVALID', `${path}: weights of ${tensor.slice(0, 60)} in ${location}: ${words}`);
  if (Number.isNaN(offset) || Number.isNaN(length)) throw fault('expected whole numbers as offset and length');
  if (length < 0 || offset + length > file.length) {
    throw fault(`expected ${length} bytes from byte ${offset} on, found a file of ${file.length} bytes`);
  }
  if (needed !== undefined && needed !== length) throw fault(`expected ${needed} bytes, found ${length}`);
  return file.subarray(offset, offset + length);
}

function referencesIn(bytes: Uint8Array): readonly Reference[] {
  const found: Reference[] = [];
  rewrite(bytes, 'model', (reference) => {
    found.push(reference);
    return undefined;
  });
  return found;
}

/** A message with the tensors in it that lie elsewhere replaced; itself where there are none, or no data for them. */
function rewrite(
  bytes: Uint8Array,
  message: Message,
  dataOf: (reference: Reference) => Uint8Array | undefined,
  depth = 0,
): Uint8Array {
  if (message === 'tensor') return rewriteTensor(bytes, dataOf);
  if (depth > maxDepth) throw new BrokenMessage(`graphs inside graphs, more than ${maxDepth} levels`);
  const parts: Uint8Array[] = [];
  let isChanged = false;
  for (const { number, value, start, end } of wholeFieldsOf(bytes)) {
    const child = value instanceof Uint8Array ? children[message][number] : undefined;
    const inner = value as Uint8Array;
    const written = child === undefined ? inner : rewrite(inner, child, dataOf, depth + 1);
    if (written !== inner) isChanged = true;
    parts.push(written === inner ? bytes.subarray(start, end) : field(number, written));
  }
  return isChanged ? joinBytes(parts) : bytes;
}

function rewriteTensor(bytes: Uint8Array, dataOf: (reference: Reference) => Uint8Array | undefined): Uint8Array {
  const kept: Uint8Array[] = [];
  const entries = new Map<string, string>();
  let isElsewhere = false;
  let [name, count, type] = ['', 1, 0];
  for (const { number, value, start, end } of wholeFieldsOf(bytes)) {
    if (number === 14) isElsewhere = value !== 0;
    else if (number === 13 && value instanceof Uint8Array) {
      const [key, text] = entryOf(value);
      entries.set(key, text);
    } else {
      if (number === 1 && value !== undefined) for (const size of numbersOf(value)) count *= size;
      else if (number === 2 && typeof value === 'number') type = value;
      else if (number === 8 && value instanceof Uint8Array) name = new TextDecoder().decode(value);
      kept.push(bytes.subarray(start, end));
    }
  }
  if (!isElsewhere) return bytes;
  const bits = bitsOf[type];
  const length = entries.get('length');
  const data = dataOf({
    tensor: name === '' ? 'a constant' : name,
    location: entries.get('location') ?? '',
    offset: wholeNumber(entries.get('offset') ?? '0'),
    length: length === undefined ? undefined : wholeNumber(length),
    needed: bits === undefined ? undefined : Math.ceil((count * bits) / 8),
  });
  return data === undefined ? bytes : joinBytes([...kept, field(9, data)]);
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

function entryOf(bytes: Uint8Array): [string, string] {
  const pair = ['', ''] as [string, string];
  for (const { number, value } of fieldsOf(bytes)) {
    if ((number === 1 || number === 2) && value instanceof Uint8Array)
      pair[number - 1] = new TextDecoder().decode(value);
  }
  return pair;
}
