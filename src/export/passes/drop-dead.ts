import type { Pass } from './pass.js';

/** Nodes, constants and shapes that no output needs go. */
export const dropDead: Pass = {
  name: 'drop-dead',
  apply(graph) {
    const needed = new Set(graph.outputs.map(({ name }) => name));
    const kept = [];
    // Backwards, because a node runs after those it reads.
    for (const node of graph.nodes.toReversed()) {
      if (!needed.has(node.output)) continue;
      for (const input of node.inputs) needed.add(input);
      kept.push(node);
    }
    for (const { name } of graph.inputs) needed.add(name);
    return {
      ...graph,
      nodes: kept.reverse(),
      constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
      values: new Map([...graph.values].filter(([name]) => needed.has(name))),
    };
  },
};
