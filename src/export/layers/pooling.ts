import { z } from 'zod';
import { pool, reshape } from '../graph/ops.js';
import { globalPool } from '../graph/tensor-ops.js';
import { dataFormatSchema, type LayerConverter, paddingSchema, pairSchema, readLayerConfig } from './converter.js';
import { windowOver } from './window.js';

const configSchema = z.object({
  pool_size: pairSchema,
  strides: pairSchema.nullish(),
  padding: paddingSchema,
  data_format: dataFormatSchema,
});

function windowed(kind: 'MaxPool' | 'AveragePool'): LayerConverter {
  return ({ graph, layer, name, inputs: [input] }) => {
    const { pool_size: size, strides, padding } = readLayerConfig(layer, configSchema);
    return pool(graph, name, kind, input, windowOver(input, padding, size, strides ?? size));
  };
}

/** MaxPooling2D. */
export const convertMaxPooling2d: LayerConverter = windowed('MaxPool');

/** AveragePooling2D: what lies outside the image does not count. */
export const convertAveragePooling2d: LayerConverter = windowed('AveragePool');

function global(kind: 'GlobalAveragePool' | 'GlobalMaxPool'): LayerConverter {
  return ({ graph, layer, name, inputs: [input] }) => {
    const schema = z.object({ data_format: dataFormatSchema, keepdims: z.boolean().nullish() });
    if (readLayerConfig(layer, schema).keepdims) return globalPool(graph, name, kind, input);
    return reshape(graph, name, globalPool(graph, `${name}/pool`, kind, input), input.shape.slice(0, 2));
  };
}

/** GlobalAveragePooling2D: an image to a vector. */
export const convertGlobalAveragePooling2d: LayerConverter = global('GlobalAveragePool');

/** GlobalMaxPooling2D: an image to a vector. */
export const convertGlobalMaxPooling2d: LayerConverter = global('GlobalMaxPool');
