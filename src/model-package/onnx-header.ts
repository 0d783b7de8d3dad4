import { CyclopsError } from '../base/errors.js';

/** One input or output of an ONNX graph. */
export interface OnnxValue {
  readonly name: string;
  /** `float32`, `uint8`, …, or `type 9` for one this reader does not name. */
  readonly type: string;
  /** A number, or the name of a free dimension (`?` where it has none). */
  readonly shape: readonly (number | string)[];
}

/** What the runtime needs to know of an ONNX file before an engine opens it. */
export interface OnnxHeader {
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly nodeCount: number;
  /** Numbers in all initializers. */
  readonly weightCount: number;
  /** Element types of the initializers. */
  readonly weightTypes: ReadonlySet<string>;
  /** Types of the nodes, such as `Conv`; those of graphs inside it are not looked at. */
  readonly operators: ReadonlySet<string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** `metadata_props`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A graph with more inputs, outputs or metadata than this is not one of a depth network. */
const maxEntries = 4096;

/**
 * Reads the head of an ONNX file (ModelProto) without decoding weights, and without a protobuf library: the runtime has
 * none. Every byte of the outer messages is walked once, so a truncated file is noticed.
 * @throws CyclopsError `MODEL_INVALID` if the bytes are not an ONNX model.
 */
export function readOnnxHeader(bytes: Uint8Array, path: string): OnnxHeader {
  return readingOnnx(path, () => parseModel(bytes));
}

/**
 * Runs what reads the messages of an ONNX file.
 * @throws CyclopsError `MODEL_INVALID` with the path where they are broken.
 */
export function readingOnnx<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BrokenMessage)) throw error;
    throw new CyclopsError('MODEL_INVALID', `${path}: not an ONNX model, or a damaged one: ${error.message}`, {
      cause: error,
    });
  }
}

/** Bytes that are no protobuf message, or none of ONNX; its text says why. */
export class BrokenMessage extends Error {}

// Field numbers are those of onnx.proto3 (ModelProto, GraphProto, ValueInfoProto, TypeProto, TensorShapeProto).
function parseModel(bytes: Uint8Array): OnnxHeader {
  let irVersion = 0;
  let opset = 0;
  let producer = '';
  let graph: GraphHead | undefined;
  const metadata = new Map<string, string>();
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) irVersion = integer(field);
    else if (field.number === 2) producer = text(field);
    else if (field.number === 7) graph = parseGraph(message(field));
    else if (field.number === 8) opset = Math.max(opset, parseOpset(message(field)));
    else if (field.number === 14) {
      const [key, value] = parseEntry(message(field));
      if (metadata.size < maxEntries) metadata.set(key, value);
    }
  }
  if (graph === undefined) throw new BrokenMessage('it holds no graph');
  if (irVersion < 1 || irVersion > 100) throw new BrokenMessage(`expected an IR version above 0, found ${irVersion}`);
  return { irVersion, opset, producer, metadata, ...graph };
}

interface GraphHead {
  readonly nodeCount: number;
  /** Numbers in all initializers. */
  readonly weightCount: number;
  /** Element types of the initializers. */
  readonly weightTypes: ReadonlySet<string>;
  /** Types of the nodes, such as `Conv`; those of graphs inside it are not looked at. */
  readonly operators: ReadonlySet<string>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

function parseGraph(bytes: Uint8Array): GraphHead {
  let nodeCount = 0;
  let weightCount = 0;
  const initializers = new Set<string>();
  const weightTypes = new Set<string>();
  const operators = new Set<string>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) {
      nodeCount++;
      for (const part of fieldsOf(message(field))) if (part.number === 4) operators.add(text(part));
    } else if (field.number === 5) {
      const { name, count, type } = parseInitializer(message(field));
      initializers.add(name);
      weightCount += count;
      weightTypes.add(type);
    } else if (field.number === 11) inputs.push(parseValue(message(field)));
    else if (field.number === 12) outputs.push(parseValue(message(field)));
    if (inputs.length > maxEntries || outputs.length > maxEntries)
      throw new BrokenMessage('too many inputs or outputs');
  }
  // Before IR 4 weights were listed among the inputs too.
  const free = inputs.filter(({ name }) => !initializers.has(name));
  return { nodeCount, weightCount, weightTypes, operators, inputs: free, outputs };
}

function parseInitializer(bytes: Uint8Array): { name: string; count: number; type: string } {
  let name = '';
  let type = 0;
  let count = 1;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 8) name = text(field);
    else if (field.number === 1) for (const size of numbersOf(field.value)) count *= size;
    else if (field.number === 2) type = integer(field);
  }
  return { name, count, type: elementTypes[type] ?? `type ${type}` };
}

/** The whole numbers of a repeated field: they come one by one, or packed into bytes. */
export function numbersOf(bytes: number | Uint8Array): readonly number[] {
  if (typeof bytes === 'number') return [bytes];
  const numbers: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, scale] = [0, 1];
  }
  return numbers;
}

function parseOpset(bytes: Uint8Array): number {
  let domain = '';
  let version = 0;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) domain = text(field);
    else if (field.number === 2) version = integer(field);
  }
  return domain === '' || domain === 'ai.onnx' ? version : 0;
}

function parseEntry(bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = text(field);
    else if (field.number === 2) value = text(field);
  }
  return [key, value];
}

const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
};

function parseValue(bytes: Uint8Array): OnnxValue {
  let name = '';
  let type = 'unknown type';
  const shape: (number | string)[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) name = text(field);
    else if (field.number === 2) {
      for (const tensor of fieldsOf(message(field))) {
        if (tensor.number !== 1) continue;
        for (const part of fieldsOf(message(tensor))) {
          if (part.number === 1) type = elementTypes[integer(part)] ?? `type ${integer(part)}`;
          else if (part.number === 2) shape.push(...parseShape(message(part)));
        }
      }
    }
  }
  return { name, type, shape };
}

function parseShape(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number !== 1) continue;
    let size: number | string = '?';
    for (const part of fieldsOf(message(field))) {
      if (part.number === 1) size = integer(part);
      else if (part.number === 2) size = text(part);
    }
    shape.push(size);
    if (shape.length > 64) throw new BrokenMessage('a value of more than 64 dimensions');
  }
  return shape;
}

/** One field of a protobuf message: a number, or the bytes of a text or an inner message. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of a protobuf message, one by one, without looking into them; fixed-size numbers are skipped.
 * @throws Error in words where the bytes are no message.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  for (const { number, value } of wholeFieldsOf(bytes)) if (value !== undefined) yield { number, value };
}

/** A field with its own bytes, tag included; `value` is undefined for a fixed-size number. */
export interface WholeField {
  readonly number: number;
  readonly value: number | Uint8Array | undefined;
  readonly start: number;
  readonly end: number;
}

/** The same with the place of every field, fixed-size numbers included: for copying a message field by field. */
export function* wholeFieldsOf(bytes: Uint8Array): Generator<WholeField> {
  let offset = 0;
  const varint = (): number => {
    let result = 0;
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      const byte = bytes[offset++];
      if (byte === undefined) throw new BrokenMessage('it ends in the middle of a number');
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
    throw new BrokenMessage('a number of more than 10 bytes');
  };
  while (offset < bytes.length) {
    const start = offset;
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    let value: WholeField['value'];
    if (number < 1 || number > 536870911) throw new BrokenMessage(`field number ${number}`);
    if (wire === 0) value = varint();
    else if (wire === 1 || wire === 5) offset += wire === 1 ? 8 : 4;
    else if (wire === 2) {
      const length = varint();
      if (length > bytes.length - offset) {
        throw new BrokenMessage(`a field needs ${length} bytes, ${bytes.length - offset} are left`);
      }
      value = bytes.subarray(offset, offset + length);
      offset += length;
    } else throw new BrokenMessage(`wire type ${wire}`);
    if (offset > bytes.length) throw new BrokenMessage('it ends in the middle of a field');
    yield { number, value, start, end: offset };
  }
}

function integer(field: Field): number {
  if (typeof field.value !== 'number') throw new BrokenMessage(`field ${field.number}: expected a number`);
  return field.value;
}

function message(field: Field): Uint8Array {
  if (typeof field.value === 'number') throw new BrokenMessage(`field ${field.number}: expected a message`);
  return field.value;
}

function text(field: Field): string {
  return new TextDecoder().decode(message(field));
}
