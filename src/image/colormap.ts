import type { FloatMap, RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';
import type { Rgb } from './font.js';
import { characterHeight, drawText, fillRect, textWidth } from './font.js';

/** The depths at the two ends of the colours, metres. */
export interface DepthRange {
  readonly minM: number;
  readonly maxM: number;
}

/** Colour of pixels without a depth: no colour of the map is neutral grey. */
const unknownColor: Rgb = [48, 48, 48];

/**
 * Our own colour map in OKLCh (Ottosson 2020): lightness falls steadily from near to far, so that it reads in grey too,
 * while the hue goes from yellow through red and purple to blue: near is warm. [lightness, chroma, hue in degrees].
 */
const anchors: readonly (readonly [number, number, number])[] = [
  [0.95, 0.13, 100],
  [0.82, 0.17, 70],
  [0.69, 0.2, 38],
  [0.56, 0.21, 5],
  [0.45, 0.2, -35],
  [0.34, 0.16, -68],
  [0.22, 0.09, -90],
];

const table = buildTable(anchors);
const errorTable = buildTable([
  [0.35, 0.14, 265],
  [0.7, 0.1, 220],
  [0.93, 0.08, 110],
  [0.75, 0.17, 60],
  [0.55, 0.22, 28],
]);

/** Place of a depth on the colour map, 0 = near, 1 = far: logarithmic, so that ratios of depth look alike everywhere. */
export function depthPosition(depthM: number, range: DepthRange): number {
  return Math.min(1, Math.max(0, Math.log(depthM / range.minM) / Math.log(range.maxM / range.minM)));
}

/**
 * Depth as colours: near is warm and bright, far is dark blue; +Infinity counts as far, unknown (NaN) and values not
 * above 0 are grey.
 */
export function colorizeDepth(depthM: FloatMap, range: DepthRange): RgbImage {
  const image = createRgbImage(depthM.width, depthM.height);
  const logMin = Math.log(range.minM);
  const scale = 255 / (Math.log(range.maxM) - logMin);
  for (let i = 0; i < depthM.data.length; i++) {
    const depth = depthM.data[i]!;
    if (!(depth > 0)) {
      image.data.set(unknownColor, i * 3);
      continue;
    }
    const index = Math.round(Math.min(255, Math.max(0, (Math.log(depth) - logMin) * scale))) * 3;
    image.data[i * 3] = table[index]!;
    image.data[i * 3 + 1] = table[index + 1]!;
    image.data[i * 3 + 2] = table[index + 2]!;
  }
  return image;
}

/** Disparity as the colours of depth: `range` in px, large disparity = near = warm; unknown (NaN) is grey. */
export function colorizeDisparity(disparityPx: FloatMap, minPx: number, maxPx: number): RgbImage {
  const inverse = disparityPx.data.map((d) => (Number.isNaN(d) ? Number.NaN : 1 / Math.max(d, 1e-6)));
  return colorizeDepth({ ...disparityPx, data: inverse }, { minM: 1 / maxPx, maxM: 1 / minPx });
}

/** An error map: 0 is blue, `limit` and above red; unknown (NaN) is dark grey. */
export function colorizeError(error: FloatMap, limit: number): RgbImage {
  const image = createRgbImage(error.width, error.height);
  for (let i = 0; i < error.data.length; i++) {
    const value = error.data[i]!;
    const index = Math.round(Math.min(1, Math.max(0, value / limit)) * 255) * 3;
    image.data.set(Number.isNaN(value) ? unknownColor : errorTable.subarray(index, index + 3), i * 3);
  }
  return image;
}

/** A strip of the colours with ticks in metres: across where it is wider than high, else top (far) to bottom (near). */
export function depthScale(width: number, height: number, minM: number, maxM: number): RgbImage {
  const range = { minM, maxM };
  const image = createRgbImage(width, height);
  const isAcross = width >= height;
  const scale = Math.max(1, Math.floor((isAcross ? height / 2 : width / 4) / (characterHeight + 2)));
  const band = isAcross ? Math.max(1, height - (characterHeight + 3) * scale) : Math.max(1, Math.floor(width / 3));
  const length = isAcross ? width : height;
  for (let i = 0; i < length; i++) {
    const position = length === 1 ? 0 : i / (length - 1);
    const color = colorAt(isAcross ? position : 1 - position);
    if (isAcross) fillRect(image, i, 0, 1, band, color);
    else fillRect(image, 0, i, band, 1, color);
  }
  const white: Rgb = [255, 255, 255];
  let freeFrom = Number.NEGATIVE_INFINITY;
  for (const tick of depthTicks(range)) {
    const label = `${tick}m`;
    const size = isAcross ? textWidth(label, scale) : characterHeight * scale;
    const place = depthPosition(tick, range) * (length - 1);
    const at = Math.min(length - size, Math.max(0, Math.round(place - size / 2)));
    if (at < freeFrom) continue;
    freeFrom = at + size + scale;
    const line = Math.min(length - 1, Math.max(0, Math.round(place)));
    if (isAcross) {
      fillRect(image, line, band, 1, scale * 2, white);
      drawText(image, at, band + scale * 3, label, white, scale);
    } else {
      fillRect(image, band, height - 1 - line, scale * 2, 1, white);
      drawText(image, band + scale * 3, height - at - size, label, white, scale);
    }
  }
  return image;
}

/** Depths worth a tick: 1, 2, 5 times powers of ten inside the range. */
export function depthTicks(range: DepthRange): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(range.minM)); power <= Math.log10(range.maxM); power++) {
    for (const digit of [1, 2, 5]) {
      const tick = Number((digit * 10 ** power).toPrecision(6));
      if (tick >= range.minM && tick <= range.maxM) ticks.push(tick);
    }
  }
  return ticks;
}

/** The colour at a place on the map, 0 = near .. 1 = far. */
export function colorAt(position: number): Rgb {
  const index = Math.round(Math.min(1, Math.max(0, position)) * 255) * 3;
  return [table[index]!, table[index + 1]!, table[index + 2]!];
}

function buildTable(points: readonly (readonly [number, number, number])[]): Uint8Array {
  const out = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (points.length - 1);
    const index = Math.min(points.length - 2, Math.floor(place));
    const share = place - index;
    const low = points[index]!;
    const high = points[index + 1]!;
    const mix = (k: 0 | 1 | 2): number => low[k] * (1 - share) + high[k] * share;
    out.set(rgbFromOklch(mix(0), mix(1), mix(2)), i * 3);
  }
  return out;
}

/** sRGB bytes of an OKLCh colour; chroma is lowered until the colour fits. */
function rgbFromOklch(lightness: number, chroma: number, hueDegrees: number): Rgb {
  for (let c = chroma; ; c = Math.max(0, c - 0.005)) {
    const linear = linearFromOklab(
      lightness,
      c * Math.cos((hueDegrees * Math.PI) / 180),
      c * Math.sin((hueDegrees * Math.PI) / 180),
    );
    if (c === 0 || linear.every((value) => value >= -0.001 && value <= 1.001)) {
      return linear.map(byteFromLinear) as [number, number, number];
    }
  }
}

function linearFromOklab(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function byteFromLinear(value: number): number {
  const clipped = Math.min(1, Math.max(0, value));
  return Math.round(255 * (clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055));
}
