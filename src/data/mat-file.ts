import { inflateSync } from 'node:zlib';
import { CyclopsError, messageOf } from '../base/errors.js';

/** A numeric array of a MAT file. Values lie as MATLAB keeps them: the first index runs fastest. */
export interface MatArray {
  readonly dimensions: readonly number[];
  readonly data: Float64Array;
}

/** An element's type -> bytes of one value and how it is read (MAT-File Format, table 1-1). */
const numberTypes: Readonly<
  Record<number, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }>
> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  7: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  9: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};
const matrixType = 14;
const compressedType = 15;
/** Unpacked variables of a file of ours are 0.5 MB; this stops a damaged length from taking the machine's memory. */
const limitBytes = 64 * 1024 * 1024;

interface Element {
  readonly type: number;
  readonly body: Uint8Array;
  /** Where the next element begins. */
  readonly next: number;
}

/**
 * One real numeric array of a MAT file of level 5 (MATLAB 5 to 7, little endian), by name: enough for Make3D's depth
 * grids. Cells, structures, complex and sparse arrays, and MATLAB 7.3 files (which are HDF5) are not read.
 * @param file what to call the file in an error.
 * @throws CyclopsError `DATA_INVALID`.
 */
export function readMatArray(bytes: Uint8Array, variable: string, file: string): MatArray {
  const fail = (reason: string): never => {
    throw new CyclopsError('DATA_INVALID', `${file}: ${reason}`);
  };
  if (bytes.length < 136 || bytes[126] !== 0x49 || bytes[127] !== 0x4d) {
    fail('expected a little-endian MAT file of level 5');
  }
  const found: string[] = [];
  for (let at = 128; at + 8 <= bytes.length; ) {
    const outer = readElement(bytes, at, fail);
    at = outer.next;
    const element = outer.type === compressedType ? readElement(inflate(outer.body, fail), 0, fail) : outer;
    if (element.type !== matrixType) continue;
    const [flags, dimensions, name, values] = parts(element.body, fail);
    if (flags === undefined || dimensions === undefined || name === undefined) return fail('a variable has no name');
    const title = new TextDecoder('latin1').decode(name.body);
    found.push(title);
    if (title !== variable) continue;
    const kind = flags.body[0];
    // Classes 6 to 13 are numbers from double to uint32; bit 3 of the flags says complex.
    if (kind === undefined || kind < 6 || kind > 13 || ((flags.body[1] ?? 0) & 8) !== 0 || values === undefined) {
      return fail(`${variable}: expected a real numeric array, found class ${kind}`);
    }
    const sizes = numbers(dimensions, fail);
    const data = numbers(values, fail);
    const count = sizes.reduce((total, size) => total * size, 1);
    if (data.length !== count) return fail(`${variable}: expected ${count} values, found ${data.length}`);
    return { dimensions: [...sizes], data };
  }
  return fail(`expected a variable ${variable}, found ${found.join(', ') || 'none'}`);
}

function inflate(body: Uint8Array, fail: (reason: string) => never): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: limitBytes });
  } catch (error) {
    return fail(`a compressed variable is damaged: ${messageOf(error)}`);
  }
}

function parts(body: Uint8Array, fail: (reason: string) => never): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 8 <= body.length && elements.length < 4; ) {
    const element = readElement(body, at, fail);
    elements.push(element);
    // Inside a matrix every element begins at a multiple of 8 bytes.
    at = Math.ceil(element.next / 8) * 8;
  }
  return elements;
}

function readElement(bytes: Uint8Array, at: number, fail: (reason: string) => never): Element {
  if (at + 8 > bytes.length) return fail('the file ends early');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint32(at, true);
  // A small element keeps its length in the upper half of the type, and up to 4 bytes of data after it.
  const smallLength = type >>> 16;
  const length = smallLength > 0 ? smallLength : view.getUint32(at + 4, true);
  const from = smallLength > 0 ? at + 4 : at + 8;
  if (from + length > bytes.length) return fail('the file ends early');
  return {
    type: type & 0xffff,
    body: bytes.subarray(from, from + length),
    next: smallLength > 0 ? at + 8 : from + length,
  };
}

function numbers(element: Element, fail: (reason: string) => never): Float64Array {
  const type = numberTypes[element.type];
  if (type === undefined) return fail(`expected numbers, found elements of type ${element.type}`);
  const view = new DataView(element.body.buffer, element.body.byteOffset, element.body.length);
  const out = new Float64Array(Math.floor(element.body.length / type.bytes));
  for (let i = 0; i < out.length; i++) out[i] = type.read(view, i * type.bytes);
  return out;
}
