import { CyclopsError } from '../base/errors.js';
import { bytesPerPixel, type ChannelOrder, type ModelPackage, type Precision } from './schema.js';

/**
 * The fixed test image of the self-test, `gradient-v1`: a road scene of gradients and blocks, so that the network sees
 * something like what it was trained on. Integer arithmetic only: every machine gets the same bytes.
 * @returns uint8 [1, height, width, C], row-major, C in the order of `channels`; a fourth byte is 255.
 */
export function goldenInput(height: number, width: number, channels: ChannelOrder): Uint8Array {
  const stride = bytesPerPixel(channels);
  const image = new Uint8Array(height * width * stride).fill(255);
  const [red, green, blue] = channels === 'BGRx' ? [2, 1, 0] : [0, 1, 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Positions in 1/1024 of the image, so that the scene looks alike at every size.
      const [r, g, b] = sceneColour(Math.floor((x * 1024) / width), Math.floor((y * 1024) / height));
      const offset = (y * width + x) * stride;
      const grain = (hash(x, y) & 15) - 8;
      image[offset + red] = clampByte(r + grain);
      image[offset + green] = clampByte(g + grain);
      image[offset + blue] = clampByte(b + grain);
    }
  }
  return image;
}

const horizon = 430;

function sceneColour(u: number, v: number): readonly [number, number, number] {
  // Two cars, then the poles, then the houses left and right, then road, verge and sky.
  if (inside(u, v, 420, 470, 100, 120)) return v > 560 ? [25, 25, 28] : [150, 30 + (v >> 4), 36];
  if (inside(u, v, 640, 500, 190, 230)) return v > 680 ? [22, 22, 24] : [60, 84, 120 + (u >> 5)];
  if ((inside(u, v, 250, 200, 12, 420) || inside(u, v, 905, 90, 20, 640)) && v < 740) return [92, 88, 80];
  const houseTop = u < 512 ? 90 + (u >> 1) : 90 + ((1023 - u) >> 1);
  if ((u < 330 || u > 720) && v > houseTop && v < 560 - (horizon >> 3)) return facadeColour(u, v);
  if (v >= horizon) return groundColour(u, v);
  return [120 + (v >> 3), 150 + (v >> 3), 200 + (v >> 4)];
}

function facadeColour(u: number, v: number): readonly [number, number, number] {
  const isWindow = u % 48 > 28 && v % 72 > 40;
  if (isWindow) return [48, 56, 70];
  const house = hash(u >> 7, 7) & 63;
  return [130 + house - (v >> 4), 112 + (house >> 1), 90 + (house >> 2)];
}

function groundColour(u: number, v: number): readonly [number, number, number] {
  const below = v - horizon;
  const fromCentre = Math.abs(u - 512);
  if (fromCentre > 40 + below) return [70 + (hash(u >> 3, v >> 3) & 31), 104, 52];
  const isMark = fromCentre < 2 + (below >> 6) && Math.floor(3000 / (below + 6)) % 4 < 2;
  if (isMark) return [226, 226, 218];
  const shade = 78 + (below >> 5) + (hash(u >> 2, v >> 2) & 7);
  return [shade, shade, shade + 4];
}

function inside(u: number, v: number, left: number, top: number, width: number, height: number): boolean {
  return u >= left && u < left + width && v >= top && v < top + height;
}

function hash(a: number, b: number): number {
  let value = Math.imul(a + 0x9e37, 0x85ebca6b) ^ Math.imul(b + 0x79b9, 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 15), 0x27d4eb2f);
  return (value ^ (value >>> 13)) >>> 0;
}

function clampByte(value: number): number {
  return Math.max(0, Math.min(255, value));
}

/**
 * Relative difference that engines may have at the probes. fp32: other kernels, other order of summation, TF32. fp16:
 * sums in half precision on some units. int8: integers that fall to the other side of a rounding step, layer by layer.
 */
export const goldenTolerances: Readonly<Record<Precision, number>> = { fp32: 5e-3, fp16: 3e-2, int8: 1e-1 };

/**
 * The golden output: depth at about `count` pixels spread evenly over the part that has depth, never on its border.
 * @param depthM float32 [1, H, W, 1], metres, from `goldenInput`.
 * @param facts size of the output, precision of the graph (decides the tolerance), and the part it looks at.
 */
export function goldenFromDepth(
  depthM: Float32Array,
  {
    output,
    view,
    precision,
  }: Pick<ModelPackage, 'view' | 'precision'> & { readonly output: Pick<ModelPackage['output'], 'width' | 'height'> },
  count = 64,
): ModelPackage['golden'] {
  const [left, right] = [view?.x ?? 0, view === undefined ? output.width : view.x + view.width];
  const top = Math.max(0, view?.y ?? 0);
  const bottom = Math.min(output.height, view === undefined ? output.height : view.y + view.height);
  const [height, width] = [bottom - top, right - left];
  const rows = Math.max(2, Math.min(height, Math.round(Math.sqrt((count * height) / width))));
  const columns = Math.max(4, Math.min(width, Math.round(count / rows)));
  const probes: { index: number; depthM: number }[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const y = top + Math.floor(((row + 0.5) * height) / rows);
      const x = left + Math.floor(((column + 0.5) * width) / columns);
      const index = y * output.width + x;
      probes.push({ index, depthM: depthM[index]! });
    }
  }
  return { input: 'gradient-v1', probes, tolerance: goldenTolerances[precision] };
}

/** How far an engine's depth is from the golden output. */
export interface GoldenComparison {
  readonly ok: boolean;
  /** Largest |found - expected| / expected over the probes; +Infinity where a probe is not a finite number. */
  readonly maxRelativeDifference: number;
  readonly worst: { readonly index: number; readonly expectedM: number; readonly foundM: number };
  readonly tolerance: number;
}

/**
 * Compares an engine's output for `goldenInput` with the package's golden output; a package without one (a foreign model)
 * is asked whether its depth are finite numbers that differ, and compared with `reference` at every pixel.
 * @param depthM float32 [1, H, W, 1], metres, row-major.
 * @param tolerance relative; the package's own unless an engine of lower precision needs a wider one.
 * @param reference of a package without a golden output: its depth as the plain graph computes it, in the shape of `depthM`.
 * @throws CyclopsError `MODEL_MISMATCH` if the output has another number of pixels than the package says.
 */
export function compareGolden(
  modelPackage: ModelPackage,
  depthM: Float32Array,
  tolerance: number = modelPackage.golden.tolerance,
  reference?: Float32Array,
): GoldenComparison {
  const { height, width, kind } = modelPackage.output;
  if (depthM.length !== height * width) {
    throw new CyclopsError(
      'MODEL_MISMATCH',
      `model ${modelPackage.name}: expected an output of ${width}x${height} = ${width * height} values, found ${depthM.length}`,
    );
  }
  const { probes } = modelPackage.golden;
  if (probes.length > 0) return compareProbes(probes, depthM, kind, tolerance);
  const sense = compareWithSense(depthM, tolerance);
  if (!sense.ok || reference === undefined) return sense;
  return compareProbes(everyPixel(reference), depthM, kind, tolerance);
}

type Probe = ModelPackage['golden']['probes'][number];

function* everyPixel(reference: Float32Array): Generator<Probe> {
  for (const [index, depthM] of reference.entries()) yield { index, depthM };
}

function compareProbes(
  probes: Iterable<Probe>,
  depthM: Float32Array,
  kind: ModelPackage['output']['kind'],
  tolerance: number,
): GoldenComparison {
  let worst = { index: 0, expectedM: Number.NaN, foundM: Number.NaN };
  let maxRelativeDifference = -1;
  for (const { index, depthM: expectedM } of probes) {
    const foundM = depthM[index] ?? Number.NaN;
    // Relative inverse depth ends at 1 and may be 0: differences are shares of its range.
    const found = Math.abs(foundM - expectedM) / (kind === 'relative-inverse-depth' ? 1 : expectedM);
    const difference = Number.isFinite(found) ? found : Number.POSITIVE_INFINITY;
    if (difference > maxRelativeDifference) {
      maxRelativeDifference = difference;
      worst = { index, expectedM, foundM };
    }
  }
  return { ok: maxRelativeDifference <= tolerance, maxRelativeDifference, worst, tolerance };
}

/** Without a golden output, depth is wrong where it is no number, or where a whole road scene has one and the same. */
function compareWithSense(depthM: Float32Array, tolerance: number): GoldenComparison {
  const bad = depthM.findIndex((value) => !Number.isFinite(value));
  const index = Math.max(0, bad);
  const foundM = depthM[index]!;
  const ok = bad < 0 && depthM.some((value) => value !== foundM);
  const maxRelativeDifference = ok ? 0 : Number.POSITIVE_INFINITY;
  return { ok, maxRelativeDifference, worst: { index, expectedM: Number.NaN, foundM }, tolerance };
}
