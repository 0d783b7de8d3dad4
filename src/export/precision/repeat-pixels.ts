import { type Attribute, type Constant, type Graph, type GraphNode, ints, type Value } from '../graph/graph.js';
import { dropDead } from '../passes/drop-dead.js';
import { floatsOf, makersOf, readersOf } from '../passes/pass.js';

/**
 * Pixel repetition (nearest Resize by whole factors) between quantized tensors, written as a copy of the integers:
 * channels last, [1, h, 1, w, 1, c] spread to [1, h, fy, w, fx, c]. ONNX Runtime's Resize moves such integers one by one,
 * its Expand copies whole pixels, four times as fast; the transposes meet those around its integer convolutions and
 * vanish. For graphs that are made for that CPU only.
 */
export function repeatPixels(graph: Graph): Graph {
  const makers = makersOf(graph);
  const readers = readersOf(graph);
  const constants = new Map<string, Constant>(graph.constants);
  const values = new Map<string, Value>(graph.values);
  const replacements = new Map<GraphNode, readonly GraphNode[]>();
  for (const resize of graph.nodes) {
    const factors = factorsOf(graph, resize);
    const source = makers.get(resize.inputs[0] ?? '');
    const [quantizer, ...others] = readers.get(resize.output) ?? [];
    if (factors === undefined || source?.op !== 'DequantizeLinear' || quantizer?.op !== 'QuantizeLinear') continue;
    if (others.length > 0 || !isSameScale(graph, source, quantizer)) continue;
    const integers = values.get(source.inputs[0]!)!;
    const [batch, channels, height, width] = integers.shape as [number, number, number, number];
    const [down, across] = factors;
    let input = integers.name;
    const nodes: GraphNode[] = [];
    const add = (
      part: string,
      op: string,
      shape: readonly number[],
      attributes: Readonly<Record<string, Attribute>> = {},
    ): void => {
      const output = part === 'planes' ? quantizer.output : `${resize.name}/${part}`;
      const inputs = op === 'Transpose' ? [input] : [input, `${output}/shape`];
      if (op !== 'Transpose') constants.set(`${output}/shape`, { type: 'int64', shape: [shape.length], data: shape });
      nodes.push({ name: output, op, inputs, output, attributes });
      values.set(output, { name: output, type: integers.type, shape });
      input = output;
    };
    const large = [batch, height * down, width * across, channels];
    add('pixels', 'Transpose', [batch, height, width, channels], { perm: ints([0, 2, 3, 1]) });
    add('apart', 'Reshape', [batch, height, 1, width, 1, channels]);
    add('repeated', 'Expand', [batch, height, down, width, across, channels]);
    add('together', 'Reshape', large);
    add('planes', 'Transpose', [batch, channels, height * down, width * across], { perm: ints([0, 3, 1, 2]) });
    replacements.set(resize, nodes);
    replacements.set(quantizer, []);
    values.delete(resize.output);
  }
  // What was dequantized for a Resize alone has no reader any more, and ONNX Runtime would compute it all the same.
  return dropDead.apply({
    ...graph,
    nodes: graph.nodes.flatMap((node) => replacements.get(node) ?? [node]),
    constants,
    values,
  });
}

/** Rows and columns that each pixel becomes, or undefined for any other node. */
function factorsOf(graph: Graph, { op, inputs, attributes }: GraphNode): readonly [number, number] | undefined {
  const { mode, coordinate_transformation_mode: rule } = attributes;
  const isNearest = op === 'Resize' && mode?.kind === 'string' && mode.value === 'nearest';
  if (!isNearest || rule?.kind !== 'string' || rule.value !== 'asymmetric') return undefined;
  const [one, same, down, across] = floatsOf(graph, inputs[2])?.data ?? [];
  const isWhole = one === 1 && same === 1 && Number.isInteger(down) && Number.isInteger(across);
  return isWhole ? [down!, across!] : undefined;
}

/** Whether what is dequantized and quantized again are the same integers. */
function isSameScale(graph: Graph, source: GraphNode, quantizer: GraphNode): boolean {
  return [1, 2].every((position) => {
    const [a, b] = [source, quantizer].map(({ inputs }) => graph.constants.get(inputs[position]!));
    return a !== undefined && b !== undefined && a.type === b.type && a.data.join() === b.data.join();
  });
}
