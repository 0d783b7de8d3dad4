import type { Fit } from '../graph/pre-post.js';
import type { DepthNetwork } from '../read/depth-network.js';

// What an exported graph has to give, from bytes to metres, in plain code that shares nothing with the graph builder, so
// that a fault there cannot hide. Slow on purpose: pixel by pixel, in double precision.

/** One plane, row-major. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** What an export does around a network. */
export interface Surroundings {
  readonly fit?: Fit;
  /** Metres of the camera for one of the network. */
  readonly depthScale: number;
  readonly flipTta: boolean;
  /** `flip`, or the place of the network's output that is the confidence. */
  readonly confidence?: 'flip' | number;
  readonly minM: number;
  readonly maxM: number;
}

/** Runs the network on one image, [h, w, 3] normalised, row-major. @returns its outputs, each a plane. */
export type RunNetwork = (image: Float32Array) => readonly Plane[];

/** Depth, NaN where the graph does not look, and confidence, 0 there. */
export interface ExpectedOutputs {
  readonly depthM: Float64Array;
  readonly confidence?: Float64Array;
}

/** @param rgb the whole image, 3 bytes a pixel. */
export function expectedOutputs(
  rgb: Uint8Array,
  network: Pick<DepthNetwork, 'camera' | 'inputMean' | 'inputStd' | 'meaning' | 'outputIndex'>,
  around: Surroundings,
  run: RunNetwork,
): ExpectedOutputs {
  const { camera, meaning, inputMean, inputStd } = network;
  const { width, height } = camera;
  const seen = [0, 1, 2].map((channel) => networkPlane(rgb, channel, width, height, around.fit));
  const input = new Float32Array(width * height * 3);
  for (let index = 0; index < input.length; index++) {
    const channel = index % 3;
    input[index] = (seen[channel]!.data[Math.floor(index / 3)]! / 255 - inputMean[channel]!) / inputStd[channel]!;
  }
  const own = run(input);
  const other = around.flipTta ? run(reversed(input, width, 3)).map(mirrored) : undefined;
  const quantities = [own, other].map((views) =>
    views === undefined ? undefined : scaled(views[network.outputIndex]!, meaning.factor),
  );
  const first = quantities[0]!;
  const quantity = quantities[1] === undefined ? first : blend(first, quantities[1]);
  const { quantity: kind } = meaning;
  const { minM, maxM, depthScale, confidence, fit } = around;
  const product = kind === 'disparity' ? camera.fxPx * camera.baselineM! * depthScale : depthScale;
  const depthOf = (value: number): number => {
    if (kind === 'depth') return Math.min(maxM, Math.max(minM, value * depthScale));
    const inverse = kind === 'disparity' ? value + camera.doffsPx : value;
    return Number.isNaN(inverse) ? inverse : Math.min(maxM, Math.max(minM, inverse > 0 ? product / inverse : maxM));
  };
  const depthM = placed(quantity, camera, fit, depthOf, Number.NaN);
  if (confidence === undefined) return { depthM };
  const limit = (value: number): number => Math.min(1, Math.max(0, value));
  if (confidence === 'flip') {
    const least = kind === 'depth' ? minM : product / (2 * maxM);
    const agreement = {
      ...first,
      data: first.data.map((value, index) => {
        const [a, b] = [Math.max(least, value), Math.max(least, quantities[1]!.data[index]!)];
        return Math.min(a, b) / Math.max(a, b);
      }),
    };
    return { depthM, confidence: placed(agreement, camera, fit, limit, 0) };
  }
  const trust = other === undefined ? own[confidence]! : blend(own[confidence]!, other[confidence]!);
  return { depthM, confidence: placed(trust, camera, fit, limit, 0) };
}

/** One colour as the network sees it: cropped, black beyond the image, bilinear to whole boxes, their means. */
function networkPlane(rgb: Uint8Array, channel: number, width: number, height: number, fit: Fit | undefined): Plane {
  const image = fit ?? { width, height, crop: { x: 0, y: 0, width, height } };
  const { crop } = image;
  const isWithin = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < image.width && y < image.height;
  const byteAt = (x: number, y: number): number => (isWithin(x, y) ? rgb[(y * image.width + x) * 3 + channel]! : 0);
  const seen: Plane = { ...crop, data: new Float64Array(crop.width * crop.height) };
  for (let index = 0; index < seen.data.length; index++) {
    seen.data[index] = byteAt(crop.x + (index % crop.width), crop.y + Math.floor(index / crop.width));
  }
  const [across, down] = [nearestMultiple(crop.width, width), nearestMultiple(crop.height, height)];
  const large = resized(seen, across * width, down * height);
  const data = new Float64Array(width * height);
  for (const [index, value] of large.data.entries()) {
    const [x, y] = [index % large.width, Math.floor(index / large.width)];
    data[Math.floor(y / down) * width + Math.floor(x / across)]! += value / (across * down);
  }
  return { width, height, data };
}

/** How many times `to` comes nearest to `from`; halfway, one more. */
function nearestMultiple(from: number, to: number): number {
  let times = 1;
  while ((times + 1) * to - from <= from - times * to) times++;
  return times;
}

function resized(plane: Plane, width: number, height: number): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = sample(plane, (x + 0.5) / width, (y + 0.5) / height);
  }
  return { width, height, data };
}

/** Bilinear reading at a share of the sides; what lies beyond the border repeats it. */
function sample({ width, height, data }: Plane, across: number, down: number): number {
  const row = Math.min(height - 1, Math.max(0, down * height - 0.5));
  const column = Math.min(width - 1, Math.max(0, across * width - 0.5));
  const [r0, c0] = [Math.floor(row), Math.floor(column)];
  const [r1, c1] = [Math.min(height - 1, r0 + 1), Math.min(width - 1, c0 + 1)];
  const at = (r: number, c: number): number => data[r * width + c]!;
  const upper = at(r0, c0) + (at(r0, c1) - at(r0, c0)) * (column - c0);
  const lower = at(r1, c0) + (at(r1, c1) - at(r1, c0)) * (column - c0);
  return upper + (lower - upper) * (row - r0);
}

function scaled(plane: Plane, factor: number): Plane {
  return { ...plane, data: plane.data.map((value) => value * factor) };
}

function mirrored(plane: Plane): Plane {
  return { ...plane, data: reversed(plane.data, plane.width, 1) };
}

/** Columns in reverse order. */
function reversed<T extends Float32Array | Float64Array>(data: T, width: number, channels: number): T {
  const out = data.slice() as T;
  for (let index = 0; index < data.length; index++) {
    const [pixel, channel] = [Math.floor(index / channels), index % channels];
    const row = Math.floor(pixel / width);
    out[(row * width + width - 1 - (pixel % width)) * channels + channel] = data[index]!;
  }
  return out;
}

/** Godard et al. 2017: both views' mean, near the left edge the second alone, near the right edge the first. */
function blend(own: Plane, other: Plane): Plane {
  const data = own.data.map((value, index) => {
    const place = (index % own.width) / (own.width - 1);
    const left = 1 - Math.min(1, Math.max(0, 20 * (place - 0.05)));
    const right = 1 - Math.min(1, Math.max(0, 20 * (1 - place - 0.05)));
    return right * value + left * other.data[index]! + ((1 - left - right) * (value + other.data[index]!)) / 2;
  });
  return { ...own, data };
}

/** A map of what the network saw, resized, translated and put to its place in the image. */
function placed(
  map: Plane,
  size: { readonly width: number; readonly height: number },
  fit: Fit | undefined,
  translate: (value: number) => number,
  outside: number,
): Float64Array {
  const { width, height } = fit ?? size;
  const window = fit?.crop ?? { x: 0, y: 0, ...size };
  const large = resized(map, window.width, window.height);
  const out = new Float64Array(width * height).fill(outside);
  for (let y = Math.max(0, window.y); y < Math.min(height, window.y + window.height); y++) {
    for (let x = window.x; x < window.x + window.width; x++) {
      out[y * width + x] = translate(large.data[(y - window.y) * window.width + x - window.x]!);
    }
  }
  return out;
}
