import { CyclopsError } from '../../base/errors.js';
import type { Value } from '../graph.js';
import { convertActivation, convertElu, convertLeakyRelu, convertRelu } from './activation.js';
import { convertBatchNormalization } from './batch-normalization.js';
import { convertConv2d, convertDepthwiseConv2d } from './conv2d.js';
import { convertConv2dTranspose } from './conv2d-transpose.js';
import type { LayerCall, LayerConverter } from './converter.js';
import {
  convertAdd,
  convertAverage,
  convertConcatenate,
  convertMaximum,
  convertMinimum,
  convertMultiply,
} from './merge.js';
import { convertAveragePooling2d, convertMaxPooling2d } from './pooling.js';
import { convertUpSampling2d } from './up-sampling2d.js';
import { convertZeroPadding2d } from './zero-padding2d.js';

const passThrough: LayerConverter = ({ inputs: [input] }) => input;

/** Every layer class that can be exported, by its Keras name. To add one: one file beside this, one line here. */
export const layerConverters: Readonly<Record<string, LayerConverter>> = {
  Activation: convertActivation,
  Add: convertAdd,
  Average: convertAverage,
  AveragePooling2D: convertAveragePooling2d,
  BatchNormalization: convertBatchNormalization,
  Concatenate: convertConcatenate,
  Conv2D: convertConv2d,
  Conv2DTranspose: convertConv2dTranspose,
  DepthwiseConv2D: convertDepthwiseConv2d,
  Dropout: passThrough,
  ELU: convertElu,
  LeakyReLU: convertLeakyRelu,
  MaxPooling2D: convertMaxPooling2d,
  Maximum: convertMaximum,
  Minimum: convertMinimum,
  Multiply: convertMultiply,
  ReLU: convertRelu,
  UpSampling2D: convertUpSampling2d,
  ZeroPadding2D: convertZeroPadding2d,
};

/**
 * Turns one use of a layer into nodes.
 * @throws CyclopsError `EXPORT_UNSUPPORTED` naming layer, class, settings and the classes there are converters for.
 */
export function convertLayer(call: LayerCall): Value {
  const { layer } = call;
  const converter = Object.hasOwn(layerConverters, layer.className) ? layerConverters[layer.className] : undefined;
  if (converter === undefined) {
    throw new CyclopsError(
      'EXPORT_UNSUPPORTED',
      `layer "${layer.name}" of class ${layer.className} cannot be exported; its settings: ${JSON.stringify(layer.config).slice(0, 300)}; supported classes: InputLayer, ${Object.keys(layerConverters).join(', ')}`,
    );
  }
  return converter(call);
}
