import type { FloatMap } from '../raster.js';
import type { CostVolume } from './matching-cost.js';

/** Sums over all paths, laid out as the costs they were made of. */
export interface PathSums {
  readonly width: number;
  readonly height: number;
  readonly levels: number;
  readonly data: Uint16Array;
}

/** Steps (dx, dy) of the paths: along rows, columns and both diagonals, both ways. */
const directions = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const;

/** Above every sum of a path, for places beside the range of disparities. */
const unreachable = 1 << 20;

/** What the prior may cost. */
export interface PriorRule {
  /** Cost of leaving the prior altogether where its confidence is 1. */
  readonly penalty: number;
  /** So far from the prior nothing is charged: the match alone decides within, px. */
  readonly free: number;
  /** So far beyond, the whole penalty is charged and more is never: px. */
  readonly slope: number;
}

/**
 * Adds to every cost what it takes to leave the prior: confidence * penalty * clamp((|d - prior| - free) / slope, 0, 1),
 * rounded. Bounded, so that a clear match wins against a prior that is wrong. Nothing where the prior is unknown.
 */
export function addPrior(costs: CostVolume, prior: FloatMap, confidence: FloatMap, rule: PriorRule): void {
  const { levels, data } = costs;
  for (let i = 0; i < prior.data.length; i++) {
    const expected = prior.data[i]!;
    const step = (confidence.data[i]! * rule.penalty) / rule.slope;
    if (!(step > 0) || Number.isNaN(expected)) continue;
    const at = i * levels;
    for (let d = 0; d < levels; d++) {
      const beyond = Math.min(rule.slope, Math.max(0, Math.abs(d - expected) - rule.free));
      data[at + d] = data[at + d]! + ((step * beyond + 0.5) | 0);
    }
  }
}

/** What changes of disparity along a path cost. */
export interface Smoothness {
  /** A change by one px. */
  readonly small: number;
  /** Any larger change, less the step of brightness (0..255) that it coincides with ... */
  readonly large: number;
  /** ... but at least this. */
  readonly largeLeast: number;
}

/**
 * Semi-global aggregation (Hirschmüller, PAMI 2008, equations 11 to 14) along eight paths.
 * @param grey brightness of the left image, H*W: disparity may jump where it does.
 */
export function aggregatePaths(costs: CostVolume, grey: Uint8Array, smoothness: Smoothness): PathSums {
  const { width, height, levels } = costs;
  const sums = new Uint16Array(costs.data.length);
  // Path costs of this row and the one before, a place more on both sides of every pixel's range.
  const stride = levels + 2;
  const pathRows = [new Int32Array(width * stride), new Int32Array(width * stride)] as const;
  for (const row of pathRows) row.fill(unreachable);
  const least = [new Int32Array(width), new Int32Array(width)] as const;

  for (const [dx, dy] of directions) {
    for (let line = 0; line < height; line++) {
      const y = dy >= 0 ? line : height - 1 - line;
      const now = line % 2 === 0 ? 0 : 1;
      const before = dy === 0 ? now : now === 0 ? 1 : 0;
      const hasRow = dy === 0 || line > 0;
      for (let step = 0; step < width; step++) {
        const x = dx >= 0 ? step : width - 1 - step;
        const i = y * width + x;
        const fromX = x - dx;
        if (!hasRow || fromX < 0 || fromX >= width) {
          least[now][x] = beginPath(costs.data, i * levels, pathRows[now], x * stride + 1, levels, sums);
          continue;
        }
        const jump = Math.abs(grey[i]! - grey[i - dy * width - dx]!);
        const large = Math.max(smoothness.largeLeast, smoothness.large - jump);
        least[now][x] = stepPath(
          costs.data,
          i * levels,
          pathRows[before],
          fromX * stride + 1,
          pathRows[now],
          x * stride + 1,
          levels,
          sums,
          least[before][fromX]!,
          smoothness.small,
          large,
        );
      }
    }
  }
  return { width, height, levels, data: sums };
}

/** The first pixel of a path. @returns the least of its costs. */
function beginPath(
  costs: Uint8Array,
  at: number,
  path: Int32Array,
  to: number,
  levels: number,
  sums: Uint16Array,
): number {
  let least = unreachable;
  for (let d = 0; d < levels; d++) {
    const cost = costs[at + d]!;
    path[to + d] = cost;
    sums[at + d] = sums[at + d]! + cost;
    if (cost < least) least = cost;
  }
  return least;
}

/** One pixel further: C(d) + min(L(d), L(d +- 1) + small, min L + large) - min L. @returns the least of its path costs. */
function stepPath(
  costs: Uint8Array,
  at: number,
  previous: Int32Array,
  from: number,
  path: Int32Array,
  to: number,
  levels: number,
  sums: Uint16Array,
  previousLeast: number,
  small: number,
  large: number,
): number {
  const most = previousLeast + large;
  let least = unreachable;
  let below = previous[from - 1]! + small;
  let own = previous[from]!;
  for (let d = 0; d < levels; d++) {
    const above = previous[from + d + 1]!;
    const cost = Math.min(own, most, below, above + small) - previousLeast + costs[at + d]!;
    path[to + d] = cost;
    sums[at + d] = sums[at + d]! + cost;
    if (cost < least) least = cost;
    below = own + small;
    own = above;
  }
  return least;
}
