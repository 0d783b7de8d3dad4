import { z } from 'zod';
import { fromTfjsOrder, graphAxis, reshapeInTfjs, shapeInTfjs, toTfjsOrder } from '../graph/layout.js';
import { transpose } from '../graph/ops.js';
import { depthToSpace, slice } from '../graph/tensor-ops.js';
import { dataFormatSchema, type LayerConverter, readLayerConfig, unsupported } from './converter.js';

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** Flatten, in tfjs' order: rows, columns, channels. */
export const convertFlatten: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  readLayerConfig(layer, z.object({ data_format: dataFormatSchema }));
  return reshapeInTfjs(graph, name, input, [input.shape[0]!, product(input.shape.slice(1))]);
};

const targetSize = z
  .int()
  .max(1 << 30)
  .nullable();

/** Reshape; one size may be open (null or -1). */
export const convertReshape: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { target_shape: target } = readLayerConfig(
    layer,
    z.object({ target_shape: z.array(targetSize).min(1).max(6) }),
  );
  const count = product(input.shape.slice(1));
  const known = product(target.filter((size): size is number => size !== null && size >= 0));
  const sizes = target.map((size) => (size === null || size < 0 ? count / known : size));
  const isPossible = product(sizes) === count && sizes.every((size) => Number.isInteger(size) && size > 0);
  if (isPossible) return reshapeInTfjs(graph, name, input, [input.shape[0]!, ...sizes]);
  throw unsupported(layer, `target_shape [${target.join(', ')}] does not hold the ${count} values of its input`);
};

/** Permute: axes of tfjs from 1 on. */
export const convertPermute: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { dims } = readLayerConfig(layer, z.object({ dims: z.array(z.int().positive()).min(1).max(6) }));
  const rank = input.shape.length;
  if (dims.length !== rank - 1 || dims.toSorted((a, b) => a - b).some((axis, index) => axis !== index + 1)) {
    throw unsupported(layer, `dims: expected the numbers 1 to ${rank - 1} in some order, found ${dims.join(', ')}`);
  }
  if (rank !== 4) return transpose(graph, name, input, [0, ...dims]);
  const plain = toTfjsOrder(graph, `${name}/nhwc`, input);
  return fromTfjsOrder(graph, name, transpose(graph, `${name}/permuted`, plain, [0, ...dims]));
};

const crop = z.int().nonnegative().max(16384);

/** Cropping2D: [[top, bottom], [left, right]]. */
export const convertCropping2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const schema = z.object({
    cropping: z.tuple([z.tuple([crop, crop]), z.tuple([crop, crop])]),
    data_format: dataFormatSchema,
  });
  const [[top, bottom], [left, right]] = readLayerConfig(layer, schema).cropping;
  const [, , height, width] = input.shape;
  if (top + bottom >= height! || left + right >= width!) {
    throw unsupported(layer, `cropping: nothing is left of an image of ${width}x${height}`);
  }
  return slice(graph, name, input, [
    { axis: 2, begin: top, end: height! - bottom },
    { axis: 3, begin: left, end: width! - right },
  ]);
};

/** Slice of cyclops: `begin` and `size` for each axis but the batch; a size of -1 is all that is left. */
export const convertSlice: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const axes = z.array(
    z
      .int()
      .min(-1)
      .max(1 << 30),
  );
  const { begin, size } = readLayerConfig(layer, z.object({ begin: axes, size: axes }));
  const sizes = shapeInTfjs(input);
  const rank = sizes.length;
  if (begin.length !== rank - 1 || size.length !== rank - 1) {
    throw unsupported(
      layer,
      `begin and size: expected ${rank - 1} numbers each, found ${begin.length}, ${size.length}`,
    );
  }
  const ranges = begin.map((first, index) => {
    const end = size[index] === -1 ? sizes[index + 1]! : first + size[index]!;
    if (first < 0 || first >= end || end > sizes[index + 1]!) {
      throw unsupported(
        layer,
        `axis ${index + 1}: ${first} to ${end} does not lie within its ${sizes[index + 1]} values`,
      );
    }
    return { axis: graphAxis(index + 1, rank), begin: first, end };
  });
  return slice(graph, name, input, ranges);
};

/** DepthToSpace of cyclops: blocks of channels become blocks of pixels. */
export const convertDepthToSpace: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { block_size: block } = readLayerConfig(layer, z.object({ block_size: z.int().positive().max(64) }));
  const channels = input.shape[1]!;
  if (channels % (block * block) === 0) return depthToSpace(graph, name, input, block);
  throw unsupported(layer, `block_size: expected ${channels} channels to be a multiple of ${block * block}`);
};
