import type { FloatMap, RgbImage } from '../../../geometry/raster.js';
import { createFloatMap, createRgbImage } from '../../../geometry/raster.js';
import type { DepthRange } from '../../../image/colormap.js';
import { colorAt, colorizeDepth, depthScale } from '../../../image/colormap.js';
import type { Rgb } from '../../../image/font.js';
import { characterHeight, drawImage, drawText, fillRect, textWidth } from '../../../image/font.js';
import { resizeBilinear } from '../../../image/resize.js';
import type { InputImage } from '../../frame.js';
import { bytesPerPixel, type DepthUnit } from '../../frame.js';

/** What a side-by-side image is made for; all frames of a video share it. */
export interface ComposerOptions {
  /** Size of the camera image and of the depth map, px. */
  readonly width: number;
  readonly height: number;
  /** Range of the colours, metres of this camera. */
  readonly range: DepthRange;
  /** Metres of this camera for one metre of the network. */
  readonly depthFactor: number;
  /** Metres unless given; relative inverse depth is drawn over its whole range, and its scale has words instead of metres. */
  readonly unit?: DepthUnit;
}

/** Draws camera image and coloured depth beside each other, with a caption and a scale in metres below. */
export interface Composer {
  readonly width: number;
  readonly height: number;
  /** @returns the one image of this composer: the next call draws over it. */
  compose(image: InputImage, networkDepth: FloatMap, caption: string): RgbImage;
}

// Panels narrower than this are enlarged: the words below must stay readable and fit.
const leastPanelWidth = 640;
const gapPx = 4;
const barHeight = 44;
const textScale = 2;
const background: Rgb = [18, 18, 22];
const ink: Rgb = [235, 235, 235];

/**
 * The colours' range for a model's range: at most 80 m, and from a fortieth of that, so that what is near stands out
 * and the scale carries the depths that matter on a road (2, 5, 10, 20, 50 m).
 */
export function colorRange(minM: number, maxM: number): DepthRange {
  const far = Math.min(maxM, 80);
  const near = Math.max(minM, far / 40);
  return near < far ? { minM: near, maxM: far } : { minM, maxM };
}

/** Makes a composer; its tables and images are made once. */
export function createComposer(options: ComposerOptions): Composer {
  const scale = Math.max(1, leastPanelWidth / options.width);
  const panelWidth = even(options.width * scale);
  const panelHeight = even(options.height * scale);
  const width = 2 * panelWidth + gapPx;
  const height = panelHeight + gapPx + barHeight;
  const canvas = createRgbImage(width, height);
  fillRect(canvas, 0, 0, width, height, background);
  const isRelative = options.unit === 'relative-inverse-depth';
  const [legendWidth, legendHeight] = [panelWidth - 2 * gapPx, barHeight - gapPx];
  const legend = isRelative
    ? relativeScale(legendWidth, legendHeight)
    : depthScale(legendWidth, legendHeight, options.range.minM, options.range.maxM);
  drawImage(canvas, panelWidth + 2 * gapPx, panelHeight + gapPx, legend);
  const colors = isRelative ? relativeTable() : colorTable(options.range, options.depthFactor);
  const coloured = createRgbImage(options.width, options.height);

  return {
    width,
    height,
    compose(image, networkDepth, caption) {
      lookUpColors(networkDepth, colors, coloured);
      drawImage(canvas, 0, 0, resized(rgbFrom(image), panelWidth, panelHeight));
      drawImage(canvas, panelWidth + gapPx, 0, resized(coloured, panelWidth, panelHeight));
      const top = panelHeight + gapPx;
      fillRect(canvas, 0, top, panelWidth, barHeight, background);
      const textTop = top + Math.floor((barHeight - characterHeight * textScale) / 2);
      drawText(canvas, 4 * gapPx, textTop, caption, ink, textScale);
      return canvas;
    },
  };
}

/**
 * The colour of every depth, RGB by the upper 16 bits of its float32: sign, exponent and 7 bits of mantissa. Steps are
 * 0.8 % of the depth, finer than the colour map; NaN, infinity and negative values need no branch.
 */
export function colorTable(range: DepthRange, depthFactor: number): Uint8Array {
  return tableOf(range, (depthM) => depthM * depthFactor);
}

/** The same table for relative inverse depth, 0 = the map's far end .. 1 = its near end, in even steps. */
function relativeTable(): Uint8Array {
  // The colours go by the logarithm of depth.
  return tableOf({ minM: 1, maxM: Math.E }, (inverse) => Math.exp(1 - inverse));
}

function tableOf(range: DepthRange, depthOf: (value: number) => number): Uint8Array {
  const depths = createFloatMap(65536, 1);
  const bits = new Uint32Array(depths.data.buffer);
  for (let index = 0; index < 65536; index++) {
    // The middle of the step, but for NaN, infinity and zero, which stay what they are.
    const hasMiddle = (index & 0x7f80) !== 0x7f80 && (index & 0x7fff) !== 0;
    bits[index] = (index << 16) | (hasMiddle ? 0x8000 : 0);
    depths.data[index] = depthOf(depths.data[index]!);
  }
  return colorizeDepth(depths, range).data;
}

function relativeScale(width: number, height: number): RgbImage {
  const image = createRgbImage(width, height);
  fillRect(image, 0, 0, width, height, background);
  const band = Math.max(1, height - (characterHeight + 3) * textScale);
  for (let x = 0; x < width; x++) fillRect(image, x, 0, 1, band, colorAt(x / Math.max(1, width - 1)));
  const top = band + 3 * textScale;
  drawText(image, 0, top, 'near', ink, textScale);
  drawText(image, width - textWidth('far', textScale), top, 'far', ink, textScale);
  return image;
}

/** Colours a depth map by a table of `colorTable`, into an image of its size. */
export function lookUpColors(depthM: FloatMap, colors: Uint8Array, into: RgbImage): void {
  const { data } = depthM;
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const out = into.data;
  for (let i = 0, to = 0; i < bits.length; i++, to += 3) {
    const from = (bits[i]! >>> 16) * 3;
    out[to] = colors[from]!;
    out[to + 1] = colors[from + 1]!;
    out[to + 2] = colors[from + 2]!;
  }
}

/** An image of any pixel format as RGB; an RGB image's bytes are used as they are. */
export function rgbFrom(image: InputImage): RgbImage {
  const { width, height, format, data } = image;
  if (format === 'RGB') return { width, height, data };
  const rgb = createRgbImage(width, height);
  const [red, blue] = format === 'BGRx' ? [2, 0] : [0, 2];
  const step = bytesPerPixel(format);
  for (let from = 0, to = 0; to < rgb.data.length; from += step, to += 3) {
    rgb.data[to] = data[from + red]!;
    rgb.data[to + 1] = data[from + 1]!;
    rgb.data[to + 2] = data[from + blue]!;
  }
  return rgb;
}

function resized(image: RgbImage, width: number, height: number): RgbImage {
  return image.width === width && image.height === height ? image : resizeBilinear(image, width, height);
}

/** H.264 with 4:2:0 colours needs even sizes. */
function even(size: number): number {
  return 2 * Math.round(size / 2);
}
