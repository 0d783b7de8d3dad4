import { CyclopsError } from '../../base/errors.js';
import type { Constant, Graph, GraphNode, Value } from '../graph/graph.js';
import { dataTypes } from '../graph/proto.js';
import type { ValueRange } from './calibrate.js';
import { halfFromNumber, halfMax } from './float16.js';
import { zonesOf } from './zones.js';

/** Operators of a network's body whose intermediate results leave the range or the resolution of half precision. */
const criticalOperators = new Set([
  'BatchNormalization',
  'Div',
  'Exp',
  'InstanceNormalization',
  'LayerNormalization',
  'Log',
  'Pow',
  'Reciprocal',
  'ReduceL2',
  'ReduceMean',
  'ReduceSum',
  'ReduceSumSquare',
  'Softmax',
  'Softplus',
  'Sqrt',
]);

/**
 * A mixed-precision graph: the network's body in float16; the image's normalisation, the last convolution with what
 * turns it into metres, and operators of critical range in float32. Every tensor has one explicit type and every
 * change of type is a Cast, placed once a tensor: what a strongly typed TensorRT network needs.
 * @throws CyclopsError `PRECISION_UNFIT` naming a constant beyond 65504, `EXPORT_UNSUPPORTED` for a graph without body.
 */
export function toHalf(graph: Graph): Graph {
  const halfNodes = halfNodesOf(graph);
  const constants = new Map<string, Constant>();
  const values = new Map(graph.values);
  const nodes: GraphNode[] = [];
  const casts = new Map<string, string>();

  /** The name under which a value or constant of the fp32 graph is there in the wanted type. */
  const inType = (name: string, type: 'float16' | 'float32'): string => {
    const constant = graph.constants.get(name);
    if (constant !== undefined) {
      const isConverted = constant.type === 'float32' && type === 'float16';
      const converted = isConverted ? `${name}/fp16` : name;
      if (!constants.has(converted)) constants.set(converted, isConverted ? halfConstant(name, constant) : constant);
      return converted;
    }
    const value = values.get(name);
    if (value === undefined || value.type === type || !value.type.startsWith('float')) return name;
    const known = casts.get(name);
    if (known !== undefined) return known;
    const cast = `${name}/${type === 'float16' ? 'fp16' : 'fp32'}`;
    const attributes = { to: { kind: 'int', value: dataTypes[type] } } as const;
    nodes.push({ name: cast, op: 'Cast', inputs: [name], output: cast, attributes });
    values.set(cast, { ...value, name: cast, type });
    casts.set(name, cast);
    return cast;
  };

  for (const node of graph.nodes) {
    const isHalf = halfNodes.has(node);
    const inputs = node.inputs.map((name, position) => {
      // Resize takes its factors in float32, whatever the type of the image.
      const stays = node.op === 'Resize' && position > 0;
      return name === '' ? '' : inType(name, isHalf && !stays ? 'float16' : 'float32');
    });
    nodes.push({ ...node, inputs });
    const value = values.get(node.output);
    if (isHalf && value?.type === 'float32') values.set(node.output, { ...value, type: 'float16' });
  }
  return { ...graph, nodes, constants, values };
}

/** The values that are float16 in the mixed graph, by their names in the fp32 graph: what has to stay within 65504. */
export function halfValuesOf(graph: Graph): readonly Value[] {
  const names = new Set<string>();
  for (const node of halfNodesOf(graph)) for (const name of [...node.inputs, node.output]) names.add(name);
  return [...graph.values.values()].filter(({ name, type }) => type === 'float32' && names.has(name));
}

/**
 * Throws `PRECISION_UNFIT` naming every tensor that left the range of float16 on real frames.
 * @param ranges what each of `halfValuesOf` reached in the fp32 graph.
 */
export function assertHalfRange(ranges: ReadonlyMap<string, ValueRange>): void {
  const over = [...ranges].filter(([, { min, max }]) => !(Math.max(-min, max) <= halfMax));
  if (over.length === 0) return;
  const named = over
    .slice(0, 5)
    .map(([name, { min, max }]) => `${name} (${min.toPrecision(4)} to ${max.toPrecision(4)})`);
  const more = over.length > named.length ? ` and ${over.length - named.length} more` : '';
  throw new CyclopsError(
    'PRECISION_UNFIT',
    `fp16: expected every tensor of the network's body within ±${halfMax}, found ${named.join(', ')}${more}; export as fp32, or train with smaller activations`,
    { details: { tensors: over.map(([name]) => name) } },
  );
}

/** The nodes that compute in float16 in the mixed graph. @throws CyclopsError `EXPORT_UNSUPPORTED` if there are none. */
export function halfNodesOf(graph: Graph): ReadonlySet<GraphNode> {
  const half = [...zonesOf(graph)].flatMap(([node, zone]) =>
    (zone === 'first' || zone === 'inner') && !criticalOperators.has(node.op) ? [node] : [],
  );
  if (half.length > 0) return new Set(half);
  throw new CyclopsError(
    'EXPORT_UNSUPPORTED',
    `${graph.name}: fp16 needs a convolution before the last one, found none`,
  );
}

function halfConstant(name: string, { shape, data }: Constant & { readonly type: 'float32' }): Constant {
  const worst = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  if (worst > halfMax) {
    throw new CyclopsError(
      'PRECISION_UNFIT',
      `fp16: constant ${name}: expected numbers within ±${halfMax}, found ${worst.toPrecision(4)}`,
    );
  }
  return { type: 'float16', shape, data: Uint16Array.from(data, halfFromNumber) };
}
