import { z } from 'zod';
import { pool } from '../ops.js';
import { dataFormatSchema, type LayerConverter, paddingSchema, pairSchema, readLayerConfig } from './converter.js';
import { windowOver } from './window.js';

const configSchema = z.object({
  pool_size: pairSchema,
  strides: pairSchema.nullish(),
  padding: paddingSchema,
  data_format: dataFormatSchema,
});

function converter(kind: 'MaxPool' | 'AveragePool'): LayerConverter {
  return ({ graph, layer, name, inputs: [input] }) => {
    const { pool_size: size, strides, padding } = readLayerConfig(layer, configSchema);
    return pool(graph, name, kind, input, windowOver(input, padding, size, strides ?? size));
  };
}

/** MaxPooling2D. */
export const convertMaxPooling2d: LayerConverter = converter('MaxPool');

/** AveragePooling2D: what lies outside the image does not count. */
export const convertAveragePooling2d: LayerConverter = converter('AveragePool');
