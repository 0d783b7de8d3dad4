import { CyclopsError } from '../base/errors.js';
import type { StereoSource, ViewSample } from '../data/sample.js';
import { depthFromDisparity } from '../geometry/disparity.js';
import type { FloatMap, MaskMap } from '../geometry/raster.js';
import { createMaskMap } from '../geometry/raster.js';
import type { DepthRules } from './depth-mask.js';
import { clipDepth, depthMask } from './depth-mask.js';
import { densityOf, emptyReason, fillMissing } from './fill-missing.js';
import type { DepthMetrics, DisparityErrors, DisparityMetrics, RangeSum } from './metrics.js';
import {
  addDisparityErrors,
  depthMetrics,
  disparityErrors,
  disparityMetrics,
  meanDepthMetrics,
  rangeSums,
} from './metrics.js';
import { medianRatio, ratioSpread, sampleNearest } from './scaling.js';

/** Gives the left view's disparity of a pair, px at the image's own width, NaN = none. */
export type Predict = (sample: ViewSample) => Promise<FloatMap>;

/** What counts, and how. */
export interface Rules extends DepthRules {
  /** `all`: every pixel with truth; `noc`: only those that the right camera sees too. */
  readonly pixels: 'all' | 'noc';
  /** `median`: each image's prediction is multiplied by median(truth) / median(prediction) first; `none` unless given. */
  readonly scaling?: 'none' | 'median';
}

/** How a source is gone through. */
export interface WalkOptions {
  /** Pairs to take from the front of the source; all unless given. */
  readonly count?: number;
  /** `left`: predictions need no right view, so that it need not exist; `both` unless given. */
  readonly views?: 'both' | 'left';
  /** Called after each pair, whether it counts or not. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called after each pair that counts, for images; `filled` is the prediction without gaps, `results` one a rule. */
  readonly onImage?: (
    sample: ViewSample,
    filled: FloatMap,
    results: readonly (ImageEvaluation | undefined)[],
  ) => Promise<void> | void;
}

/** The metrics of one pair. */
export interface ImageEvaluation {
  readonly id: string;
  /** Absent where no truth lies within the depth cap and crop. */
  readonly depth?: DepthMetrics;
  readonly disparity: DisparityErrors;
  /** Share of the measured pixels that had a prediction before gaps were filled, 0..1. */
  readonly density: number;
  readonly ranges: readonly RangeSum[];
  /** What depth was multiplied by; absent without scaling. */
  readonly scale?: number;
}

/** The metrics of a whole source. Depth: mean over images; disparity and ranges: over all pixels of all images. */
export interface Evaluation extends Rules {
  readonly fingerprint: string;
  readonly images: readonly ImageEvaluation[];
  /** Pairs that could not count, with the reason: no truth, nothing known about visibility, nothing predicted. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  readonly depth: DepthMetrics;
  readonly disparity: DisparityMetrics;
  /** Mean over images of `ImageEvaluation.density`. */
  readonly density: number;
  readonly ranges: readonly {
    readonly fromM: number;
    readonly toM: number;
    readonly pixels: number;
    readonly absRel: number;
  }[];
  /** Median and relative spread of the factors of median scaling. */
  readonly scale?: { readonly median: number; readonly spread: number };
}

/** Edges of the depth slices, metres. */
const rangeEdgesM = [0, 10, 20, 40, 80] as const;

/**
 * Measures a predictor on every pair of a source, one at a time, by one set of rules; see `evaluateByRules`.
 * @throws CyclopsError as `evaluateByRules`.
 */
export async function evaluateDisparity(
  source: StereoSource,
  predict: Predict,
  options: Rules & WalkOptions,
): Promise<Evaluation> {
  const { count, views, onImage, onProgress, ...rules } = options;
  const walk = {
    ...(count === undefined ? {} : { count }),
    ...(views === undefined ? {} : { views }),
    ...(onImage === undefined ? {} : { onImage }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  return (await evaluateByRules(source, predict, [rules], walk))[0]!;
}

/**
 * Measures a predictor on every pair of a source, one at a time, by several sets of rules at once: every pair is read and
 * predicted once. Gaps of a prediction are filled as KITTI's development kit does, so that leaving out hard pixels never
 * pays; an image of which nothing at all was predicted is skipped, and said to be.
 * @returns one evaluation a set of rules; one that no pair has truth for has no images.
 * @throws CyclopsError of the source; `IMAGE_SIZE_MISMATCH` for a prediction of another size; `DATA_INVALID` if no
 * pair has truth that counts by any of the rules and a prediction.
 */
export async function evaluateByRules(
  source: StereoSource,
  predict: Predict,
  rules: readonly Rules[],
  options: WalkOptions = {},
): Promise<Evaluation[]> {
  const images: ImageEvaluation[][] = rules.map(() => []);
  const skipped: { id: string; reason: string }[][] = rules.map(() => []);
  const count = Math.min(source.length, options.count ?? source.length);
  for (let index = 0; index < count; index++) {
    if (index > 0) options.onProgress?.(index, count);
    const sample =
      options.views === 'left' && source.readView !== undefined
        ? await source.readView(index)
        : await source.read(index);
    const masks = rules.map((rule) => truthMasks(sample, rule.pixels));
    for (const [r, mask] of masks.entries()) {
      if (typeof mask === 'string') skipped[r]!.push({ id: sample.id, reason: mask });
    }
    if (masks.every((mask) => typeof mask === 'string')) continue;
    const predicted = await predict(sample);
    assertImageSize(sample, predicted);
    const leastPx = leastDisparity(sample);
    const empty = emptyReason(predicted, leastPx);
    if (empty !== undefined) {
      // What would be measured here is the filling alone.
      for (const [r, mask] of masks.entries()) {
        if (typeof mask !== 'string') skipped[r]!.push({ id: sample.id, reason: empty });
      }
      continue;
    }
    const filled = fillMissing(predicted, leastPx);
    const results = rules.map((rule, r) => {
      const mask = masks[r]!;
      if (typeof mask === 'string') return undefined;
      const result = evaluateImage(sample, predicted, filled, mask, rule);
      images[r]!.push(result);
      return result;
    });
    await options.onImage?.(sample, filled, results);
  }
  options.onProgress?.(count, count);
  if (images.every((list) => list.length === 0)) {
    const reasons = [...new Set(skipped.flat().map(({ reason }) => reason))].join('; ');
    throw new CyclopsError('DATA_INVALID', `none of ${count} pairs can be measured: ${reasons}`);
  }
  return rules.map((rule, r) => summarize(images[r]!, skipped[r]!, source.fingerprint, rule));
}

/** The truth of one image and what of it counts. */
interface TruthMasks {
  /** Metres, of its own size. */
  readonly depthM: FloatMap;
  /** Of the size of `depthM`: whether a pixel may count at all, before cap and crop. */
  readonly depth: MaskMap;
  /** Of the image's size; empty where the source knows no disparity. */
  readonly disparity: MaskMap;
}

/** The pixels with truth, or why there are none. */
function truthMasks(sample: ViewSample, pixels: 'all' | 'noc'): TruthMasks | string {
  const { disparityLeft, depthLeft, visibleLeft } = sample;
  const depthM =
    depthLeft ?? (disparityLeft === undefined ? undefined : depthFromDisparity(disparityLeft, sample.camera));
  if (depthM === undefined) return 'no ground truth';
  if (pixels === 'noc' && visibleLeft === undefined)
    return 'nothing known about which pixels are visible in both views';
  const counts = (map: FloatMap): MaskMap => {
    const mask = createMaskMap(map.width, map.height);
    for (let i = 0; i < mask.data.length; i++) {
      if (map.data[i]! > 0 && (pixels === 'all' || visibleLeft?.data[i] === 1)) mask.data[i] = 1;
    }
    return mask;
  };
  const disparity =
    disparityLeft === undefined ? createMaskMap(sample.left.width, sample.left.height) : counts(disparityLeft);
  const depth = depthLeft === undefined ? disparity : counts(depthLeft);
  return depth.data.includes(1) ? { depthM, depth, disparity } : 'no pixel with ground truth';
}

/** Disparity of what is infinitely far, px: below 0 where the principal points of the two cameras differ. */
function leastDisparity({ camera }: ViewSample): number {
  return Math.min(0, -camera.doffsPx);
}

function assertImageSize(sample: ViewSample, predicted: FloatMap): void {
  const { width, height } = sample.left;
  if (predicted.width === width && predicted.height === height) return;
  throw new CyclopsError(
    'IMAGE_SIZE_MISMATCH',
    `prediction for ${sample.origin}: expected ${width}x${height} like the image, found ${predicted.width}x${predicted.height}`,
  );
}

function evaluateImage(
  sample: ViewSample,
  predicted: FloatMap,
  filled: FloatMap,
  { depthM, depth: mask, disparity: disparityMask }: TruthMasks,
  rules: Rules,
): ImageEvaluation {
  const counted = depthMask(depthM, rules);
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i] === 0) counted.data[i] = 0;
  const unscaled = sampleNearest(depthFromDisparity(filled, sample.camera), depthM.width, depthM.height);
  const scale = rules.scaling === 'median' ? medianRatio(depthM.data, unscaled.data, counted.data) : undefined;
  const scaled = scale === undefined ? unscaled : { ...unscaled, data: unscaled.data.map((z) => z * scale) };
  const predictedM = clipDepth(scaled, rules.maxDepthM);
  const depth = depthMetrics(depthM.data, predictedM.data, counted.data);
  const truth = sample.disparityLeft ?? filled;
  return {
    id: sample.id,
    ...(depth === undefined ? {} : { depth }),
    disparity: disparityErrors(truth.data, filled.data, disparityMask.data, sample.foregroundLeft?.data),
    density: densityOf(predicted, disparityMask.data, leastDisparity(sample)),
    ranges: rangeSums(depthM.data, predictedM.data, counted.data, rangeEdgesM),
    ...(scale === undefined ? {} : { scale }),
  };
}

function summarize(
  images: readonly ImageEvaluation[],
  skipped: Evaluation['skipped'],
  fingerprint: string,
  rules: Rules,
): Evaluation {
  const ranges = rangeEdgesM.slice(1).map((toM, index) => {
    const slices = images.map((image) => image.ranges[index]!);
    const pixels = slices.reduce((sum, slice) => sum + slice.pixels, 0);
    const sumAbsRel = slices.reduce((sum, slice) => sum + slice.sumAbsRel, 0);
    return { fromM: rangeEdgesM[index]!, toM, pixels, absRel: sumAbsRel / pixels };
  });
  const scales = images.flatMap(({ scale }) => (scale === undefined ? [] : [scale]));
  return {
    ...rules,
    fingerprint,
    images,
    skipped,
    depth: meanDepthMetrics(images.flatMap(({ depth }) => (depth === undefined ? [] : [depth]))),
    disparity: disparityMetrics(addDisparityErrors(images.map(({ disparity }) => disparity))),
    density: images.reduce((sum, image) => sum + image.density, 0) / images.length,
    ranges,
    ...(scales.length === 0 ? {} : { scale: ratioSpread(scales) }),
  };
}
