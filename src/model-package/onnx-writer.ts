// Parts of an ONNX file, message by message, for the few small graphs that the runtime makes: it carries no protobuf
// library. Field numbers are those of onnx.proto3.

/** ONNX's number of the element types that these graphs hold. */
export const elementTypes = { float32: 1, uint8: 2, int64: 7, float16: 10 } as const;

/** One of these types. */
export type WrittenType = keyof typeof elementTypes;

/** A NodeProto with one output, which also names it. */
export function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  return join([
    ...inputs.map((name) => field(1, utf8(name))),
    field(2, utf8(output)),
    field(3, utf8(output)),
    field(4, utf8(type)),
    ...attributes.map((attribute) => field(5, attribute)),
  ]);
}

/** An AttributeProto of one integer. */
export function int(name: string, given: number): Uint8Array {
  return join([field(1, utf8(name)), number(3, given), number(20, 2)]);
}

/** An AttributeProto of a text. */
export function text(name: string, given: string): Uint8Array {
  return join([field(1, utf8(name)), field(4, utf8(given)), number(20, 3)]);
}

/** An AttributeProto of several integers. */
export function ints(name: string, given: readonly number[]): Uint8Array {
  return join([field(1, utf8(name)), ...given.map((item) => number(8, item)), number(20, 7)]);
}

/** A TensorProto (initializer) of float32 numbers, row-major. */
export function floats(name: string, shape: readonly number[], data: Float32Array<ArrayBuffer>): Uint8Array {
  return tensor(name, shape, 'float32', new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** A TensorProto (initializer) of int64 numbers in one dimension. */
export function integers(name: string, data: readonly number[]): Uint8Array {
  return tensor(name, [data.length], 'int64', new Uint8Array(BigInt64Array.from(data, BigInt).buffer));
}

/** Raw data are little-endian, as is every machine that the runtime runs on. */
function tensor(name: string, shape: readonly number[], type: WrittenType, raw: Uint8Array): Uint8Array {
  const dimensions = shape.map((size) => number(1, size));
  return join([...dimensions, number(2, elementTypes[type]), field(8, utf8(name)), field(9, raw)]);
}

/** A ValueInfoProto of fixed shape. */
export function value(name: string, type: WrittenType, shape: readonly number[]): Uint8Array {
  const dimensions = join(shape.map((size) => field(1, number(1, size))));
  const described = join([number(1, elementTypes[type]), field(2, dimensions)]);
  return join([field(1, utf8(name)), field(2, field(1, described))]);
}

/** A length-delimited field of a protobuf message. */
export function field(id: number, bytes: Uint8Array): Uint8Array {
  return join([varint(id * 8 + 2), varint(bytes.length), bytes]);
}

/** A whole number in a protobuf message. */
export function number(id: number, given: number): Uint8Array {
  return join([varint(id * 8), varint(given)]);
}

function varint(given: number): Uint8Array {
  const bytes: number[] = [];
  let rest = given;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A text as protobuf holds it. */
export function utf8(given: string): Uint8Array {
  return new TextEncoder().encode(given);
}

/** Parts of a message one behind the other. */
export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
