import type { GraphOutline } from '../graph/proto.js';

/** A weight that two graphs have under one name with other numbers. */
export interface WeightDifference {
  readonly name: string;
  /** Root mean square of the difference / root mean square of the first; undefined where type or shape differ. */
  readonly relative: number | undefined;
}

/** Where two graphs differ. Nodes and weights are matched by name. */
export interface GraphDifferences {
  readonly onlyInFirst: readonly string[];
  readonly onlyInSecond: readonly string[];
  /** Nodes of one name with another operator, other attributes or other inputs: `name: A -> B`. */
  readonly changedNodes: readonly string[];
  readonly weights: readonly WeightDifference[];
  readonly equalWeights: number;
}

/** Compares two graphs. */
export function compareGraphs(first: GraphOutline, second: GraphOutline): GraphDifferences {
  const textOf = ({ op, inputs, attributes }: GraphOutline['nodes'][number]): string => {
    const settings = Object.entries(attributes)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, attribute]) => `${name}=${String(attribute.value)}`);
    return `${op}(${[...inputs, ...settings].join(', ')})`;
  };
  const named = (outline: GraphOutline): Map<string, string> =>
    new Map(outline.nodes.map((node) => [node.name || (node.outputs[0] ?? ''), textOf(node)]));
  const [a, b] = [named(first), named(second)];
  const weights: WeightDifference[] = [];
  let equalWeights = 0;
  for (const [name, weight] of first.weights) {
    const other = second.weights.get(name);
    if (other === undefined) continue;
    const isAlike = weight.type === other.type && weight.shape.join() === other.shape.join();
    if (isAlike && Buffer.compare(weight.raw, other.raw) === 0) equalWeights++;
    else weights.push({ name, relative: isAlike ? relativeDifference(weight, other) : undefined });
  }
  return {
    onlyInFirst: [...a.keys()].filter((name) => !b.has(name)),
    onlyInSecond: [...b.keys()].filter((name) => !a.has(name)),
    changedNodes: [...a].flatMap(([name, text]) => {
      const other = b.get(name);
      return other === undefined || other === text ? [] : [`${name}: ${text} -> ${other}`];
    }),
    weights,
    equalWeights,
  };
}

type Weight = NonNullable<ReturnType<GraphOutline['weights']['get']>>;

function relativeDifference(first: Weight, second: Weight): number | undefined {
  if (first.type !== 'float32' || first.raw.byteLength % 4 !== 0) return undefined;
  if (first.raw.byteLength !== second.raw.byteLength) return undefined;
  const [a, b] = [first, second].map(({ raw }) => new Float32Array(new Uint8Array(raw).buffer)) as [
    Float32Array,
    Float32Array,
  ];
  let squares = 0;
  let sum = 0;
  for (const [index, value] of a.entries()) {
    squares += (b[index]! - value) ** 2;
    sum += value ** 2;
  }
  return Math.sqrt(squares / sum);
}
