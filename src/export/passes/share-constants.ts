import { createHash } from 'node:crypto';
import type { Pass } from './pass.js';

/** Smaller constants are worth a name of their own. */
const minElements = 64;

/** Equal weights are kept once: a layer that is used for both views of a stereo pair has one kernel. */
export const shareConstants: Pass = {
  name: 'share-constants',
  apply(graph) {
    const firstOf = new Map<string, string>();
    const sameAs = new Map<string, string>();
    for (const [name, { type, shape, data }] of graph.constants) {
      if (type !== 'float32' || data.length < minElements) continue;
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const key = `${shape.join()} ${createHash('sha256').update(bytes).digest('hex')}`;
      const first = firstOf.get(key);
      if (first === undefined) firstOf.set(key, name);
      else sameAs.set(name, first);
    }
    if (sameAs.size === 0) return graph;
    const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => sameAs.get(name) ?? name) }));
    return { ...graph, nodes };
  },
};
