import { constants, deflateSync, inflateSync } from 'node:zlib';
import { CyclopsError, messageOf } from '../base/errors.js';

/** A grey image of 8 or 16 bits a pixel, row-major. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

const signature = [137, 80, 78, 71, 13, 10, 26, 10];
const limitPixels = 64 * 1024 * 1024;

/**
 * Encodes a grey PNG of the array's own depth, exactly. Rows are filtered with "Up" (each byte less the byte above),
 * which suits disparity: neighbouring rows are nearly equal. Written without an image library because 16-bit values
 * must survive bit for bit (PNG specification, W3C 2003, sections 5, 7.3 and 9).
 */
export function encodeGreyPng(image: GreyImage): Uint8Array {
  const { width, height, data } = image;
  const bytesPerPixel = data.BYTES_PER_ELEMENT;
  const rowBytes = width * bytesPerPixel;
  const samples = bigEndian(data);
  const filtered = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) {
    const from = y * rowBytes;
    const to = y * (rowBytes + 1);
    filtered[to] = 2;
    for (let i = 0; i < rowBytes; i++) {
      filtered[to + 1 + i] = samples[from + i]! - (y === 0 ? 0 : samples[from - rowBytes + i]!);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = bytesPerPixel * 8;
  const body = deflateSync(filtered, { level: 6, strategy: constants.Z_FILTERED });
  return concat([
    new Uint8Array(signature),
    chunk('IHDR', header),
    chunk('IDAT', body),
    chunk('IEND', new Uint8Array()),
  ]);
}

/**
 * Decodes a grey PNG of 8 or 16 bits (no palette, no alpha, not interlaced), checking every checksum.
 * @param name what to call the image in an error.
 * @throws CyclopsError `IMAGE_INVALID`.
 */
export function decodeGreyPng(bytes: Uint8Array, name: string): GreyImage {
  const { width, height, depth, samples } = decodeGreySamples(bytes, name);
  return { width, height, data: depth === 8 ? samples : fromBigEndian(samples) };
}

/** A grey image as PNG stores it: samples of 16 bits are two bytes, the higher one first. */
export interface GreySamples {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  readonly samples: Uint8Array;
}

/** As `decodeGreyPng`, without the last pass over the pixels, for readers that convert them anyway. */
export function decodeGreySamples(bytes: Uint8Array, name: string): GreySamples {
  const { header, body } = readChunks(bytes, name);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [depth, colourType, , , interlace] = header.subarray(8);
  if (colourType !== 0 || (depth !== 8 && depth !== 16) || interlace !== 0) {
    throw invalid(
      name,
      `expected a grey PNG of 8 or 16 bits, found colour type ${colourType}, ${depth} bits${interlace === 0 ? '' : ', interlaced'}`,
    );
  }
  if (width === 0 || height === 0 || width * height > limitPixels) {
    throw invalid(name, `expected at most ${limitPixels} pixels, found ${width}x${height}`);
  }
  const bytesPerPixel = depth / 8;
  const rowBytes = width * bytesPerPixel;
  const expected = (rowBytes + 1) * height;
  let filtered: Uint8Array;
  try {
    filtered = inflateSync(body, { maxOutputLength: expected + 1 });
  } catch (error) {
    throw invalid(name, `compressed pixels are damaged: ${messageOf(error)}`, error);
  }
  if (filtered.length !== expected) {
    throw invalid(name, `expected ${expected} bytes of pixels for ${width}x${height}, found ${filtered.length}`);
  }
  return { width, height, depth, samples: unfilter(filtered, rowBytes, height, bytesPerPixel, name) };
}

function readChunks(bytes: Uint8Array, name: string): { header: Uint8Array; body: Uint8Array } {
  if (signature.some((byte, index) => bytes[index] !== byte)) throw invalid(name, 'expected a PNG signature');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let header: Uint8Array | undefined;
  const parts: Uint8Array[] = [];
  for (let at = signature.length; ; ) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (at + 12 + length > bytes.length) throw invalid(name, `the file ends early, after ${bytes.length} bytes`);
    const typeAndData = bytes.subarray(at + 4, at + 8 + length);
    const type = String.fromCharCode(...typeAndData.subarray(0, 4));
    if (crc32(typeAndData) !== view.getUint32(at + 8 + length))
      throw invalid(name, `checksum of chunk ${type} is wrong`);
    const data = typeAndData.subarray(4);
    if (type === 'IHDR' && length === 13) header = data;
    else if (type === 'IDAT') parts.push(data);
    else if (type === 'IEND') break;
    at += 12 + length;
  }
  if (header === undefined) throw invalid(name, 'the header chunk is missing');
  return { header, body: parts.length === 1 ? parts[0]! : concat(parts) };
}

/** Undoes the five row filters of PNG (specification section 9.2); a loop a filter, as this is most of decoding. */
function unfilter(
  filtered: Uint8Array,
  rowBytes: number,
  height: number,
  bytesPerPixel: number,
  name: string,
): Uint8Array {
  const out = new Uint8Array(rowBytes * height);
  const zeros = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const from = y * (rowBytes + 1) + 1;
    const row = out.subarray(y * rowBytes, (y + 1) * rowBytes);
    const above = y === 0 ? zeros : out.subarray((y - 1) * rowBytes, y * rowBytes);
    row.set(filtered.subarray(from, from + rowBytes));
    unfilterRow(row, above, bytesPerPixel, filtered[from - 1]!, () => `${name}: row ${y}`);
  }
  return out;
}

function unfilterRow(row: Uint8Array, above: Uint8Array, step: number, filter: number, where: () => string): void {
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = step; i < row.length; i++) row[i] = row[i]! + row[i - step]!;
      return;
    case 2:
      for (let i = 0; i < row.length; i++) row[i] = row[i]! + above[i]!;
      return;
    case 3:
      for (let i = 0; i < step; i++) row[i] = row[i]! + (above[i]! >> 1);
      for (let i = step; i < row.length; i++) row[i] = row[i]! + ((row[i - step]! + above[i]!) >> 1);
      return;
    case 4:
      for (let i = 0; i < step; i++) row[i] = row[i]! + above[i]!;
      for (let i = step; i < row.length; i++) {
        row[i] = row[i]! + paeth(row[i - step]!, above[i]!, above[i - step]!);
      }
      return;
    default:
      throw new CyclopsError('IMAGE_INVALID', `${where()}: expected a row filter 0 to 4, found ${filter}`);
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function bigEndian(data: Uint8Array | Uint16Array): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const bytes = new Uint8Array(data.length * 2);
  for (let i = 0; i < data.length; i++) {
    bytes[2 * i] = data[i]! >> 8;
    bytes[2 * i + 1] = data[i]!;
  }
  return bytes;
}

function fromBigEndian(bytes: Uint8Array): Uint16Array {
  const values = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = (bytes[2 * i]! << 8) | bytes[2 * i + 1]!;
  return values;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(data.length + 8, crc32(out.subarray(4, data.length + 8)));
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

// node:zlib has crc32 only from Node 20.15 on; we promise 20.9.
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function invalid(name: string, reason: string, cause?: unknown): CyclopsError {
  return new CyclopsError('IMAGE_INVALID', `${name}: ${reason}`, cause === undefined ? {} : { cause });
}
