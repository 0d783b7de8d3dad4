import { z } from 'zod';
import type { GraphBuilder, Value } from '../graph/graph.js';
import { alignedWeights, graphAxis, transposeWeights } from '../graph/layout.js';
import { batchNormalization, binary, imageShape, reshape, unary, type Weights, withConstant } from '../graph/ops.js';
import { broadcast, instanceNormalization, reduce, withWeights } from '../graph/tensor-ops.js';
import { type LayerConverter, perChannel, readLayerConfig, unsupported } from './converter.js';

const batchSchema = z.object({
  axis: z.union([z.int(), z.tuple([z.int()]).transform(([only]) => only)]),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});

/** BatchNormalization over channels, with the statistics collected in training. */
export const convertBatchNormalization: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, batchSchema);
  const rank = input.shape.length;
  if (config.axis !== -1 && config.axis !== rank - 1) {
    throw unsupported(layer, `axis: expected the last one, -1 or ${rank - 1}, found ${config.axis}`);
  }
  if (rank === 3) throw unsupported(layer, 'expected an image or a vector as input, found a sequence');
  const channels = input.shape[1]!;
  const statistics = {
    scale: config.scale ? perChannel(layer, 'gamma', channels) : new Float32Array(channels).fill(1),
    shift: config.center ? perChannel(layer, 'beta', channels) : new Float32Array(channels),
    mean: perChannel(layer, 'moving_mean', channels),
    variance: perChannel(layer, 'moving_variance', channels),
  };
  return batchNormalization(graph, name, input, statistics, config.epsilon);
};

const layerSchema = z.object({
  axis: z.union([z.int(), z.array(z.int()).min(1).max(4)]),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});

/**
 * LayerNormalization over any axes but the batch. Written out, because ONNX' own LayerNormalization takes only the last
 * axes, and those of an image are not its channels here.
 */
export const convertLayerNormalization: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, layerSchema);
  const rank = input.shape.length;
  const axes = [config.axis].flat().map((axis) => (axis < 0 ? axis + rank : axis));
  const isSorted = axes.every((axis, index) => index === 0 || axes[index - 1]! < axis);
  if (!isSorted || axes.some((axis) => axis < 1 || axis >= rank)) {
    throw unsupported(layer, `axis: expected rising numbers of 1 to ${rank - 1}, found ${axes.join(', ')}`);
  }
  const inGraph = axes.map((axis) => graphAxis(axis, rank));
  const mean = reduce(graph, `${name}/mean`, 'ReduceMean', input, inGraph);
  const centred = broadcast(graph, `${name}/centred`, 'Sub', input, mean);
  const square = binary(graph, `${name}/square`, 'Mul', centred, centred);
  const variance = reduce(graph, `${name}/variance`, 'ReduceMean', square, inGraph);
  const raised = withConstant(graph, `${name}/raised`, 'Add', variance, config.epsilon);
  const deviation = unary(graph, `${name}/deviation`, 'Sqrt', raised);
  const isLast = !config.scale && !config.center;
  const normalized = broadcast(graph, isLast ? name : `${name}/normalized`, 'Div', centred, deviation);
  return scaleAndShift(graph, name, normalized, {
    scale: config.scale ? spread('gamma') : undefined,
    shift: config.center ? spread('beta') : undefined,
  });

  /** Weights of the normalized axes as a constant of the value's rank, in the graph's order. */
  function spread(part: 'gamma' | 'beta'): Weights {
    const found = layer.weights.get(part);
    const sizes = axes.map((axis) => input.shape[graphAxis(axis, rank)]);
    if (found === undefined || found.shape.join() !== sizes.join()) {
      throw unsupported(layer, `expected a weight ${part} of shape [${sizes}], found [${found?.shape ?? 'nothing'}]`);
    }
    const shape = input.shape.map((_, axis) => (axes.includes(axis) ? found.shape[axes.indexOf(axis)]! : 1));
    return rank === 4 ? transposeWeights({ shape, data: found.data }, [0, 3, 1, 2]) : { shape, data: found.data };
  }
};

const groupSchema = z.object({
  groups: z.int().positive(),
  axis: z.literal(-1).or(z.literal(3)).nullish(),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});

/** GroupNormalization: each group of neighbouring channels of an image to mean 0 and variance 1, then scale and shift. */
export const convertGroupNormalization: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, groupSchema);
  const [channels, height, width] = imageShape(input);
  if (channels % config.groups !== 0) {
    throw unsupported(layer, `groups: expected a divisor of its ${channels} channels, found ${config.groups}`);
  }
  const perGroup = [input.shape[0]!, config.groups, (channels / config.groups) * height * width];
  const grouped = reshape(graph, `${name}/groups`, input, perGroup);
  const normalized = instanceNormalization(graph, `${name}/normalized`, grouped, config.epsilon);
  const isLast = !config.scale && !config.center;
  const image = reshape(graph, isLast ? name : `${name}/image`, normalized, input.shape);
  const spread = (part: string): Weights =>
    alignedWeights({ shape: [channels], data: perChannel(layer, part, channels) }, 4);
  return scaleAndShift(graph, name, image, {
    scale: config.scale ? spread('gamma') : undefined,
    shift: config.center ? spread('beta') : undefined,
  });
};

/** The last node bears the layer's name. */
function scaleAndShift(
  graph: GraphBuilder,
  name: string,
  input: Value,
  { scale, shift }: { readonly scale: Weights | undefined; readonly shift: Weights | undefined },
): Value {
  const scaleName = shift === undefined ? name : `${name}/scaled`;
  const scaled = scale === undefined ? input : withWeights(graph, scaleName, 'Mul', input, scale, 'gamma');
  return shift === undefined ? scaled : withWeights(graph, name, 'Add', scaled, shift, 'beta');
}
