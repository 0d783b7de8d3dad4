import { z } from 'zod';
import { pad } from '../ops.js';
import { dataFormatSchema, type LayerConverter, readLayerConfig } from './converter.js';

const amount = z.int().nonnegative().max(1024);
const configSchema = z.object({
  padding: z.tuple([z.tuple([amount, amount]), z.tuple([amount, amount])]),
  data_format: dataFormatSchema,
});

/** ZeroPadding2D: [[top, bottom], [left, right]]. */
export const convertZeroPadding2d: LayerConverter = ({ graph, layer, name, inputs: [input] }) => {
  const [[top, bottom], [left, right]] = readLayerConfig(layer, configSchema).padding;
  return pad(graph, name, input, [top, left, bottom, right]);
};
