// The loss of Goldman et al., CVPRW 2019, the slow way: loops over plain numbers in double precision, from the paper's
// definition, one pair at a time.

/** Rows of pixels of channels. */
export type Pixels = readonly (readonly (readonly number[])[])[];

/** One pair and both views' disparities at their own sizes, finest first, as fractions of the width, neither mirrored. */
export interface ReferencePair {
  readonly left: Pixels;
  readonly right: Pixels;
  readonly leftNorms: readonly Pixels[];
  readonly rightNorms: readonly Pixels[];
}

/** The weighted terms of each view, summed over scales. */
export interface ReferenceTerms {
  readonly photometric: readonly [left: number, right: number];
  readonly smoothness: readonly [left: number, right: number];
  readonly consistency: readonly [left: number, right: number];
}

export function referenceLoss({ left, right, leftNorms, rightNorms }: ReferencePair): ReferenceTerms {
  const photometric: [number, number] = [0, 0];
  const smoothness: [number, number] = [0, 0];
  const consistency: [number, number] = [0, 0];
  for (const [s, leftNorm] of leftNorms.entries()) {
    const rightNorm = rightNorms[s]!;
    const factor = left.length / leftNorm.length;
    const [smallLeft, smallRight] = [averaged(left, factor), averaged(right, factor)];
    const rebuiltLeft = shifted(smallRight, leftNorm, -1);
    const rebuiltRight = shifted(smallLeft, rightNorm, +1);
    photometric[0] += 0.85 * ssimDistance(rebuiltLeft, smallLeft) + 0.15 * meanDifference(rebuiltLeft, smallLeft);
    photometric[1] += 0.85 * ssimDistance(rebuiltRight, smallRight) + 0.15 * meanDifference(rebuiltRight, smallRight);
    smoothness[0] += (0.1 * totalVariation(leftNorm)) / 2 ** s;
    smoothness[1] += (0.1 * totalVariation(rightNorm)) / 2 ** s;
    consistency[0] += meanDifference(leftNorm, shifted(rightNorm, leftNorm, -1));
    consistency[1] += meanDifference(rightNorm, shifted(leftNorm, rightNorm, +1));
  }
  return { photometric, smoothness, consistency };
}

/** Mean of squares of `factor` x `factor` pixels. */
function averaged(image: Pixels, factor: number): Pixels {
  return grid(image.length / factor, image[0]!.length / factor, (y, x) =>
    image[0]![0]!.map((_, c) => {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++) {
        for (let dx = 0; dx < factor; dx++) sum += image[y * factor + dy]![x * factor + dx]![c]!;
      }
      return sum / factor ** 2;
    }),
  );
}

/** out(y, x) = source(y, x + sign * norm(y, x) * width), linear between pixels, zeros all around the image. */
export function shifted(source: Pixels, norm: Pixels, sign: 1 | -1): Pixels {
  const width = source[0]!.length;
  return grid(source.length, width, (y, x) => {
    const at = x + sign * norm[y]![x]![0]! * width;
    const first = Math.floor(at);
    return source[0]![0]!.map((_, c) => {
      const value = (column: number): number => source[y]![column]?.[c] ?? 0;
      return value(first) * (first + 1 - at) + value(first + 1) * (at - first);
    });
  });
}

/** (1 - SSIM) / 2 under an 11x11 Gaussian window, wherever it lies wholly inside, the mean clamped to 0..1. */
export function ssimDistance(a: Pixels, b: Pixels): number {
  const weights: { dy: number; dx: number; weight: number }[] = [];
  let weightSum = 0;
  for (let dy = -5; dy <= 5; dy++) {
    for (let dx = -5; dx <= 5; dx++) {
      const weight = Math.exp(-(dy * dy + dx * dx) / (2 * 1.5 * 1.5));
      weights.push({ dy, dx, weight });
      weightSum += weight;
    }
  }
  const [height, width, channels] = [a.length, a[0]!.length, a[0]![0]!.length];
  let sum = 0;
  let count = 0;
  for (let y = 5; y < height - 5; y++) {
    for (let x = 5; x < width - 5; x++) {
      for (let c = 0; c < channels; c++) {
        const expect = (value: (p: number, q: number) => number): number =>
          weights.reduce(
            (total, { dy, dx, weight }) => total + weight * value(a[y + dy]![x + dx]![c]!, b[y + dy]![x + dx]![c]!),
            0,
          ) / weightSum;
        const meanA = expect((p) => p);
        const meanB = expect((_, q) => q);
        const varianceA = expect((p) => (p - meanA) ** 2);
        const varianceB = expect((_, q) => (q - meanB) ** 2);
        const covariance = expect((p, q) => (p - meanA) * (q - meanB));
        sum +=
          ((2 * meanA * meanB + 1e-4) * (2 * covariance + 9e-4)) /
          ((meanA ** 2 + meanB ** 2 + 1e-4) * (varianceA + varianceB + 9e-4));
        count++;
      }
    }
  }
  return Math.min(1, Math.max(0, (1 - sum / count) / 2));
}

function meanDifference(a: Pixels, b: Pixels): number {
  let sum = 0;
  let count = 0;
  for (const [y, row] of a.entries()) {
    for (const [x, pixel] of row.entries()) {
      for (const [c, value] of pixel.entries()) {
        sum += Math.abs(value - b[y]![x]![c]!);
        count++;
      }
    }
  }
  return sum / count;
}

/** Mean slope along x plus mean slope along y. */
function totalVariation(map: Pixels): number {
  const [height, width] = [map.length, map[0]!.length];
  let alongX = 0;
  let alongY = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x > 0) alongX += Math.abs(map[y]![x]![0]! - map[y]![x - 1]![0]!);
      if (y > 0) alongY += Math.abs(map[y]![x]![0]! - map[y - 1]![x]![0]!);
    }
  }
  return alongX / (height * (width - 1)) + alongY / ((height - 1) * width);
}

/** Mirrored left to right. */
export function mirrored(image: Pixels): Pixels {
  return grid(image.length, image[0]!.length, (y, x) => image[y]![image[0]!.length - 1 - x]!);
}

/** An image of a function of row and column. */
export function grid(height: number, width: number, pixel: (y: number, x: number) => readonly number[]): Pixels {
  return Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => pixel(y, x)));
}
