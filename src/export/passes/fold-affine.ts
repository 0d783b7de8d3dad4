import type { Constant, Graph, GraphNode } from '../graph/graph.js';
import { broadcastShape } from '../graph/tensor-ops.js';
import { floatsOf, makersOf, type Pass, readersOf, rewrite } from './pass.js';

/**
 * Constants that follow each other become one, and vanish into the layer before them: a chain of multiplications and
 * additions is one scale and one shift; behind a convolution or a matrix product these go into its weights and bias.
 */
export const foldAffine: Pass = {
  name: 'fold-affine',
  apply(graph) {
    const readers = readersOf(graph);
    const makers = makersOf(graph);
    const replacements = new Map<GraphNode, GraphNode | undefined>();
    const constants = new Map<string, Constant>();
    const onlyReader = (name: string): GraphNode | undefined => {
      const [reader, ...others] = readers.get(name) ?? [];
      return others.length === 0 ? reader : undefined;
    };
    for (const start of graph.nodes) {
      const first = affineOf(graph, start);
      if (first === undefined) continue;
      const before = makers.get(first.input);
      const goesOn = before !== undefined && onlyReader(before.output) === start;
      if (goesOn && affineOf(graph, before) !== undefined) continue;
      const chain: GraphNode[] = [];
      let total: Affine = { scale: numberTensor(1), shift: numberTensor(0) };
      for (let node: GraphNode | undefined = start; node !== undefined; node = onlyReader(node.output)) {
        const step = affineOf(graph, node);
        const next = step === undefined ? undefined : follow(total, step);
        if (next === undefined) break;
        total = next;
        chain.push(node);
      }
      const last = chain.at(-1);
      if (last === undefined) continue;
      const weighted = goesOn ? withAffine(graph, before, total, constants) : undefined;
      if (weighted !== undefined) {
        for (const node of chain) replacements.set(node, undefined);
        replacements.set(before!, { ...weighted, output: last.output });
      } else {
        shorten(chain, first.input, total, { replacements, constants });
      }
    }
    return rewrite(graph, replacements, constants);
  },
};

interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

interface Affine {
  readonly scale: FloatTensor;
  readonly shift: FloatTensor;
}

interface Step {
  readonly op: 'Mul' | 'Add';
  readonly input: string;
  readonly constant: FloatTensor;
}

function numberTensor(value: number): FloatTensor {
  return { shape: [], data: Float64Array.of(value) };
}

/** `value * constant` or `value + constant` that keeps the value's shape. */
function affineOf(graph: Graph, node: GraphNode): Step | undefined {
  if (node.op !== 'Mul' && node.op !== 'Add') return undefined;
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  const constant = floatsOf(graph, b);
  const value = graph.values.get(a);
  const keepsShape = value?.shape.join() === graph.values.get(node.output)?.shape.join();
  if (constant === undefined || value?.type !== 'float32' || !keepsShape) return undefined;
  return { op: node.op, input: a, constant: { shape: constant.shape, data: Float64Array.from(constant.data) } };
}

function follow({ scale, shift }: Affine, { op, constant }: Step): Affine | undefined {
  if (op === 'Add') {
    const sum = combine(shift, constant, (a, b) => a + b);
    return sum === undefined ? undefined : { scale, shift: sum };
  }
  const times = combine(scale, constant, (a, b) => a * b);
  const raised = combine(shift, constant, (a, b) => a * b);
  return times === undefined || raised === undefined ? undefined : { scale: times, shift: raised };
}

/** A combined constant of more numbers than this would cost more than the node it saves. */
const maxNumbers = 4096;

/** Two constants spread over each other; undefined where that would make a big one. */
function combine(a: FloatTensor, b: FloatTensor, op: (a: number, b: number) => number): FloatTensor | undefined {
  const shape = broadcastShape(a.shape, b.shape);
  const count = shape?.reduce((product, size) => product * size, 1);
  if (shape === undefined || count === undefined || count > maxNumbers) return undefined;
  const readA = reader(a, shape);
  const readB = reader(b, shape);
  return { shape, data: Float64Array.from({ length: count }, (_, index) => op(readA(index), readB(index))) };
}

/** Reads a constant at a place of a larger shape. */
function reader({ shape, data }: FloatTensor, target: readonly number[]): (index: number) => number {
  const offset = target.length - shape.length;
  return (index) => {
    let rest = index;
    let place = 0;
    let stride = 1;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      const size = target[axis]!;
      const own = shape[axis - offset] ?? 1;
      if (own !== 1) place += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    return data[place]!;
  };
}

const outputAxis: Readonly<Record<string, number>> = { Conv: 0, ConvTranspose: 1, Gemm: 1 };

/** The layer with scale and shift in its weights, where they are one number a channel. */
function withAffine(
  graph: Graph,
  node: GraphNode,
  { scale, shift }: Affine,
  constants: Map<string, Constant>,
): GraphNode | undefined {
  const axis = outputAxis[node.op];
  const kernel = floatsOf(graph, node.inputs[1]);
  const rank = graph.values.get(node.output)?.shape.length;
  if (axis === undefined || kernel === undefined || rank === undefined) return undefined;
  const channels = kernel.shape[axis]!;
  const scales = perChannel(scale, channels, rank);
  const shifts = perChannel(shift, channels, rank);
  if (scales === undefined || shifts === undefined) return undefined;
  const inner = kernel.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const data = kernel.data.map((value, index) => value * scales[Math.floor(index / inner) % channels]!);
  const bias = floatsOf(graph, node.inputs[2])?.data ?? new Float32Array(channels);
  const newBias = Float32Array.from(bias, (value, channel) => value * scales[channel]! + shifts[channel]!);
  const names = { kernel: `${node.name}/affine_kernel`, bias: `${node.name}/affine_bias` };
  constants.set(names.kernel, { type: 'float32', shape: kernel.shape, data });
  constants.set(names.bias, { type: 'float32', shape: [channels], data: newBias });
  return { ...node, inputs: [node.inputs[0]!, names.kernel, names.bias] };
}

function perChannel({ shape, data }: FloatTensor, channels: number, rank: number): Float64Array | undefined {
  if (data.length === 1) return new Float64Array(channels).fill(data[0]!);
  const axis = shape.length - rank + 1;
  return data.length === channels && shape[axis] === channels ? data : undefined;
}

/** The chain as at most one Mul and one Add, where it has more nodes than that. */
function shorten(
  chain: readonly GraphNode[],
  input: string,
  { scale, shift }: Affine,
  out: { readonly replacements: Map<GraphNode, GraphNode | undefined>; readonly constants: Map<string, Constant> },
): void {
  const parts: (readonly ['Mul' | 'Add', FloatTensor])[] = [];
  if (scale.data.some((value) => value !== 1)) parts.push(['Mul', scale]);
  if (shift.data.some((value) => value !== 0)) parts.push(['Add', shift]);
  if (parts.length === 0 || parts.length >= chain.length) return;
  const kept = parts.length === 1 ? [chain.at(-1)!] : [chain[0]!, chain.at(-1)!];
  for (const node of chain) out.replacements.set(node, undefined);
  let previous = input;
  for (const [index, [op, constant]] of parts.entries()) {
    const node = kept[index]!;
    const name = `${node.name}/joined`;
    out.constants.set(name, { type: 'float32', shape: constant.shape, data: Float32Array.from(constant.data) });
    out.replacements.set(node, { ...node, op, inputs: [previous, name] });
    previous = node.output;
  }
}
