import type { Constant, Graph, GraphNode } from '../graph/graph.js';

/** A change of a graph that leaves what it computes as it is. */
export interface Pass {
  readonly name: string;
  apply(graph: Graph): Graph;
}

/** Who reads each value; a graph output counts as a reader of its own, `undefined`. */
export function readersOf(graph: Graph): ReadonlyMap<string, readonly (GraphNode | undefined)[]> {
  const readers = new Map<string, (GraphNode | undefined)[]>();
  const add = (name: string, reader: GraphNode | undefined): void => {
    const list = readers.get(name);
    if (list === undefined) readers.set(name, [reader]);
    else list.push(reader);
  };
  for (const node of graph.nodes) for (const input of node.inputs) add(input, node);
  for (const { name } of graph.outputs) add(name, undefined);
  return readers;
}

/** The node that makes each value. */
export function makersOf(graph: Graph): ReadonlyMap<string, GraphNode> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

/** A float32 constant of the graph, or undefined for anything else. */
export function floatsOf(graph: Graph, name: string | undefined): (Constant & { type: 'float32' }) | undefined {
  const constant = name === undefined ? undefined : graph.constants.get(name);
  return constant?.type === 'float32' ? constant : undefined;
}

/** A graph with some nodes replaced (by undefined: removed) and some constants set. */
export function rewrite(
  graph: Graph,
  replacements: ReadonlyMap<GraphNode, GraphNode | undefined>,
  constants: ReadonlyMap<string, Constant>,
): Graph {
  if (replacements.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    if (!replacements.has(node)) return [node];
    const replacement = replacements.get(node);
    return replacement === undefined ? [] : [replacement];
  });
  return { ...graph, nodes, constants: new Map([...graph.constants, ...constants]) };
}
