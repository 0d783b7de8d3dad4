import type { Attribute, Constant, Graph, GraphNode } from '../graph/graph.js';
import { floatsOf, rewrite } from '../passes/pass.js';
import { zonesOf } from './zones.js';

/**
 * The last convolution, where it has one output channel and stride 1, written as the transposed convolution that computes
 * the same (kernel turned by 180 degrees). ONNX Runtime's blocked CPU layout computes 16 channels for that one; its
 * transposed convolution computes just the one, in a third of the time. For graphs that are made for that CPU only.
 */
export function thinHead(graph: Graph): Graph {
  const replacements = new Map<GraphNode, GraphNode>();
  const constants = new Map<string, Constant>();
  for (const [node, zone] of zonesOf(graph)) {
    if (zone !== 'last' || node.op !== 'Conv') continue;
    const kernel = floatsOf(graph, node.inputs[1]);
    const { pads, kernel_shape: size } = node.attributes;
    if (kernel === undefined || pads?.kind !== 'ints' || size?.kind !== 'ints') continue;
    const [out, channels, rows, columns] = kernel.shape;
    const newPads = pads.value.map((pad, side) => size.value[side % 2]! - 1 - pad);
    if (out !== 1 || rows! * columns! === 1 || newPads.some((pad) => pad < 0) || !isPlain(node)) continue;
    const area = rows! * columns!;
    const turned = kernel.data.map((_, index) => kernel.data[index - (index % area) + area - 1 - (index % area)]!);
    const name = `${node.inputs[1]}/turned`;
    constants.set(name, { type: 'float32', shape: [channels!, 1, rows!, columns!], data: turned });
    replacements.set(node, {
      ...node,
      op: 'ConvTranspose',
      inputs: [node.inputs[0]!, name, ...node.inputs.slice(2)],
      attributes: { kernel_shape: size, pads: { kind: 'ints', value: newPads } },
    });
  }
  return rewrite(graph, replacements, constants);
}

/** Every window position, no gaps, no groups. */
function isPlain({ attributes: { strides, dilations, group } }: GraphNode): boolean {
  const isOnes = (attribute: Attribute | undefined): boolean =>
    attribute === undefined || (attribute.kind === 'ints' && attribute.value.every((value) => value === 1));
  return isOnes(strides) && isOnes(dilations) && (group === undefined || (group.kind === 'int' && group.value === 1));
}
