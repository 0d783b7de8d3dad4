import { assert } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';

/** Element types the exporter's graphs hold. */
export type ElementType = 'float32' | 'float16' | 'uint8' | 'int8' | 'int32' | 'int64';

/** A tensor that flows through the graph: its name, and its whole shape (the exporter has no free dimensions). */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** A constant of the graph (ONNX: initializer), row-major. */
export type Constant =
  | { readonly type: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  /** The bits of IEEE 754 half-precision numbers. */
  | { readonly type: 'float16'; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly type: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly type: 'int8'; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly type: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: 'int64'; readonly shape: readonly number[]; readonly data: readonly number[] };

/** An attribute of a node. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string };

/** One operator call. An empty input name is an input left out, as in ONNX. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** All our operators have one output; it bears the node's name where that is free. */
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A finished graph: nodes in the order they run. Plain data; passes make new ones from it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly nodes: readonly GraphNode[];
  /** Type and shape of every input and node output by name. */
  readonly values: ReadonlyMap<string, Value>;
}

/** An integer attribute. */
export function int(value: number): Attribute {
  return { kind: 'int', value };
}

/** A floating-point attribute. */
export function float(value: number): Attribute {
  return { kind: 'float', value };
}

/** An attribute of several integers. */
export function ints(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

/** A text attribute. */
export function string(value: string): Attribute {
  return { kind: 'string', value };
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A single tensor of more elements than this (1 GiB as float32) is a damaged or hostile file, not a network. */
const maxElements = 2 ** 28;

/** Settings of a network may leave nothing of an image, or blow it up beyond any memory. */
function assertPossible(name: string, op: string, shape: readonly number[]): void {
  const isWhole = shape.every((size) => Number.isInteger(size) && size > 0);
  if (isWhole && elementCount(shape) <= maxElements) return;
  throw new CyclopsError(
    'EXPORT_UNSUPPORTED',
    `node "${name}" (${op}): expected a result of 1 to ${maxElements} values, found shape [${shape.join(', ')}]`,
  );
}

/** Collects a graph node by node. Names are made unique, so converters may name things after their layer. */
export class GraphBuilder {
  readonly #name: string;
  readonly #values = new Map<string, Value>();
  readonly #takenByNodes = new Set<string>();
  readonly #takenByValues = new Set<string>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #nodes: GraphNode[] = [];

  /** @param reserved names that inner values must not take, such as those of the graph's outputs. */
  constructor(name: string, reserved: readonly string[] = []) {
    this.#name = name;
    for (const word of reserved) this.#takenByValues.add(word);
  }

  /** Declares a graph input; its name is kept as it is. */
  input(name: string, type: ElementType, shape: readonly number[]): Value {
    this.#takenByValues.add(name);
    const value = { name, type, shape };
    this.#inputs.push(value);
    this.#values.set(name, value);
    return value;
  }

  /** Adds a float32 constant. @returns its name. */
  floats(name: string, shape: readonly number[], data: Float32Array): string {
    assert(data.length === elementCount(shape), `${name}: ${data.length} values for shape [${shape.join(', ')}]`);
    return this.#addConstant(name, { type: 'float32', shape, data });
  }

  /** Adds an int64 constant of one dimension. @returns its name. */
  integers(name: string, data: readonly number[]): string {
    return this.#addConstant(name, { type: 'int64', shape: [data.length], data });
  }

  /** Adds a node. @returns its output. @throws CyclopsError `EXPORT_UNSUPPORTED` for a result that cannot be. */
  node(
    name: string,
    op: string,
    inputs: readonly (Value | string)[],
    attributes: Readonly<Record<string, Attribute>>,
    result: { readonly type?: ElementType; readonly shape: readonly number[] },
  ): Value {
    const output = unique(name, this.#takenByValues);
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    for (const input of names) {
      const isKnown = input === '' || this.#values.has(input) || this.#constants.has(input);
      assert(isKnown, `${output} (${op}): input ${input} does not exist`);
    }
    assertPossible(output, op, result.shape);
    this.#nodes.push({ name: unique(name, this.#takenByNodes), op, inputs: names, output, attributes });
    const value: Value = { name: output, type: result.type ?? 'float32', shape: result.shape };
    this.#values.set(output, value);
    return value;
  }

  /** Declares an output of the graph under its own name. The last node is renamed where it made the value. */
  output(value: Value, name: string): void {
    const position = this.#nodes.findLastIndex(({ output }) => output === value.name);
    assert(position >= 0, `${value.name}: only a node's output can be an output of the graph`);
    const node = this.#nodes[position]!;
    assert(!this.#values.has(name), `${name}: there is a value of this name`);
    this.#nodes[position] = { ...node, output: name };
    const renamed = { ...value, name };
    this.#values.delete(value.name);
    this.#values.set(name, renamed);
    this.#outputs.push(renamed);
  }

  /** The graph so far. */
  build(): Graph {
    return {
      name: this.#name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: this.#constants,
      nodes: this.#nodes,
      values: this.#values,
    };
  }

  #addConstant(name: string, constant: Constant): string {
    const own = unique(name, this.#takenByValues);
    this.#constants.set(own, constant);
    return own;
  }
}

function unique(name: string, taken: Set<string>): string {
  let own = name;
  for (let count = 1; taken.has(own); count++) own = `${name}_${count}`;
  taken.add(own);
  return own;
}
