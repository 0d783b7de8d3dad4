import type { StereoCamera } from '../../geometry/camera.js';
import type { CropWindow } from '../../geometry/network-view.js';
import { bytesPerPixel, type ChannelOrder } from '../../model-package/schema.js';
import type { GraphBuilder, Value } from './graph.js';
import {
  binary,
  clip,
  concat,
  imageShape,
  pickChannels,
  pool,
  reciprocal,
  reshape,
  resize,
  toFloat,
  transpose,
  withConstant,
} from './ops.js';
import { broadcast, mirror, pad, padAxes, slice, withWeights } from './tensor-ops.js';

/** Names of the exported graph's input and output. */
export const inputName = 'image';
/** Name of the exported graph's output. */
export const outputName = 'depth';
/** Name of its second output, where it has one. */
export const confidenceName = 'confidence';

/** A whole camera image and the part of it that the network looks at; rows of it beyond the image are black. */
export interface Fit {
  /** Size of the image, px. */
  readonly width: number;
  readonly height: number;
  readonly crop: CropWindow;
}

/** How the network wants its image. */
export interface Preprocessing {
  /** Input size of the network, px. */
  readonly width: number;
  readonly height: number;
  readonly channels: ChannelOrder;
  /** The network sees (rgb01 - mean) / std, channel order R,G,B. */
  readonly inputMean: readonly [number, number, number];
  readonly inputStd: readonly [number, number, number];
  /** The graph takes whole images of a camera and crops them itself; without it, images of the network's size. */
  readonly fit?: Fit;
  /** The network looks at the image and at its mirror image, as a batch of two. */
  readonly flipTta?: boolean;
}

/**
 * The graph's input, uint8 [1, H, W, C], turned into what the network was trained on, float32 [1 or 2, 3, h, w]. The cast
 * comes first because TensorRT moves no axes of uint8 tensors. The mean stays a node of its own: a padded convolution
 * pads with zeros after normalisation, so the mean cannot move into its bias.
 */
export function preprocess(graph: GraphBuilder, options: Preprocessing): Value {
  const { width, height, channels, inputMean, inputStd, fit, flipTta = false } = options;
  const size = fit ?? { width, height };
  const image = graph.input(inputName, 'uint8', [1, size.height, size.width, bytesPerPixel(channels)]);
  let value = toFloat(graph, 'pre/float', image);
  if (fit !== undefined) value = crop(graph, value, fit);
  value = transpose(graph, 'pre/nchw', value, [0, 3, 1, 2]);
  if (channels !== 'RGB') value = pickChannels(graph, 'pre/rgb', value, channels === 'RGBA' ? [0, 1, 2] : [2, 1, 0]);
  if (fit !== undefined) value = shrink(graph, value, width, height);
  if (flipTta) value = concat(graph, 'pre/pair', [value, mirror(graph, 'pre/mirrored', value)], 0);
  const scale = Float32Array.from(inputStd, (std) => 1 / (255 * std));
  const shift = Float32Array.from(inputMean, (mean, channel) => -mean / inputStd[channel]!);
  return withConstant(graph, 'pre/shift', 'Add', withConstant(graph, 'pre/scale', 'Mul', value, scale), shift);
}

/**
 * The window out of the image, NHWC: before axes move, so that less moves. (Padding right before an average would also
 * meet a fusion of ONNX Runtime that refuses more rows than the average has.)
 */
function crop(graph: GraphBuilder, value: Value, fit: Fit): Value {
  const { width, height, crop: window } = fit;
  const [top, bottom] = [Math.max(0, window.y), Math.min(height, window.y + window.height)];
  let part = value;
  if (bottom - top < height || window.width < width) {
    part = slice(graph, 'pre/crop', value, [
      { axis: 1, begin: top, end: bottom },
      { axis: 2, begin: window.x, end: window.x + window.width },
    ]);
  }
  const { above, below } = rowsBeyond(fit);
  return above + below === 0 ? part : padAxes(graph, 'pre/pad', part, [{ axis: 1, before: above, behind: below }]);
}

function rowsBeyond({ height, crop }: Fit): { readonly above: number; readonly below: number } {
  return { above: Math.max(0, -crop.y), below: Math.max(0, crop.y + crop.height - height) };
}

/**
 * To the network's size: bilinearly to the nearest whole multiple of it, then the mean of whole boxes. The first step
 * changes a side by half of itself at most, so no pixel is left out; and whatever rounding does to the places where it
 * reads (in float32, a ten-thousandth of a pixel far from the corner) is averaged over a box.
 */
function shrink(graph: GraphBuilder, value: Value, width: number, height: number): Value {
  const [, rows, columns] = imageShape(value);
  const kernel = [boxSide(rows, height), boxSide(columns, width)] as const;
  const [tall, wide] = [kernel[0] * height, kernel[1] * width];
  const isMultiple = rows === tall && columns === wide;
  const multiple = isMultiple ? value : resize(graph, 'pre/resize', value, [tall, wide], 'linear', 'half_pixel');
  if (kernel[0] * kernel[1] === 1) return multiple;
  const window = { kernel, strides: kernel, dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  return pool(graph, 'pre/boxes', 'AveragePool', multiple, window);
}

function boxSide(from: number, to: number): number {
  return Math.max(1, Math.round(from / to));
}

/** What the network's output says. */
export interface OutputMeaning {
  /** `disparity`: px at the network's input width; `inverse-depth`: 1/m; `depth`: m. */
  readonly quantity: 'disparity' | 'inverse-depth' | 'depth';
  /** Quantity = factor * output. */
  readonly factor: number;
}

/** How a network output becomes metres. */
export interface Postprocessing extends OutputMeaning {
  /** Input size of the network, px. */
  readonly width: number;
  readonly height: number;
  /** For disparity: the training rig at the network's input size. */
  readonly camera?: Pick<StereoCamera, 'fxPx' | 'baselineM' | 'doffsPx'>;
  /** Metres of the camera for one metre of the network (geometry/network-view.ts); 1 unless given. */
  readonly depthScale?: number;
  readonly minM: number;
  readonly maxM: number;
  /** As in preprocessing. */
  readonly fit?: Fit;
  readonly flipTta?: boolean;
  /**
   * The second output: a network output of its own [1 or 2, 1, h, w], 0 to 1; or `flip`, how well the two views of
   * flip test-time augmentation agree: the smaller of both quantities divided by the larger. Poggi et al. ("On the uncertainty of
   * self-supervised monocular depth estimation", CVPR 2020, 3.1) take their difference as uncertainty.
   */
  readonly confidence?: Value | 'flip';
}

/**
 * Network output [1 or 2, 1, h, w] to the graph's output, metres [1, H, W, 1]. For disparity
 * depth = clip(fx * B / (factor * output + doffs), minM, maxM), at first the other way round where the network gives
 * metres. A smaller output is resized before the division, bilinearly with half-pixel centres, as in training. What
 * would be beyond maxM (disparity 0 or below, too) is maxM. Around the part of an image that a fitted graph looks at,
 * depth is NaN and confidence 0.
 */
export function postprocess(graph: GraphBuilder, output: Value, options: Postprocessing): void {
  const { quantity, factor, minM, maxM, flipTta = false, confidence } = options;
  const numerator = numeratorOf(options);
  // The factor comes before the resize: fewer pixels, and ONNX Runtime leaves its blocked layout (16 channels for our
  // one) at the small size.
  let value = withConstant(graph, `post/${quantity}`, 'Mul', output, factor);
  let trust = typeof confidence === 'object' ? confidence : undefined;
  if (flipTta) {
    const views = unflipped(graph, 'post', value);
    if (confidence === 'flip') trust = agreement(graph, views, quantity === 'depth' ? minM : numerator / (2 * maxM));
    else if (trust !== undefined) trust = blended(graph, 'post/trust', unflipped(graph, 'post/trust', trust));
    value = blended(graph, 'post', views);
  }
  value = enlarged(graph, 'post', value, options);
  const doffsPx = quantity === 'disparity' ? (options.camera?.doffsPx ?? 0) : 0;
  if (doffsPx !== 0) value = withConstant(graph, 'post/doffs', 'Add', value, doffsPx);
  if (quantity === 'depth') {
    if (numerator !== 1) value = withConstant(graph, 'post/depth', 'Mul', value, numerator);
  } else {
    // Half the disparity of maxM: low enough that the clip below decides, high enough that the division is harmless.
    value = withConstant(graph, 'post/positive', 'Max', value, numerator / (2 * maxM));
    value = reciprocal(graph, 'post/depth', numerator, value);
  }
  value = clip(graph, 'post/range', value, minM, maxM);
  finish(graph, 'post', value, outputName, options, Number.NaN);
  if (trust === undefined) return;
  const limited = clip(graph, 'post/confidence', enlarged(graph, 'post/trust', trust, options), 0, 1);
  finish(graph, 'post/trust', limited, confidenceName, options, 0);
}

/** What the quantity divides (disparity, inverse depth) or is multiplied by (depth). */
function numeratorOf({ quantity, camera, depthScale = 1 }: Postprocessing): number {
  return quantity === 'disparity' && camera !== undefined ? camera.fxPx * camera.baselineM * depthScale : depthScale;
}

/** Both views of a batch of two, the second mirrored back. */
function unflipped(graph: GraphBuilder, name: string, pair: Value): readonly [Value, Value] {
  const own = slice(graph, `${name}/own`, pair, [{ axis: 0, begin: 0, end: 1 }]);
  const other = slice(graph, `${name}/other`, pair, [{ axis: 0, begin: 1, end: 2 }]);
  return [own, mirror(graph, `${name}/unmirrored`, other)];
}

/**
 * The mean of both views, but near the left edge the second one alone, near the right edge the first, as each is blind
 * there: Godard et al. ("Unsupervised monocular depth estimation with left-right consistency", CVPR 2017, 3.4),
 * l(x) = 1 - clip(20 (x / (w - 1) - 0.05), 0, 1).
 */
function blended(graph: GraphBuilder, name: string, [own, other]: readonly [Value, Value]): Value {
  const [, , width] = imageShape(own);
  const ramp = (share: number): number => 1 - Math.min(1, Math.max(0, 20 * (share - 0.05)));
  const ofOther = Float32Array.from({ length: width }, (_, x) => {
    const [left, right] = [ramp(x / (width - 1)), ramp(1 - x / (width - 1))];
    return left + (1 - left - right) / 2;
  });
  const shape = [1, 1, 1, width];
  const first = { shape, data: ofOther.map((share) => 1 - share) };
  return binary(
    graph,
    `${name}/blended`,
    'Add',
    withWeights(graph, `${name}/own_share`, 'Mul', own, first),
    withWeights(graph, `${name}/other_share`, 'Mul', other, { shape, data: ofOther }),
  );
}

/** The smaller quantity divided by the larger, both at least `least`. */
function agreement(graph: GraphBuilder, views: readonly [Value, Value], least: number): Value {
  const [own, other] = views.map((view, index) => withConstant(graph, `post/least${index}`, 'Max', view, least));
  const smaller = broadcast(graph, 'post/smaller', 'Min', own!, other!);
  return broadcast(graph, 'post/agreement', 'Div', smaller, broadcast(graph, 'post/larger', 'Max', own!, other!));
}

/** A map at the size of the pixels that the network looked at, without the black rows around them. */
function enlarged(graph: GraphBuilder, name: string, value: Value, options: Postprocessing): Value {
  const { width, height } = options.fit?.crop ?? options;
  const [, rows, columns] = imageShape(value);
  const isSmaller = rows !== height || columns !== width;
  const large = isSmaller ? resize(graph, `${name}/resize`, value, [height, width], 'linear', 'half_pixel') : value;
  const { above, below } = options.fit === undefined ? { above: 0, below: 0 } : rowsBeyond(options.fit);
  if (above + below === 0) return large;
  return slice(graph, `${name}/rows`, large, [{ axis: 2, begin: above, end: height - below }]);
}

/** Back to the place in the image, NHWC, under the output's name. */
function finish(
  graph: GraphBuilder,
  name: string,
  value: Value,
  output: string,
  { fit, ...size }: Postprocessing,
  outside: number,
): void {
  const { width, height } = fit ?? size;
  let whole = value;
  const [, rows, columns] = imageShape(value);
  if (fit !== undefined && (rows !== height || columns !== width)) {
    const [top, left] = [Math.max(0, fit.crop.y), fit.crop.x];
    const pads = [top, left, height - top - rows, width - left - columns] as const;
    whole = pad(graph, `${name}/place`, value, pads, outside);
  }
  graph.output(reshape(graph, `${name}/nhwc`, whole, [1, height, width, 1]), output);
}
