import type { RgbImage } from '../../../src/geometry/raster.js';

/** The equations of the matching cost once more, pixel by pixel and window by window. */
export function slowCosts(left: RgbImage, right: RgbImage, levels: number): number[] {
  const { width, height } = left;
  const clampX = (x: number): number => Math.min(width - 1, Math.max(0, x));
  const clampY = (y: number): number => Math.min(height - 1, Math.max(0, y));
  const grey = (image: RgbImage, x: number, y: number): number => {
    const [r, g, b] = image.data.subarray((clampY(y) * width + clampX(x)) * 3).subarray(0, 3) as unknown as number[];
    return Math.floor(0.299 * r! + 0.587 * g! + 0.114 * b! + 0.5);
  };
  const edge = (image: RgbImage, x: number, y: number): number => {
    let sum = 0;
    for (const [dy, weight] of [
      [-1, 1],
      [0, 2],
      [1, 1],
    ] as const) {
      sum += weight * (grey(image, clampX(x) + 1, clampY(y) + dy) - grey(image, clampX(x) - 1, clampY(y) + dy));
    }
    return Math.min(63, Math.max(-63, sum)) + 63;
  };
  type Channel = typeof grey;
  const reach = (of: Channel, image: RgbImage, x: number, y: number): [number, number] => {
    const values = [x - 1, x, x + 1].map((at) => Math.floor((of(image, x, y) + of(image, clampX(at), y)) / 2));
    return [Math.min(...values), Math.max(...values)];
  };
  const distance = (value: number, [low, high]: [number, number]): number => Math.max(0, value - high, low - value);
  const difference = (of: Channel, x: number, match: number, y: number): number =>
    Math.min(
      distance(of(left, x, y), reach(of, right, match, y)),
      distance(of(right, match, y), reach(of, left, x, y)),
    );
  const pixelCost = (x: number, y: number, d: number): number =>
    x - d < 0 ? 20 : difference(edge, x, x - d, y) + Math.floor(difference(grey, x, x - d, y) / 4);
  const costs: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let d = 0; d < levels; d++) {
        let sum = 0;
        for (let dy = -2; dy <= 2; dy++) {
          for (let dx = -2; dx <= 2; dx++) sum += pixelCost(clampX(x + dx), clampY(y + dy), d);
        }
        costs.push(Math.floor(sum / 25));
      }
    }
  }
  return costs;
}

/** Sums of path costs by the recursion as it is written, every path followed back from every pixel. */
export function slowSums(
  costs: readonly number[],
  grey: Uint8Array,
  [width, height, levels]: readonly [number, number, number],
  { small, large, largeLeast }: { readonly small: number; readonly large: number; readonly largeLeast: number },
): number[] {
  const sums = costs.map(() => 0);
  for (const dx of [-1, 0, 1]) {
    for (const dy of [-1, 0, 1]) {
      if (dx === 0 && dy === 0) continue;
      const known = new Map<number, number[]>();
      const path = (x: number, y: number): number[] => {
        const i = y * width + x;
        const found = known.get(i);
        if (found !== undefined) return found;
        const own = costs.slice(i * levels, (i + 1) * levels);
        const [px, py] = [x - dx, y - dy];
        const result =
          px < 0 || px >= width || py < 0 || py >= height ? own : own.map(step(path(px, py), i, py * width + px));
        known.set(i, result);
        return result;
      };
      for (let i = 0; i < width * height; i++) {
        for (const [d, cost] of path(i % width, Math.floor(i / width)).entries()) {
          sums[i * levels + d] = sums[i * levels + d]! + cost;
        }
      }
    }
  }
  return sums;

  function step(before: number[], to: number, from: number): (cost: number, d: number) => number {
    const least = Math.min(...before);
    const jump = Math.max(largeLeast, large - Math.abs(grey[to]! - grey[from]!));
    return (cost, d) =>
      cost -
      least +
      Math.min(
        before[d]!,
        (before[d - 1] ?? Number.POSITIVE_INFINITY) + small,
        (before[d + 1] ?? Number.POSITIVE_INFINITY) + small,
        least + jump,
      );
  }
}
