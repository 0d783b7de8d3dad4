import type { Constant, Graph, GraphNode } from '../graph/graph.js';
import { floatsOf, makersOf, type Pass, readersOf, rewrite } from './pass.js';

/**
 * Conv, ConvTranspose or Gemm followed by BatchNormalization becomes one layer: its weights are multiplied by
 * scale / sqrt(variance + epsilon) an output channel, its bias takes the rest. Only where nothing else reads the
 * convolution's own result.
 */
export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  apply(graph) {
    const makers = makersOf(graph);
    const readers = readersOf(graph);
    const replacements = new Map<GraphNode, GraphNode | undefined>();
    const constants = new Map<string, Constant>();
    for (const norm of graph.nodes) {
      if (norm.op !== 'BatchNormalization') continue;
      const conv = makers.get(norm.inputs[0]!);
      if (conv === undefined || readers.get(conv.output)?.length !== 1) continue;
      const folded = fold(graph, conv, norm, constants);
      if (folded === undefined) continue;
      replacements.set(conv, folded);
      replacements.set(norm, undefined);
    }
    return rewrite(graph, replacements, constants);
  },
};

function fold(graph: Graph, conv: GraphNode, norm: GraphNode, constants: Map<string, Constant>): GraphNode | undefined {
  const kernel = floatsOf(graph, conv.inputs[1]);
  const [scale, shift, mean, variance] = norm.inputs.slice(1).map((name) => floatsOf(graph, name)?.data);
  const epsilon = norm.attributes.epsilon;
  if (kernel === undefined || !scale || !shift || !mean || !variance || epsilon?.kind !== 'float') return undefined;
  if (!['Conv', 'ConvTranspose', 'Gemm'].includes(conv.op)) return undefined;
  const factors = Float64Array.from(scale, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon.value));
  const bias = floatsOf(graph, conv.inputs[2])?.data ?? new Float32Array(scale.length);
  const newBias = Float32Array.from(bias, (value, c) => (value - mean[c]!) * factors[c]! + shift[c]!);
  // Output channels are the first axis of a Conv's kernel, the second of the others'.
  const outAxis = conv.op === 'Conv' ? 0 : 1;
  const inner = kernel.shape.slice(outAxis + 1).reduce((product, size) => product * size, 1);
  const newKernel = kernel.data.map((value, index) => value * factors[Math.floor(index / inner) % scale.length]!);
  const kernelName = `${norm.name}/folded_kernel`;
  const biasName = `${norm.name}/folded_bias`;
  constants.set(kernelName, { type: 'float32', shape: kernel.shape, data: newKernel });
  constants.set(biasName, { type: 'float32', shape: [newBias.length], data: newBias });
  return { ...conv, inputs: [conv.inputs[0]!, kernelName, biasName], output: norm.output };
}
