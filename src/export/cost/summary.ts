import { elementCount } from '../graph/graph.js';
import type { GraphOutline } from '../graph/proto.js';

/** What a graph costs. */
export interface GraphSummary {
  readonly nodes: number;
  /** Number of nodes of each operator, most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  /** Trained numbers: elements of the weights and biases of layers, quantized ones too, not of constants such as a scale. */
  readonly parameters: number;
  /** Multiply-accumulates of convolutions and matrix products, one image; padding counts as if it were image. */
  readonly macs: number;
  /** Nodes whose cost is not in `macs`, because the file states no shape for them. */
  readonly unknownNodes: number;
}

/** Counts operators, parameters and multiply-accumulates of a graph. */
export function summarizeGraph(outline: GraphOutline): GraphSummary {
  const counts = new Map<string, number>();
  let macs = 0;
  let unknownNodes = 0;
  for (const node of outline.nodes) {
    counts.set(node.op, (counts.get(node.op) ?? 0) + 1);
    const cost = macsOf(node, outline);
    if (Number.isFinite(cost)) macs += cost;
    else unknownNodes++;
  }
  const operators = Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)));
  return { nodes: outline.nodes.length, operators, parameters: parametersOf(outline), macs, unknownNodes };
}

const layerOperators = new Set(['Conv', 'ConvTranspose', 'BatchNormalization', 'Gemm', 'MatMul', 'PRelu']);

function parametersOf(outline: GraphOutline): number {
  // A quantized weight reaches its layer through a DequantizeLinear.
  const integers = new Map(
    outline.nodes.flatMap(({ op, inputs, outputs }) =>
      op === 'DequantizeLinear' ? [[outputs[0]!, inputs[0]!] as const] : [],
    ),
  );
  const names = new Set<string>();
  for (const { op, inputs } of outline.nodes) {
    if (layerOperators.has(op)) for (const name of inputs) names.add(integers.get(name) ?? name);
  }
  const isInteger = new Set(integers.values());
  let parameters = 0;
  for (const [name, { shape, isFloat }] of outline.weights) {
    if ((isFloat || isInteger.has(name)) && names.has(name)) parameters += elementCount(shape);
  }
  return parameters;
}

/** NaN where a shape is not known; 0 for what has no multiply-accumulates. */
function macsOf(node: GraphOutline['nodes'][number], outline: GraphOutline): number {
  const shapeOf = (name: string | undefined): readonly number[] | undefined =>
    name === undefined ? undefined : (outline.weights.get(name)?.shape ?? outline.shapes.get(name));
  const [first, second] = node.inputs.map(shapeOf);
  const output = shapeOf(node.outputs[0]);
  switch (node.op) {
    case 'Conv':
      // Every output element reads inputs-per-group x kernel weights.
      return second === undefined || output === undefined
        ? Number.NaN
        : elementCount(output) * elementCount(second.slice(1));
    case 'ConvTranspose':
      // Every input element is spread over outputs-per-group x kernel weights.
      return first === undefined || second === undefined
        ? Number.NaN
        : elementCount(first) * elementCount(second.slice(1));
    case 'MatMul':
    case 'Gemm':
      return first === undefined || output === undefined ? Number.NaN : elementCount(output) * (first.at(-1) ?? 1);
    default:
      return 0;
  }
}
