import type { PixelMap } from '../../geometry/distortion.js';

/** Names of the graph's input and output. */
export const warpNames = { input: 'captured', output: 'picture' } as const;

/** What a warp does to a picture. */
export interface WarpJob {
  /** The captured picture's size, px. */
  readonly width: number;
  readonly height: number;
  /** Bytes a pixel. */
  readonly channels: number;
  /** For each pixel of the result its place in the captured picture, px; NaN = black. */
  readonly map: PixelMap;
}

/**
 * An ONNX model (opset 16) that looks pixels up bilinearly: uint8 [1, H, W, C] in, uint8 [1, H', W', C] out, by one
 * GridSample with the map as its constant. Written by hand, because the runtime carries no protobuf library.
 */
export function warpGraph(job: WarpJob): Uint8Array<ArrayBuffer> {
  const { width, height, channels, map } = job;
  const toPlanes = ints('perm', [0, 3, 1, 2]);
  const toPixels = ints('perm', [0, 2, 3, 1]);
  const nodes = [
    node('Cast', [warpNames.input], 'floats', [int('to', typeFloat)]),
    node('Transpose', ['floats'], 'planes', [toPlanes]),
    node('GridSample', ['planes', 'grid'], 'warped', [
      text('mode', 'bilinear'),
      text('padding_mode', 'zeros'),
      int('align_corners', 0),
    ]),
    node('Transpose', ['warped'], 'pixels', [toPixels]),
    // Casting cuts decimals off.
    node('Round', ['pixels'], 'rounded', []),
    node('Cast', ['rounded'], warpNames.output, [int('to', typeUint8)]),
  ];
  const graph = [
    ...nodes.map((bytes) => field(1, bytes)),
    field(2, utf8('undistort')),
    field(5, floats('grid', [1, map.height, map.width, 2], normalised(job))),
    field(11, value(warpNames.input, [1, height, width, channels])),
    field(12, value(warpNames.output, [1, map.height, map.width, channels])),
  ];
  return join([number(1, 8), field(2, utf8('cyclops')), field(7, join(graph)), field(8, number(2, 16))]);
}

const typeFloat = 1;
const typeUint8 = 2;

/** GridSample counts from -1 to 1 over the outer edges of the picture. */
function normalised({ width, height, map }: WarpJob): Float32Array<ArrayBuffer> {
  return Float32Array.from(map.data, (place, index) => {
    if (Number.isNaN(place)) return nowhere;
    return (2 * place + 1) / (index % 2 === 0 ? width : height) - 1;
  });
}

/** Far outside of every picture, where zeros are. */
const nowhere = -4;

// Field numbers are those of onnx.proto3.

function node(type: string, inputs: readonly string[], output: string, attributes: readonly Uint8Array[]): Uint8Array {
  return join([
    ...inputs.map((name) => field(1, utf8(name))),
    field(2, utf8(output)),
    field(3, utf8(output)),
    field(4, utf8(type)),
    ...attributes.map((attribute) => field(5, attribute)),
  ]);
}

function int(name: string, given: number): Uint8Array {
  return join([field(1, utf8(name)), number(3, given), number(20, 2)]);
}

function text(name: string, given: string): Uint8Array {
  return join([field(1, utf8(name)), field(4, utf8(given)), number(20, 3)]);
}

function ints(name: string, given: readonly number[]): Uint8Array {
  return join([field(1, utf8(name)), ...given.map((item) => number(8, item)), number(20, 7)]);
}

function floats(name: string, shape: readonly number[], data: Float32Array<ArrayBuffer>): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return join([...shape.map((size) => number(1, size)), number(2, typeFloat), field(8, utf8(name)), field(9, raw)]);
}

function value(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = join(shape.map((size) => field(1, number(1, size))));
  const tensor = join([number(1, typeUint8), field(2, dimensions)]);
  return join([field(1, utf8(name)), field(2, field(1, tensor))]);
}

/** A length-delimited field of a protobuf message. */
function field(id: number, bytes: Uint8Array): Uint8Array {
  return join([varint(id * 8 + 2), varint(bytes.length), bytes]);
}

/** A whole number in a protobuf message. */
function number(id: number, given: number): Uint8Array {
  return join([varint(id * 8), varint(given)]);
}

function varint(given: number): Uint8Array {
  const bytes: number[] = [];
  let rest = given;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function utf8(given: string): Uint8Array {
  return new TextEncoder().encode(given);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
