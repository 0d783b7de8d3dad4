import type { Graph, GraphNode } from '../graph/graph.js';

/**
 * Where a node stands between image and depth. `before`: preprocessing, ahead of every convolution; `first`: a
 * convolution that no other precedes; `last`: one that no other follows; `after`: what turns its result into metres;
 * `inner`: the network's body between them.
 */
export type Zone = 'before' | 'first' | 'inner' | 'last' | 'after';

const convolutions = new Set(['Conv', 'ConvTranspose']);

/** The zone of every node, found by following the graph's edges; names do not matter. */
export function zonesOf(graph: Graph): ReadonlyMap<GraphNode, Zone> {
  const follows = new Set<string>();
  for (const { op, inputs, output } of graph.nodes) {
    if (convolutions.has(op) || inputs.some((name) => follows.has(name))) follows.add(output);
  }
  const precedes = new Set<string>();
  for (const { op, inputs, output } of graph.nodes.toReversed()) {
    if (convolutions.has(op) || precedes.has(output)) for (const name of inputs) precedes.add(name);
  }
  return new Map(
    graph.nodes.map((node) => {
      const isBehindOne = node.inputs.some((name) => follows.has(name));
      if (!isBehindOne) return [node, convolutions.has(node.op) ? 'first' : 'before'];
      if (!precedes.has(node.output)) return [node, convolutions.has(node.op) ? 'last' : 'after'];
      return [node, 'inner'];
    }),
  );
}
