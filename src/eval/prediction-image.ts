import type { ViewSample } from '../data/sample.js';
import { depthFromDisparity } from '../geometry/disparity.js';
import type { FloatMap, RgbImage } from '../geometry/raster.js';
import { colorizeDepth, colorizeError, depthScale } from '../image/colormap.js';
import { dilateSparse } from '../image/map-image.js';
import { contactSheet } from '../image/sheet.js';
import type { ImageEvaluation } from './evaluate.js';
import { sampleNearest } from './scaling.js';

/** Depths at the ends of the colours, metres. */
const range = { minM: 2, maxM: 80 } as const;

/** Disparity error that is shown as full red, px. */
const errorLimitPx = 6;

/** Relative depth error that is shown as full red, of data whose truth is depth. */
const errorLimitShare = 0.3;

/** One pair as a sheet: input, predicted depth, true depth and disparity error, with a metre scale. */
export function evaluationSheet(sample: ViewSample, predicted: FloatMap, result: ImageEvaluation): RgbImage {
  const { camera, left, disparityLeft, depthLeft } = sample;
  const absRel = result.depth === undefined ? '' : `, Abs Rel ${result.depth.absRel.toFixed(3)}`;
  const scale = depthScale(left.width, Math.max(24, Math.round(left.width / 30)), range.minM, range.maxM);
  const cells = [
    { image: left, label: `${sample.id}: left view` },
    { image: colorizeDepth(depthFromDisparity(predicted, camera), range), label: `predicted depth${absRel}` },
    { image: scale, label: 'depth' },
  ];
  if (depthLeft !== undefined) {
    const scaled = depthFromDisparity(predicted, camera).data.map((z) => z * (result.scale ?? 1));
    const atTruth = sampleNearest({ ...predicted, data: scaled }, depthLeft.width, depthLeft.height);
    const error = depthLeft.data.map((truth, i) => Math.abs(truth - atTruth.data[i]!) / truth);
    const full = (map: FloatMap): FloatMap => dilateSparse(sampleNearest(map, left.width, left.height), 1);
    cells.splice(2, 0, { image: colorizeDepth(full(depthLeft), range), label: 'true depth' });
    cells.splice(3, 0, {
      image: colorizeError(full({ ...depthLeft, data: error }), errorLimitShare),
      label: `depth error, 0 (blue) to ${errorLimitShare * 100} % (red)`,
    });
  } else if (disparityLeft !== undefined) {
    const error = {
      ...disparityLeft,
      data: disparityLeft.data.map((truth, i) => Math.abs(truth - predicted.data[i]!)),
    };
    const truth = colorizeDepth(depthFromDisparity(dilateSparse(disparityLeft, 1), camera), range);
    cells.splice(2, 0, { image: truth, label: 'true depth' });
    cells.splice(3, 0, {
      image: colorizeError(dilateSparse(error, 1), errorLimitPx),
      label: `disparity error, 0 (blue) to ${errorLimitPx} px (red)`,
    });
  }
  return contactSheet(cells, { columns: 2, cellWidth: Math.min(left.width, 820) });
}
