import { CyclopsError } from '../base/errors.js';
import type { StereoSample, StereoSource } from '../data/sample.js';
import { depthFromDisparity } from '../geometry/disparity.js';
import type { FloatMap, MaskMap } from '../geometry/raster.js';
import { createMaskMap } from '../geometry/raster.js';
import type { DepthMetrics, DisparityErrors, DisparityMetrics, RangeSum } from './metrics.js';
import {
  addDisparityErrors,
  depthMetrics,
  disparityErrors,
  disparityMetrics,
  meanDepthMetrics,
  rangeSums,
} from './metrics.js';
import { densityOf, fillMissing } from './protocols/kitti-2015.js';
import type { Crop } from './protocols/single-image.js';
import { clipDepth, depthMask } from './protocols/single-image.js';

/** Gives the left view's disparity of a pair, px at the image's own width, NaN = none. */
export type Predict = (sample: StereoSample) => Promise<FloatMap>;

/** How predictions are measured. */
export interface EvaluationOptions {
  /** `all`: every pixel with truth; `noc`: only those that the right camera sees too. */
  readonly pixels: 'all' | 'noc';
  /** Depth beyond does not count, metres; 80 in nearly all tables. */
  readonly maxDepthM: number;
  readonly crop: Crop;
  /** Pairs to take from the front of the source; all unless given. */
  readonly count?: number;
  /** Called after each pair, for progress and pictures; `filled` is the prediction without gaps. */
  readonly onImage?: (sample: StereoSample, filled: FloatMap, result: ImageEvaluation) => Promise<void> | void;
}

/** The figures of one pair. */
export interface ImageEvaluation {
  readonly id: string;
  /** Absent where no truth lies within the depth cap and crop. */
  readonly depth?: DepthMetrics;
  readonly disparity: DisparityErrors;
  /** Share of the measured pixels that had a prediction before gaps were filled, 0..1. */
  readonly density: number;
  readonly ranges: readonly RangeSum[];
}

/** The figures of a whole source. Depth: mean over images; disparity and ranges: over all pixels of all images. */
export interface Evaluation {
  readonly pixels: 'all' | 'noc';
  readonly maxDepthM: number;
  readonly crop: Crop;
  readonly fingerprint: string;
  readonly images: readonly ImageEvaluation[];
  /** Pairs that could not count, with the reason: no truth, or nothing known about visibility. */
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
}

/** Edges of the depth slices, metres. */
const rangeEdgesM = [0, 10, 20, 40, 80] as const;

/**
 * Measures a predictor on every pair of a source, one at a time. Gaps of a prediction are filled as KITTI's development
 * kit does, so that leaving out hard pixels never pays.
 * @throws CyclopsError of the source; `IMAGE_SIZE_MISMATCH` for a prediction of another size; `DATA_INVALID` if no
 * pair has truth that counts.
 */
export async function evaluateDisparity(
  source: StereoSource,
  predict: Predict,
  options: EvaluationOptions,
): Promise<Evaluation> {
  const images: ImageEvaluation[] = [];
  const skipped: { id: string; reason: string }[] = [];
  const count = Math.min(source.length, options.count ?? source.length);
  for (let index = 0; index < count; index++) {
    const sample = await source.read(index);
    const mask = truthMask(sample, options.pixels);
    if (typeof mask === 'string') {
      skipped.push({ id: sample.id, reason: mask });
      continue;
    }
    const predicted = await predict(sample);
    assertImageSize(sample, predicted);
    const filled = fillMissing(predicted);
    const result = evaluateImage(sample, predicted, filled, mask, options);
    images.push(result);
    await options.onImage?.(sample, filled, result);
  }
  if (images.length === 0) {
    const reasons = [...new Set(skipped.map(({ reason }) => reason))].join('; ');
    throw new CyclopsError('DATA_INVALID', `none of ${count} pairs can be measured: ${reasons}`);
  }
  return summarize(images, skipped, source.fingerprint, options);
}

/** The pixels with truth, or why there are none. */
function truthMask(sample: StereoSample, pixels: 'all' | 'noc'): MaskMap | string {
  const { disparityLeft, visibleLeft } = sample;
  if (disparityLeft === undefined) return 'no ground-truth disparity';
  if (pixels === 'noc' && visibleLeft === undefined)
    return 'nothing known about which pixels are visible in both views';
  const mask = createMaskMap(disparityLeft.width, disparityLeft.height);
  for (let i = 0; i < mask.data.length; i++) {
    if (disparityLeft.data[i]! > 0 && (pixels === 'all' || visibleLeft?.data[i] === 1)) mask.data[i] = 1;
  }
  return mask.data.includes(1) ? mask : 'no pixel with ground truth';
}

function assertImageSize(sample: StereoSample, predicted: FloatMap): void {
  const { width, height } = sample.left;
  if (predicted.width === width && predicted.height === height) return;
  throw new CyclopsError(
    'IMAGE_SIZE_MISMATCH',
    `prediction for ${sample.origin}: expected ${width}x${height} like the image, found ${predicted.width}x${predicted.height}`,
  );
}

function evaluateImage(
  sample: StereoSample,
  predicted: FloatMap,
  filled: FloatMap,
  mask: MaskMap,
  options: EvaluationOptions,
): ImageEvaluation {
  const truth = sample.disparityLeft!;
  const truthM = depthFromDisparity(truth, sample.camera);
  const predictedM = clipDepth(depthFromDisparity(filled, sample.camera), options.maxDepthM);
  const counted = depthMask(truthM, options);
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i] === 0) counted.data[i] = 0;
  const depth = depthMetrics(truthM.data, predictedM.data, counted.data);
  return {
    id: sample.id,
    ...(depth === undefined ? {} : { depth }),
    disparity: disparityErrors(truth.data, filled.data, mask.data),
    density: densityOf(predicted, mask.data),
    ranges: rangeSums(truthM.data, predictedM.data, counted.data, rangeEdgesM),
  };
}

function summarize(
  images: readonly ImageEvaluation[],
  skipped: Evaluation['skipped'],
  fingerprint: string,
  options: EvaluationOptions,
): Evaluation {
  const ranges = rangeEdgesM.slice(1).map((toM, index) => {
    const slices = images.map((image) => image.ranges[index]!);
    const pixels = slices.reduce((sum, slice) => sum + slice.pixels, 0);
    const sumAbsRel = slices.reduce((sum, slice) => sum + slice.sumAbsRel, 0);
    return { fromM: rangeEdgesM[index]!, toM, pixels, absRel: sumAbsRel / pixels };
  });
  return {
    pixels: options.pixels,
    maxDepthM: options.maxDepthM,
    crop: options.crop,
    fingerprint,
    images,
    skipped,
    depth: meanDepthMetrics(images.flatMap(({ depth }) => (depth === undefined ? [] : [depth]))),
    disparity: disparityMetrics(addDisparityErrors(images.map(({ disparity }) => disparity))),
    density: images.reduce((sum, image) => sum + image.density, 0) / images.length,
    ranges,
  };
}
