import { elementCount } from '../graph/graph.js';
import type { GraphOutline } from '../graph/proto.js';

/** What a graph will need and meet where it runs; computed from the file, not measured. */
export interface GraphEstimate {
  /** Bytes of all weights and other constants. */
  readonly constantBytes: number;
  /**
   * Largest sum of bytes of the values that are alive at once, when nodes run in file order and no value outlives its last
   * reader. Engines that fuse need less, those that keep work space need more.
   */
  readonly peakActivationBytes: number;
  /** Name of the node at the peak. */
  readonly peakNode: string;
  /** Nodes that TensorRT's ONNX parser (8.5 and later) does not take, with the reason: they would run elsewhere. */
  readonly fallingBack: readonly { readonly node: string; readonly op: string; readonly reason: string }[];
}

/** Peak memory and the nodes TensorRT refuses. Values whose shape the file does not state count as nothing. */
export function estimateGraph(outline: GraphOutline): GraphEstimate {
  const bytesOf = (name: string): number => {
    const shape = outline.shapes.get(name);
    const count = shape === undefined ? Number.NaN : elementCount(shape);
    return Number.isFinite(count) ? count * (bytesPerElement[outline.types.get(name) ?? ''] ?? 4) : 0;
  };
  const lastRead = new Map<string, number>();
  for (const [position, { inputs }] of outline.nodes.entries()) {
    for (const input of inputs) if (!outline.weights.has(input)) lastRead.set(input, position);
  }
  for (const name of outline.outputs) lastRead.set(name, outline.nodes.length);
  const alive = new Set<string>(outline.inputs.filter((name) => lastRead.has(name)));
  let bytes = [...alive].reduce((sum, name) => sum + bytesOf(name), 0);
  let peak = { bytes, node: '' };
  for (const [position, { name, inputs, outputs }] of outline.nodes.entries()) {
    for (const output of outputs) {
      alive.add(output);
      bytes += bytesOf(output);
    }
    if (bytes > peak.bytes) peak = { bytes, node: name };
    for (const value of new Set([...inputs, ...outputs])) {
      if ((lastRead.get(value) ?? position) <= position && alive.delete(value)) bytes -= bytesOf(value);
    }
  }
  let constantBytes = 0;
  for (const { shape, type } of outline.weights.values()) {
    constantBytes += elementCount(shape) * (bytesPerElement[type] ?? 4);
  }
  const fallingBack = outline.nodes.flatMap((node) => {
    const reason = refusal(node, outline);
    return reason === undefined ? [] : [{ node: node.name, op: node.op, reason }];
  });
  return { constantBytes, peakActivationBytes: peak.bytes, peakNode: peak.node, fallingBack };
}

const bytesPerElement: Readonly<Record<string, number>> = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bfloat16: 2,
  uint8: 1,
  int8: 1,
  bool: 1,
};

/** Operators of depth networks that the parser takes (onnx-tensorrt, docs/operators.md of 8.5). */
const taken = new Set(
  `Abs Add ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv
  ConvTranspose Cos DepthToSpace DequantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor Gather
  GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater GridSample HardSigmoid Identity
  InstanceNormalization LRN LayerNormalization LeakyRelu Less Log LogSoftmax MatMul Max MaxPool Mean Min Mul Neg Not PRelu
  Pad Pow QuantizeLinear Range ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape Resize Round Selu
  Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh
  ThresholdedRelu Tile TopK Transpose Unsqueeze Upsample Where`.split(/\s+/),
);

const movers = new Set(['Transpose', 'Slice', 'Gather', 'Concat', 'Pad']);

function refusal(node: GraphOutline['nodes'][number], outline: GraphOutline): string | undefined {
  const { op, inputs, attributes } = node;
  if (!taken.has(op)) return 'not among its operators';
  if (movers.has(op) && outline.types.get(inputs[0] ?? '') === 'uint8') return 'moves bytes: Cast must come first';
  if (op === 'ConvTranspose' && !outline.weights.has(inputs[1] ?? '')) return 'its weights are not constant';
  if (op === 'Resize') {
    const { mode } = attributes;
    if (mode?.kind === 'string' && mode.value === 'cubic') return 'cubic interpolation';
  }
  return undefined;
}
