import type { ForeignModel } from './foreign.js';
import type { ForeignOutput } from './foreign-ends.js';
import { floats, int, integers, node, text } from './onnx-writer.js';

/** Nodes and constants that are put before or behind a graph. */
export interface Part {
  readonly nodes: Uint8Array[];
  readonly constants: Uint8Array[];
}

/** Nodes one behind the other, each on the result of the one before. */
export class Chain {
  readonly #name: string;
  readonly #constants: Uint8Array[] = [];
  readonly #links: {
    readonly type: string;
    readonly inputs: readonly string[];
    readonly attributes: readonly Uint8Array[];
  }[] = [];
  readonly #start: string;
  /** Nodes of other chains that end in this one. */
  readonly #others: Uint8Array[] = [];

  constructor(name: string, start: string) {
    this.#name = name;
    this.#start = start;
  }

  /** Adds an operator on the result so far and `others`. */
  add(type: string, others: readonly string[] = [], attributes: readonly Uint8Array[] = []): void {
    this.#on([this.#last, ...others], type, attributes);
  }

  floats(name: string, shape: readonly number[], data: readonly number[]): string {
    const full = `${this.#name}/${name}`;
    this.#constants.push(floats(full, shape, Float32Array.from(data)));
    return full;
  }

  integers(name: string, data: readonly number[]): string {
    const full = `${this.#name}/${name}`;
    this.#constants.push(integers(full, data));
    return full;
  }

  /** [1, 1, H, W] of sides that only a run tells; there the Reshape fails where another axis is not 1. */
  asMap(axes: readonly [number, number]): void {
    const values = this.#last;
    this.#on([values], 'Shape');
    const shape = this.#last;
    this.#on([shape, this.integers('sides', axes)], 'Gather', [int('axis', 0)]);
    const sides = this.#last;
    this.#on([this.integers('ones', [1, 1]), sides], 'Concat', [int('axis', 0)]);
    const map = this.#last;
    this.#on([values, map], 'Reshape');
  }

  linear(factor: number, summand: number): void {
    if (factor !== 1) this.add('Mul', [this.floats('factor', [], [factor])]);
    if (summand !== 0) this.add('Add', [this.floats('summand', [], [summand])]);
  }

  clip(low: number, high: number): void {
    this.add('Max', [this.floats('low', [], [low])]);
    this.add('Min', [this.floats('high', [], [high])]);
  }

  /** The smallest value becomes 0 and the largest 1; reductions without axes are the same in every opset. */
  spread(): void {
    const values = this.#last;
    this.#on([values], 'ReduceMin');
    const low = this.#last;
    this.#on([values], 'ReduceMax');
    const high = this.#last;
    this.#on([high, low], 'Sub');
    this.add('Max', [this.floats('smallest', [], [1e-6])]);
    const width = this.#last;
    this.#on([values, low], 'Sub');
    this.add('Div', [width]);
  }

  /** Resizes an output where it is not, or may not be, of the input's size. */
  fit({ size }: ForeignOutput, { height, width }: ForeignModel['input'], opset: number): void {
    if (size?.height !== height || size.width !== width) this.resize(height, width, opset);
  }

  /** The value where the other chain, which ends here, says true. */
  where(mask: Chain, given: number): void {
    const values = this.#last;
    const other = this.floats('there', [], [given]);
    const { nodes, constants } = mask.endingIn(`${this.#name}/mask`);
    this.#others.push(...nodes);
    this.#constants.push(...constants);
    this.#on([`${this.#name}/mask`, other, values], 'Where');
  }

  /** Bilinear with half-pixel centres. Before opset 13, inputs could not be left out. */
  resize(height: number, width: number, opset: number): void {
    const empty = opset < 13 ? this.floats('none', [0], []) : '';
    this.add(
      'Resize',
      [empty, empty, this.integers('size', [1, 1, height, width])],
      [text('mode', 'linear'), text('coordinate_transformation_mode', 'half_pixel')],
    );
  }

  /** The chain, its last result under the name given. */
  endingIn(name: string): Part {
    const last = this.#links.length - 1;
    const nodes = this.#links.map(({ type, inputs, attributes }, index) =>
      node(type, inputs, index === last ? name : this.#outputOf(index), attributes),
    );
    return { nodes: [...this.#others, ...nodes], constants: this.#constants };
  }

  #on(inputs: readonly string[], type: string, attributes: readonly Uint8Array[] = []): void {
    this.#links.push({ type, inputs, attributes });
  }

  get #last(): string {
    return this.#links.length === 0 ? this.#start : this.#outputOf(this.#links.length - 1);
  }

  #outputOf(index: number): string {
    return `${this.#name}/${index}-${this.#links[index]!.type}`;
  }
}
