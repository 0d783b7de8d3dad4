import { z } from 'zod';
import type { GraphBuilder, Value } from '../graph/graph.js';
import { imageShape, type Pair, resize } from '../graph/ops.js';
import { gather, resizeAlignCorners } from '../graph/tensor-ops.js';
import { dataFormatSchema, type LayerConverter, pairSchema, readLayerConfig } from './converter.js';

/** Where a target pixel reads: `corners` keeps corner pixels in place, `top-left` is TensorFlow's old rule. */
type Alignment = 'top-left' | 'half-pixel' | 'corners';

const interpolation = z
  .enum(['nearest', 'bilinear'])
  .nullish()
  .transform((mode) => mode ?? 'bilinear');

/** UpSampling2D. tfjs resizes by TensorFlow's old rule, source = target / factor, in both modes. */
export const convertUpSampling2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const schema = z.object({ size: pairSchema, data_format: dataFormatSchema, interpolation });
  const config = readLayerConfig(layer, schema);
  const mode = layer.config.interpolation === undefined ? 'nearest' : config.interpolation;
  const [, height, width] = imageShape(input);
  return resizeTo(graph, name, input, [height * config.size[0], width * config.size[1]], mode, 'top-left');
};

/** UpSampling2D of Keras with bilinear interpolation: reads at pixel centres. */
export const convertBilinearUpSampling2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const { size } = readLayerConfig(
    layer,
    z.object({ size: pairSchema, data_format: dataFormatSchema, interpolation: z.literal('bilinear') }),
  );
  const [, height, width] = imageShape(input);
  return resizeTo(graph, name, input, [height * size[0], width * size[1]], 'bilinear', 'half-pixel');
};

const side = z.int().positive().max(16384);

/** Resize2D of cyclops: any size, mode and alignment. */
export const convertResize2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const schema = z.object({
    height: side,
    width: side,
    interpolation,
    alignment: z.enum(['top-left', 'half-pixel', 'corners']),
  });
  const { height, width, interpolation: mode, alignment } = readLayerConfig(layer, schema);
  return resizeTo(graph, name, input, [height, width], mode, alignment);
};

function resizeTo(
  graph: GraphBuilder,
  name: string,
  input: Value,
  size: Pair,
  mode: 'nearest' | 'bilinear',
  alignment: Alignment,
): Value {
  const [, height, width] = imageShape(input);
  if (mode === 'bilinear') {
    if (alignment === 'corners') return resizeAlignCorners(graph, name, input, size);
    return resize(graph, name, input, size, 'linear', alignment === 'top-left' ? 'asymmetric' : 'half_pixel');
  }
  // By a whole factor, reading at pixel centres and at their corners picks the same pixel.
  const isWhole = size[0] % height === 0 && size[1] % width === 0;
  if (isWhole && alignment !== 'corners') return resize(graph, name, input, size, 'nearest', 'asymmetric');
  // Any other factor falls on the border between two pixels now and then, where the last bit of a scale decides. Which
  // pixel TensorFlow takes is worked out here, so that no engine's rounding can differ.
  const rows = nearestSources(height, size[0], alignment);
  const columns = nearestSources(width, size[1], alignment);
  return gather(graph, name, gather(graph, `${name}/rows`, input, 2, rows), 3, columns);
}

/** The source of each target pixel along one side, with TensorFlow's float32 arithmetic (image_resizer_state.h). */
function nearestSources(source: number, target: number, alignment: Alignment): number[] {
  const isCorners = alignment === 'corners' && target > 1;
  const scale = isCorners ? Math.fround((source - 1) / (target - 1)) : Math.fround(source / target);
  return Array.from({ length: target }, (_, index) => {
    const shifted = alignment === 'half-pixel' ? Math.fround(index + 0.5) : index;
    const position = Math.fround(shifted * scale);
    const nearest = alignment === 'corners' ? Math.round(position) : Math.floor(position);
    return Math.max(0, Math.min(source - 1, nearest));
  });
}
