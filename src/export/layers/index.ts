import { CyclopsError } from '../../base/errors.js';
import type { Value } from '../graph/graph.js';
import {
  convertActivation,
  convertElu,
  convertLeakyRelu,
  convertPrelu,
  convertRelu,
  convertSoftmax,
  convertThresholdedRelu,
} from './activation.js';
import { convertConstantGain, convertPassThrough, convertRescaling } from './affine.js';
import { assertImage, type LayerCall, type LayerConverter } from './converter.js';
import {
  convertConv2d,
  convertConv2dTranspose,
  convertDepthwiseConv2d,
  convertSeparableConv2d,
} from './convolution.js';
import { convertDense } from './dense.js';
import {
  convertAdd,
  convertAverage,
  convertConcatenate,
  convertMaximum,
  convertMinimum,
  convertMultiply,
} from './merge.js';
import { convertBatchNormalization, convertGroupNormalization, convertLayerNormalization } from './normalization.js';
import { convertBorderPadding2d, convertZeroPadding2d } from './padding.js';
import {
  convertAveragePooling2d,
  convertGlobalAveragePooling2d,
  convertGlobalMaxPooling2d,
  convertMaxPooling2d,
} from './pooling.js';
import {
  convertCropping2d,
  convertDepthToSpace,
  convertFlatten,
  convertPermute,
  convertReshape,
  convertSlice,
} from './reorder.js';
import { convertResize2d, convertUpSampling2d } from './resizing.js';
import {
  convertCorrelation1d,
  convertCosineSimilarity1d,
  convertSimilarityWindow,
  convertSoftArgmaxDisparity,
} from './stereo.js';

/** Layers of images alone, by Keras name. */
const imageConverters: Readonly<Record<string, LayerConverter>> = {
  AveragePooling2D: convertAveragePooling2d,
  BorderPadding2D: convertBorderPadding2d,
  Conv2D: convertConv2d,
  Conv2DTranspose: convertConv2dTranspose,
  Correlation1d: convertCorrelation1d,
  CosineSimilarity1d: convertCosineSimilarity1d,
  Cropping2D: convertCropping2d,
  DepthToSpace: convertDepthToSpace,
  DepthwiseConv2D: convertDepthwiseConv2d,
  GlobalAveragePooling2D: convertGlobalAveragePooling2d,
  GlobalMaxPooling2D: convertGlobalMaxPooling2d,
  GroupNormalization: convertGroupNormalization,
  MaxPooling2D: convertMaxPooling2d,
  Resize2D: convertResize2d,
  SeparableConv2D: convertSeparableConv2d,
  SimilarityWindow: convertSimilarityWindow,
  SoftArgmaxDisparity: convertSoftArgmaxDisparity,
  UpSampling2D: convertUpSampling2d,
  ZeroPadding2D: convertZeroPadding2d,
};

/** Layers of images and of any other tensors. */
const tensorConverters: Readonly<Record<string, LayerConverter>> = {
  Activation: convertActivation,
  Add: convertAdd,
  AlphaDropout: convertPassThrough,
  Average: convertAverage,
  BatchNormalization: convertBatchNormalization,
  Concatenate: convertConcatenate,
  ConstantGain: convertConstantGain,
  Dense: convertDense,
  Dropout: convertPassThrough,
  ELU: convertElu,
  Flatten: convertFlatten,
  GaussianDropout: convertPassThrough,
  GaussianNoise: convertPassThrough,
  LayerNormalization: convertLayerNormalization,
  LeakyReLU: convertLeakyRelu,
  Maximum: convertMaximum,
  Minimum: convertMinimum,
  Multiply: convertMultiply,
  PReLU: convertPrelu,
  Permute: convertPermute,
  ReLU: convertRelu,
  Rescaling: convertRescaling,
  Reshape: convertReshape,
  Slice: convertSlice,
  Softmax: convertSoftmax,
  ThresholdedReLU: convertThresholdedRelu,
};

/** Every layer class that can be exported, by its Keras name. To add one: one file beside this, one line above. */
export const layerConverters: Readonly<Record<string, LayerConverter>> = { ...imageConverters, ...tensorConverters };

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
      `layer "${layer.name}" of class ${layer.className} cannot be exported; its settings: ${settingsText(layer.config)}; supported classes: InputLayer, ${Object.keys(layerConverters).sort().join(', ')}; models as layers`,
    );
  }
  if (Object.hasOwn(imageConverters, layer.className)) for (const input of call.inputs) assertImage(layer, input);
  return converter(call);
}

/** Settings for a message: short, whatever a hostile file nests into them. */
function settingsText(config: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(config)
    .slice(0, 20)
    .map(([key, value]) => {
      const isPlain = typeof value !== 'object' || value === null;
      const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
      return `${JSON.stringify(key.slice(0, 40))}:${isPlain || isList ? JSON.stringify(value)?.slice(0, 60) : '{…}'}`;
    });
  return `{${parts.join(',')}}`.slice(0, 300);
}
