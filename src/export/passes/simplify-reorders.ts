import { type Constant, type Graph, type GraphNode, ints } from '../graph/graph.js';
import { transposeWeights } from '../graph/layout.js';
import { floatsOf, type Pass, readersOf } from './pass.js';

/**
 * Fewer Transpose and Reshape: two behind each other become one or none, a Transpose that moves only axes of size 1 is a
 * Reshape, an Identity gives its name to what it repeats, and the Transpose before a flattened matrix product goes into the order of its weights.
 */
export const simplifyReorders: Pass = {
  name: 'simplify-reorders',
  apply(graph) {
    const readers = readersOf(graph);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const constants = new Map(graph.constants);
    const makers = new Map<string, GraphNode>();
    const sameAs = new Map<string, string>();
    const nodes: GraphNode[] = [];
    const keep = (node: GraphNode): void => {
      nodes.push(node);
      makers.set(node.output, node);
    };
    for (const original of graph.nodes) {
      const node = { ...original, inputs: original.inputs.map((name) => sameAs.get(name) ?? name) };
      if (node.op === 'Gemm') {
        const folded = foldIntoProduct(graph, node, { makers, readers, constants });
        if (folded !== undefined) nodes[nodes.indexOf(makers.get(folded.flat.output)!)] = folded.flat;
        keep(folded?.gemm ?? node);
        continue;
      }
      if (node.op === 'Identity') {
        const maker = makers.get(node.inputs[0]!);
        if (maker !== undefined && readers.get(maker.output)?.length === 1) {
          nodes[nodes.indexOf(maker)] = { ...maker, output: node.output };
          continue;
        }
      }
      const simple = joinWithMaker(graph, asReshape(graph, node, constants), makers);
      const isNothing = simple !== undefined && shapeText(graph, simple.inputs[0]!) === shapeText(graph, simple.output);
      const changesOrder = simple?.op === 'Transpose' && !isIdentity(permutationOf(simple));
      if (simple !== undefined && isNothing && !changesOrder && !outputs.has(simple.output)) {
        sameAs.set(simple.output, simple.inputs[0]!);
      } else keep(simple ?? node);
    }
    return { ...graph, nodes, constants };
  },
};

function shapeText(graph: Graph, name: string): string {
  return graph.values.get(name)?.shape.join() ?? '';
}

function permutationOf(node: GraphNode): readonly number[] {
  const { perm } = node.attributes;
  return perm?.kind === 'ints' ? perm.value : [];
}

function isIdentity(order: readonly number[]): boolean {
  return order.every((axis, position) => axis === position);
}

/** A Transpose of size-1 axes alone as a Reshape; any other node as it is. */
function asReshape(graph: Graph, node: GraphNode, constants: Map<string, Constant>): GraphNode {
  const shape = graph.values.get(node.inputs[0] ?? '')?.shape;
  const target = graph.values.get(node.output)?.shape;
  if (node.op !== 'Transpose' || shape === undefined || target === undefined) return node;
  const moved = permutationOf(node).filter((axis) => shape[axis] !== 1);
  if (moved.some((axis, index) => index > 0 && axis < moved[index - 1]!)) return node;
  const name = `${node.name}/shape`;
  constants.set(name, { type: 'int64', shape: [target.length], data: target });
  return { ...node, op: 'Reshape', inputs: [node.inputs[0]!, name], attributes: {} };
}

/** The node with the reordering that made its input put into it; undefined for any but Transpose and Reshape. */
function joinWithMaker(graph: Graph, node: GraphNode, makers: ReadonlyMap<string, GraphNode>): GraphNode | undefined {
  if (node.op !== 'Transpose' && node.op !== 'Reshape') return undefined;
  const maker = makers.get(node.inputs[0]!);
  if (maker?.op !== node.op || graph.outputs.some(({ name }) => name === maker.output)) return node;
  if (node.op === 'Reshape') return { ...node, inputs: [maker.inputs[0]!, ...node.inputs.slice(1)] };
  const inner = permutationOf(maker);
  const perm = permutationOf(node).map((axis) => inner[axis]!);
  return { ...node, inputs: [maker.inputs[0]!], attributes: { perm: ints(perm) } };
}

/** Gemm(Reshape(Transpose(image))) as Gemm(Reshape(image)) with the rows of its weights in the image's own order. */
function foldIntoProduct(
  graph: Graph,
  gemm: GraphNode,
  context: {
    readonly makers: ReadonlyMap<string, GraphNode>;
    readonly readers: ReadonlyMap<string, readonly (GraphNode | undefined)[]>;
    readonly constants: Map<string, Constant>;
  },
): { readonly flat: GraphNode; readonly gemm: GraphNode } | undefined {
  const flat = context.makers.get(gemm.inputs[0]!);
  const turned = flat?.op === 'Reshape' ? context.makers.get(flat.inputs[0]!) : undefined;
  const image = graph.values.get(turned?.inputs[0] ?? '')?.shape;
  const kernel = floatsOf(graph, gemm.inputs[1]);
  const isPlain = Object.keys(gemm.attributes).length === 0;
  if (flat === undefined || turned?.op !== 'Transpose' || image === undefined || kernel === undefined) return undefined;
  if (!isPlain || context.readers.get(flat.output)?.length !== 1) return undefined;
  const order = permutationOf(turned);
  // The weights' rows are in the order of the turned image; a batch has no part in them.
  const shape = [...order.map((axis) => (axis === 0 ? 1 : image[axis]!)), kernel.shape[1]!];
  const back = image.map((_, axis) => order.indexOf(axis));
  const { data } = transposeWeights({ shape, data: kernel.data }, [...back, image.length]);
  const name = `${gemm.name}/turned_kernel`;
  context.constants.set(name, { type: 'float32', shape: kernel.shape, data });
  return {
    flat: { ...flat, inputs: [turned.inputs[0]!, ...flat.inputs.slice(1)] },
    gemm: { ...gemm, inputs: [flat.output, name, ...gemm.inputs.slice(2)] },
  };
}
