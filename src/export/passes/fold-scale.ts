import type { Constant, Graph, GraphNode } from '../graph/graph.js';
import { floatsOf, type Pass, readersOf, rewrite } from './pass.js';

/**
 * The image's scale moves into the first convolution: Conv(x * s + b) becomes Conv'(x + b / s) with the weights of each
 * input channel multiplied by its s. Zero padding stays right, because a padded zero is multiplied as well. The shift
 * cannot follow: padding happens after it.
 */
export const foldScale: Pass = {
  name: 'fold-scale',
  apply(graph) {
    const readers = readersOf(graph);
    const replacements = new Map<GraphNode, GraphNode | undefined>();
    const constants = new Map<string, Constant>();
    for (const scale of graph.nodes) {
      if (scale.op !== 'Mul') continue;
      const [shift, ...others] = readers.get(scale.output) ?? [];
      if (shift?.op !== 'Add' || others.length > 0) continue;
      foldOne(graph, scale, shift, readers.get(shift.output) ?? [], { replacements, constants });
    }
    return rewrite(graph, replacements, constants);
  },
};

function foldOne(
  graph: Graph,
  scale: GraphNode,
  shift: GraphNode,
  convs: readonly (GraphNode | undefined)[],
  out: { readonly replacements: Map<GraphNode, GraphNode | undefined>; readonly constants: Map<string, Constant> },
): void {
  const factors = floatsOf(graph, scale.inputs[1]);
  const offsets = floatsOf(graph, shift.inputs[1]);
  if (factors === undefined || offsets === undefined) return;
  const isPerChannel = (shape: readonly number[]): boolean =>
    shape.length === 4 && shape.every((size, axis) => axis === 1 || size === 1);
  if (!isPerChannel(factors.shape) || !isPerChannel(offsets.shape) || factors.data.includes(0)) return;
  const isFoldable = convs.every((conv) => {
    const kernel = floatsOf(graph, conv?.inputs[1]);
    const group = conv?.attributes.group;
    return (
      conv?.op === 'Conv' && group?.kind === 'int' && group.value === 1 && kernel?.shape[1] === factors.data.length
    );
  });
  if (!isFoldable || convs.length === 0) return;
  const offsetName = `${shift.name}/unscaled`;
  const unscaled = offsets.data.map((value, channel) => value / factors.data[channel]!);
  out.constants.set(offsetName, { type: 'float32', shape: offsets.shape, data: unscaled });
  out.replacements.set(scale, undefined);
  out.replacements.set(shift, { ...shift, inputs: [scale.inputs[0]!, offsetName] });
  for (const conv of convs) {
    if (conv === undefined) continue;
    const kernel = floatsOf(graph, conv.inputs[1])!;
    const area = kernel.shape[2]! * kernel.shape[3]!;
    const channels = factors.data.length;
    const data = kernel.data.map((value, index) => value * factors.data[Math.floor(index / area) % channels]!);
    const kernelName = `${conv.name}/scaled_kernel`;
    out.constants.set(kernelName, { type: 'float32', shape: kernel.shape, data });
    out.replacements.set(conv, { ...conv, inputs: [conv.inputs[0]!, kernelName, ...conv.inputs.slice(2)] });
  }
}
