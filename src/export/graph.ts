import { assert } from '../base/assert.js';

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
  /** All our operators have one output, which bears the node's name. */
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

/** Collects a graph node by node. Names are made unique, so converters may name things after their layer. */
export class GraphBuilder {
  readonly #name: string;
  readonly #taken = new Set<string>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #nodes: GraphNode[] = [];
  readonly #values = new Map<string, Value>();

  /** @param reserved names that nodes must not take, such as the graph's output. */
  constructor(name: string, reserved: readonly string[] = []) {
    this.#name = name;
    for (const word of reserved) this.#taken.add(word);
  }

  /** Declares a graph input; its name is kept as it is. */
  input(name: string, type: ElementType, shape: readonly number[]): Value {
    this.#taken.add(name);
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

  /** Adds a node. @returns its output. */
  node(
    name: string,
    op: string,
    inputs: readonly (Value | string)[],
    attributes: Readonly<Record<string, Attribute>>,
    result: { readonly type?: ElementType; readonly shape: readonly number[] },
  ): Value {
    const output = this.#unique(name);
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    for (const input of names) {
      const isKnown = input === '' || this.#values.has(input) || this.#constants.has(input);
      assert(isKnown, `${output} (${op}): input ${input} does not exist`);
    }
    assert(
      result.shape.every((size) => Number.isInteger(size) && size > 0),
      `${output} (${op}): output shape [${result.shape.join(', ')}]`,
    );
    this.#nodes.push({ name: output, op, inputs: names, output, attributes });
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
    const unique = this.#unique(name);
    this.#constants.set(unique, constant);
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let count = 1; this.#taken.has(unique); count++) unique = `${name}_${count}`;
    this.#taken.add(unique);
    return unique;
  }
}
