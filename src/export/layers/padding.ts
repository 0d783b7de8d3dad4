import { z } from 'zod';
import { imageShape } from '../graph/ops.js';
import { pad } from '../graph/tensor-ops.js';
import { dataFormatSchema, type LayerConverter, readLayerConfig, unsupported } from './converter.js';

const amount = z.int().nonnegative().max(1024);
const padding = z.tuple([z.tuple([amount, amount]), z.tuple([amount, amount])]);

/** ZeroPadding2D: [[top, bottom], [left, right]]. */
export const convertZeroPadding2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const schema = z.object({ padding, data_format: dataFormatSchema });
  const [[top, bottom], [left, right]] = readLayerConfig(layer, schema).padding;
  return pad(graph, name, input, [top, left, bottom, right]);
};

/** BorderPadding2D of cyclops: mirrored at the border pixel (`reflect`), or the border pixel again (`edge`). */
export const convertBorderPadding2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const config = readLayerConfig(layer, z.object({ padding, mode: z.enum(['reflect', 'edge']) }));
  const [[top, bottom], [left, right]] = config.padding;
  const [, height, width] = imageShape(input);
  if (config.mode === 'reflect' && (Math.max(top, bottom) >= height || Math.max(left, right) >= width)) {
    throw unsupported(
      layer,
      `padding: expected less than its image of ${width}x${height}, which is mirrored only once`,
    );
  }
  return pad(graph, name, input, [top, left, bottom, right], config.mode);
};
