import { createMaskMap, type FloatMap, type MaskMap, type RgbImage } from '../raster.js';
import { greyOf, matchingCost } from './matching-cost.js';
import { median5x5, medianOfThree, rejectSpeckles } from './regions.js';
import { addPrior, aggregatePaths, type PathSums } from './semi-global.js';

/** What decides a refinement beside the images and the network; stands in labels.json. */
export const refinementSettings = {
  version: 1,
  /** Leaving what the network says: little beside a clear match, much where nothing can be matched. */
  prior: { penalty: 3, free: 3, slope: 5 },
  smoothness: { small: 4, large: 60, largeLeast: 20 },
  /** Both views' matches may differ by this, px. */
  agreementPx: 1,
  /** Accepted matches must hang together, by steps of at most stepPx, over so many pixels. */
  speckle: { pixels: 100, stepPx: 2 },
  /** Disparities that are looked at: this share of the width, beyond the network's largest by so much; at most so many. */
  reach: { ofWidth: 0.1, ofLargest: 1.25, morePx: 16, most: 256 },
} as const;

/** A pair and what a network says about its left view, all of one size. */
export interface RefinementInput {
  readonly left: RgbImage;
  readonly right: RgbImage;
  /** Left disparity, px; NaN = unknown. */
  readonly disparity: FloatMap;
  /** How much of the prior's penalty counts, 0..1. */
  readonly confidence: FloatMap;
}

/** A refined left view. */
export interface RefinedDisparity {
  /** px, known everywhere. */
  readonly disparity: FloatMap;
  /** 1 where the images were matched; elsewhere the value is a guess of match, surroundings and network together. */
  readonly matched: MaskMap;
}

/**
 * Matches a pair again at full size, with a network's disparity as prior: semi-global matching in which leaving the
 * network costs a bounded penalty by its confidence. The network decides where nothing can be matched; the match decides
 * where it is clear, also against the network, and below the pixel everywhere. A match that does not hold from the right
 * view, or is a speckle, is replaced by the median of three: itself, the farther of the row's accepted neighbours, and the
 * network. A 5x5 median ends it. Deterministic; memory 3 bytes * width * height * disparities looked at, and little more.
 */
export function refineDisparity({ left, right, disparity, confidence }: RefinementInput): RefinedDisparity {
  const { width, height } = left;
  const costs = matchingCost(left, right, levelsFor(disparity));
  addPrior(costs, disparity, confidence, refinementSettings.prior);
  const sums = aggregatePaths(costs, greyOf(left), refinementSettings.smoothness);
  const { match, matched } = chooseMatches(sums);
  rejectSpeckles(match, matched, refinementSettings.speckle);
  return { disparity: median5x5({ width, height, data: filled(match, matched, disparity) }), matched };
}

/** How many whole disparities are looked at: also beyond the network's largest, for what stands nearer than it saw. */
function levelsFor({ width, data }: FloatMap): number {
  const { ofWidth, ofLargest, morePx, most } = refinementSettings.reach;
  let largest = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! > largest) largest = data[i]!;
  const wanted = Math.max(width * ofWidth, largest * ofLargest + morePx);
  return Math.min(most, width, Math.ceil(wanted));
}

/** The best disparity of each pixel, and whether the right pixel it leads to leads back. */
function chooseMatches({ width, height, levels, data }: PathSums): {
  readonly match: FloatMap;
  readonly matched: MaskMap;
} {
  const match = new Float32Array(width * height);
  const matched = createMaskMap(width, height);
  const best = new Int32Array(width);
  const bestOfRight = new Int32Array(width);
  const leastOfRight = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    leastOfRight.fill(0x7fffffff);
    for (let x = 0; x < width; x++) {
      const at = (row + x) * levels;
      let chosen = 0;
      for (let d = 0; d < levels; d++) {
        const sum = data[at + d]!;
        if (sum < data[at + chosen]!) chosen = d;
        const matchX = x - d;
        // The right view's costs are the same ones, read along its own pixels; of equal ones the smallest disparity.
        if (matchX >= 0 && sum < leastOfRight[matchX]!) {
          leastOfRight[matchX] = sum;
          bestOfRight[matchX] = d;
        }
      }
      best[x] = chosen;
      match[row + x] = chosen + belowPixel(data, at, chosen, levels);
    }
    for (let x = 0; x < width; x++) {
      const matchX = x - best[x]!;
      if (matchX < 0) continue;
      if (Math.abs(bestOfRight[matchX]! - best[x]!) <= refinementSettings.agreementPx) matched.data[row + x] = 1;
    }
  }
  return { match: { width, height, data: match }, matched };
}

/** Where between its neighbours the least sum lies, -0.5..0.5: two lines of equal and opposite slope through the three. */
function belowPixel(sums: Uint16Array, at: number, chosen: number, levels: number): number {
  if (chosen === 0 || chosen === levels - 1) return 0;
  const before = sums[at + chosen - 1]!;
  const after = sums[at + chosen + 1]!;
  const depth = Math.max(before, after) - sums[at + chosen]!;
  return depth > 0 ? (before - after) / (2 * depth) : 0;
}

/** Accepted matches, and medians of three where there are none. */
function filled(match: FloatMap, matched: MaskMap, prior: FloatMap): Float32Array {
  const { width, height } = match;
  const data = match.data.slice();
  const nextKnown = new Float32Array(width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let known = Number.NaN;
    for (let x = width - 1; x >= 0; x--) {
      if (matched.data[row + x] === 1) known = match.data[row + x]!;
      nextKnown[x] = known;
    }
    known = Number.NaN;
    for (let x = 0; x < width; x++) {
      const i = row + x;
      if (matched.data[i] === 1) {
        known = match.data[i]!;
        continue;
      }
      const far = smallerKnown(known, nextKnown[x]!);
      const around = Number.isNaN(far) ? match.data[i]! : far;
      const told = Number.isNaN(prior.data[i]!) ? around : prior.data[i]!;
      data[i] = medianOfThree(match.data[i]!, around, told);
    }
  }
  return data;
}

function smallerKnown(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.min(a, b);
}
