import type { StereoCamera } from '../geometry/camera.js';
import { bytesPerPixel, type ChannelOrder } from '../model-package/schema.js';
import type { GraphBuilder, Value } from './graph.js';
import {
  clip,
  imageShape,
  pickChannels,
  reciprocal,
  reshape,
  resize,
  toFloat,
  transpose,
  withConstant,
} from './ops.js';

/** Names of the exported graph's input and output. */
export const inputName = 'image';
/** Name of the exported graph's output. */
export const outputName = 'depth';

/** How the network wants its picture. */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  readonly channels: ChannelOrder;
  /** The network sees (rgb01 - mean) / std, channel order R,G,B. */
  readonly inputMean: readonly [number, number, number];
  readonly inputStd: readonly [number, number, number];
}

/**
 * The graph's input, uint8 [1, H, W, C], turned into what the network was trained on, float32 [1, 3, H, W]. The cast
 * comes first because TensorRT moves no axes of uint8 tensors. The mean stays a node of its own: a padded convolution
 * pads with zeros after normalisation, so the mean cannot move into its bias.
 */
export function preprocess(graph: GraphBuilder, options: Preprocessing): Value {
  const { width, height, channels, inputMean, inputStd } = options;
  const image = graph.input(inputName, 'uint8', [1, height, width, bytesPerPixel(channels)]);
  let value = transpose(graph, 'pre/nchw', toFloat(graph, 'pre/float', image), [0, 3, 1, 2]);
  if (channels !== 'RGB') value = pickChannels(graph, 'pre/rgb', value, channels === 'RGBA' ? [0, 1, 2] : [2, 1, 0]);
  const scale = Float32Array.from(inputStd, (std) => 1 / (255 * std));
  const shift = Float32Array.from(inputMean, (mean, channel) => -mean / inputStd[channel]!);
  return withConstant(graph, 'pre/shift', 'Add', withConstant(graph, 'pre/scale', 'Mul', value, scale), shift);
}

/** How a network output becomes metres. */
export interface Postprocessing {
  readonly width: number;
  readonly height: number;
  /** Disparity in px at the network's input width = outputFactorPx * output. */
  readonly outputFactorPx: number;
  readonly camera: Pick<StereoCamera, 'fxPx' | 'baselineM' | 'doffsPx'>;
  readonly minM: number;
  readonly maxM: number;
}

/**
 * Network output [1, 1, h, w] to the graph's output, metres [1, H, W, 1]:
 * depth = clip(fx * B / (outputFactorPx * output + doffs), minM, maxM). A smaller output is resized first, bilinearly with
 * half-pixel centres, as in training. What would be beyond maxM (disparity 0 or below, too) is maxM.
 */
export function postprocess(graph: GraphBuilder, output: Value, options: Postprocessing): void {
  const { width, height, outputFactorPx, camera, minM, maxM } = options;
  const [, rows, columns] = imageShape(output);
  // The factor comes before the resize: fewer pixels, and ONNX Runtime leaves its blocked layout (16 channels for our
  // one) at the small size.
  let value = withConstant(graph, 'post/disparity', 'Mul', output, outputFactorPx);
  if (rows !== height || columns !== width) {
    value = resize(graph, 'post/resize', value, [height, width], 'linear', 'half_pixel');
  }
  const focalTimesBaseline = camera.fxPx * camera.baselineM;
  if (camera.doffsPx !== 0) value = withConstant(graph, 'post/doffs', 'Add', value, camera.doffsPx);
  // Half the disparity of maxM: low enough that the clip below decides, high enough that the division is harmless.
  value = withConstant(graph, 'post/positive', 'Max', value, focalTimesBaseline / (2 * maxM));
  value = reciprocal(graph, 'post/depth', focalTimesBaseline, value);
  value = clip(graph, 'post/range', value, minM, maxM);
  graph.output(reshape(graph, 'post/nhwc', value, [1, height, width, 1]), outputName);
}
