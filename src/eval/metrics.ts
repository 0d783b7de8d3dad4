/**
 * Errors of one image's depth against ground truth, over the pixels of a mask. g is the truth, p the prediction, both
 * metres; every mean is over pixels (Eigen et al. 2014; KITTI's single-image benchmark for SILog).
 */
export interface DepthMetrics {
  /** mean |g - p| / g. */
  readonly absRel: number;
  /** mean (g - p)^2 / g, metres. */
  readonly sqRel: number;
  /** sqrt of mean (g - p)^2, metres. */
  readonly rmse: number;
  /** sqrt of mean (ln g - ln p)^2. */
  readonly rmseLog: number;
  /** 100 sqrt(mean D^2 - (mean D)^2) with D = ln g - ln p: what is left of the log error when the scale is right. */
  readonly silog: number;
  /** 100 mean (g - p)^2 / g^2, percent: KITTI's "sqErrorRel", which divides by g^2 where `sqRel` divides by g. */
  readonly sqErrorRel: number;
  /** 1000 sqrt(mean (1/g - 1/p)^2), 1/km: KITTI's "iRMSE". */
  readonly iRmse: number;
  /** mean |log10 g - log10 p|. */
  readonly log10: number;
  /** sqrt of mean (log10 g - log10 p)^2: what Monodepth2's Make3D table calls log10. */
  readonly log10Rms: number;
  /** Shares of pixels with max(g / p, p / g) strictly below 1.25, 1.25^2, 1.25^3. */
  readonly delta1: number;
  readonly delta2: number;
  readonly delta3: number;
}

/**
 * Errors of disparity, over one image or added up over many: sums and counts, so that a total weighs pixels alike, as
 * KITTI's development kit does.
 */
export interface DisparityErrors {
  readonly pixels: number;
  /** Sum of |d - g|, px. */
  readonly sumAbsPx: number;
  /** Pixels with |d - g| > 3 px and |d - g| > 0.05 g: the outliers of KITTI 2015 (D1). */
  readonly outliers: number;
  /** Pixels with |d - g| above 1, 2 and 3 px. */
  readonly above1Px: number;
  readonly above2Px: number;
  readonly above3Px: number;
  /** The same outliers on moving objects and beside them; all 0 where a data set does not tell objects apart. */
  readonly foregroundPixels: number;
  readonly foregroundOutliers: number;
  readonly backgroundPixels: number;
  readonly backgroundOutliers: number;
}

/** The same as rates: what tables show. */
export interface DisparityMetrics {
  readonly pixels: number;
  /** End-point error: mean |d - g|, px. */
  readonly epePx: number;
  /** Shares of pixels, 0..1. */
  readonly d1: number;
  /** Of moving objects and of the rest; NaN where nothing was counted. */
  readonly d1Fg: number;
  readonly d1Bg: number;
  readonly bad1: number;
  readonly bad2: number;
  readonly bad3: number;
}

/** Abs Rel over a slice of true depth, [fromM, toM). */
export interface RangeSum {
  readonly fromM: number;
  readonly toM: number;
  readonly pixels: number;
  readonly sumAbsRel: number;
}

/**
 * @param truthM H*W metres.
 * @param predictedM H*W metres, above 0 wherever the mask is.
 * @param mask H*W, 1 = counts.
 * @returns undefined where the mask is empty: an image without truth has no error.
 */
export function depthMetrics(
  truthM: Float32Array,
  predictedM: Float32Array,
  mask: Uint8Array,
): DepthMetrics | undefined {
  let pixels = 0;
  let absRel = 0;
  let sqRel = 0;
  let squares = 0;
  let logSum = 0;
  let logSquares = 0;
  let relativeSquares = 0;
  let inverseSquares = 0;
  let logAbs = 0;
  const within = [0, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const g = truthM[i]!;
    const p = predictedM[i]!;
    const difference = g - p;
    const logDifference = Math.log(g) - Math.log(p);
    const ratio = Math.max(g / p, p / g);
    pixels++;
    absRel += Math.abs(difference) / g;
    sqRel += (difference * difference) / g;
    squares += difference * difference;
    logSum += logDifference;
    logSquares += logDifference * logDifference;
    logAbs += Math.abs(logDifference);
    relativeSquares += (difference / g) ** 2;
    inverseSquares += (1 / g - 1 / p) ** 2;
    for (let k = 0; k < 3; k++) if (ratio < 1.25 ** (k + 1)) within[k]!++;
  }
  if (pixels === 0) return undefined;
  const meanLog = logSum / pixels;
  return {
    absRel: absRel / pixels,
    sqRel: sqRel / pixels,
    rmse: Math.sqrt(squares / pixels),
    rmseLog: Math.sqrt(logSquares / pixels),
    // Rounding may leave a tiny negative variance where the scale alone is wrong.
    silog: 100 * Math.sqrt(Math.max(0, logSquares / pixels - meanLog * meanLog)),
    sqErrorRel: (100 * relativeSquares) / pixels,
    iRmse: 1000 * Math.sqrt(inverseSquares / pixels),
    log10: logAbs / pixels / Math.LN10,
    log10Rms: Math.sqrt(logSquares / pixels) / Math.LN10,
    delta1: within[0]! / pixels,
    delta2: within[1]! / pixels,
    delta3: within[2]! / pixels,
  };
}

/** The plain mean over images, as the published tables do it: every image weighs alike, however many pixels it has. */
export function meanDepthMetrics(images: readonly DepthMetrics[]): DepthMetrics {
  const mean = (key: keyof DepthMetrics): number => images.reduce((sum, image) => sum + image[key], 0) / images.length;
  return {
    absRel: mean('absRel'),
    sqRel: mean('sqRel'),
    rmse: mean('rmse'),
    rmseLog: mean('rmseLog'),
    silog: mean('silog'),
    sqErrorRel: mean('sqErrorRel'),
    iRmse: mean('iRmse'),
    log10: mean('log10'),
    log10Rms: mean('log10Rms'),
    delta1: mean('delta1'),
    delta2: mean('delta2'),
    delta3: mean('delta3'),
  };
}

/**
 * Disparity errors over a mask; all px at the images' own width.
 * @param foreground 1 = a moving object, where the data set tells.
 */
export function disparityErrors(
  truthPx: Float32Array,
  predictedPx: Float32Array,
  mask: Uint8Array,
  foreground?: Uint8Array,
): DisparityErrors {
  let pixels = 0;
  let sumAbsPx = 0;
  let outliers = 0;
  let above1Px = 0;
  let above2Px = 0;
  let above3Px = 0;
  let foregroundPixels = 0;
  let foregroundOutliers = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const truth = truthPx[i]!;
    const error = Math.abs(predictedPx[i]! - truth);
    pixels++;
    sumAbsPx += error;
    const isOutlier = error > 3 && error > 0.05 * truth;
    if (isOutlier) outliers++;
    if (foreground?.[i] === 1) {
      foregroundPixels++;
      if (isOutlier) foregroundOutliers++;
    }
    if (error > 1) above1Px++;
    if (error > 2) above2Px++;
    if (error > 3) above3Px++;
  }
  const isTold = foreground !== undefined;
  return {
    pixels,
    sumAbsPx,
    outliers,
    above1Px,
    above2Px,
    above3Px,
    foregroundPixels,
    foregroundOutliers,
    backgroundPixels: isTold ? pixels - foregroundPixels : 0,
    backgroundOutliers: isTold ? outliers - foregroundOutliers : 0,
  };
}

/** Errors of several images together. */
export function addDisparityErrors(all: readonly DisparityErrors[]): DisparityErrors {
  const sum = (key: keyof DisparityErrors): number => all.reduce((total, errors) => total + errors[key], 0);
  return {
    pixels: sum('pixels'),
    sumAbsPx: sum('sumAbsPx'),
    outliers: sum('outliers'),
    above1Px: sum('above1Px'),
    above2Px: sum('above2Px'),
    above3Px: sum('above3Px'),
    foregroundPixels: sum('foregroundPixels'),
    foregroundOutliers: sum('foregroundOutliers'),
    backgroundPixels: sum('backgroundPixels'),
    backgroundOutliers: sum('backgroundOutliers'),
  };
}

/** Rates of counted errors; NaN where nothing was counted. */
export function disparityMetrics(errors: DisparityErrors): DisparityMetrics {
  const { pixels } = errors;
  return {
    pixels,
    epePx: errors.sumAbsPx / pixels,
    d1: errors.outliers / pixels,
    d1Fg: errors.foregroundOutliers / errors.foregroundPixels,
    d1Bg: errors.backgroundOutliers / errors.backgroundPixels,
    bad1: errors.above1Px / pixels,
    bad2: errors.above2Px / pixels,
    bad3: errors.above3Px / pixels,
  };
}

/** Abs Rel by true depth: `edgesM` [0, 10, 20] gives the slices [0, 10) and [10, 20). Sums, so that images add up. */
export function rangeSums(
  truthM: Float32Array,
  predictedM: Float32Array,
  mask: Uint8Array,
  edgesM: readonly number[],
): RangeSum[] {
  const sums = edgesM.slice(1).map((toM, index) => ({ fromM: edgesM[index]!, toM, pixels: 0, sumAbsRel: 0 }));
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const g = truthM[i]!;
    const slice = sums.find(({ fromM, toM }) => g >= fromM && g < toM);
    if (slice === undefined) continue;
    slice.pixels++;
    slice.sumAbsRel += Math.abs(g - predictedM[i]!) / g;
  }
  return sums;
}
