import type { Constant, Graph, GraphNode, Value } from '../graph/graph.js';
import { halfFromNumber, numberFromHalf } from './float16.js';
import { halfNodesOf } from './half.js';

/**
 * The fp32 graph with every number that is float16 in the mixed graph rounded to 11 significant bits, sums kept in
 * float32: what a GPU's half-precision units compute. ONNX Runtime's CPU has no such kernels: it computes a mixed graph
 * in float32, so only this shows what rounding does. Rounding is Veltkamp's: c = 8193 x, x' = c - (c - x).
 */
export function simulateHalf(graph: Graph): Graph {
  const half = halfNodesOf(graph);
  const constants = new Map<string, Constant>(graph.constants);
  const values = new Map<string, Value>(graph.values);
  const nodes: GraphNode[] = [];
  const splitter = 'fp16/splitter';
  constants.set(splitter, { type: 'float32', shape: [], data: Float32Array.of(8193) });

  const rounded = (name: string): string => {
    const constant = graph.constants.get(name);
    if (constant?.type === 'float32') {
      const data = constant.data.map((value) => numberFromHalf(halfFromNumber(value)));
      constants.set(`${name}/rounded`, { ...constant, data });
      return `${name}/rounded`;
    }
    const value = graph.values.get(name);
    if (value?.type !== 'float32') return name;
    const result = `${name}/rounded`;
    if (values.has(result)) return result;
    const add = (output: string, op: string, inputs: readonly string[]): void => {
      nodes.push({ name: output, op, inputs, output, attributes: {} });
      values.set(output, { ...value, name: output });
    };
    add(`${name}/scaled`, 'Mul', [name, splitter]);
    add(`${name}/excess`, 'Sub', [`${name}/scaled`, name]);
    add(result, 'Sub', [`${name}/scaled`, `${name}/excess`]);
    return result;
  };

  const isHalfValue = new Set([...half].map(({ output }) => output));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name, position) => {
      if (half.has(node)) return node.op === 'Resize' && position > 0 ? name : rounded(name);
      // What a float32 node reads from the body has been rounded there.
      return isHalfValue.has(name) ? rounded(name) : name;
    });
    nodes.push({ ...node, inputs });
  }
  return { ...graph, nodes, constants, values };
}
