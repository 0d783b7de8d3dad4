import type { BatchData } from '../../data/batch.js';
import { openLoader } from '../../data/loader.js';
import type { SourceSpec } from '../../data/sample.js';
import { clipDepth, depthMask } from '../../eval/depth-mask.js';
import { depthMetrics, disparityErrors, disparityMetrics } from '../../eval/metrics.js';
import type { StereoCamera } from '../../geometry/camera.js';
import { depthFromDisparity, disparityForCamera } from '../../geometry/disparity.js';
import type { FloatMap } from '../../geometry/raster.js';
import type { NetworkEntry } from '../networks/index.js';
import { infer, mapOf } from '../predict/infer.js';
import type { tf } from '../tensorflow/tf.js';

/** Pairs the network never trains on, kept in memory, and the metrics on them. */
export interface Validation {
  readonly batches: readonly BatchData[];
  /**
   * Means over the pairs: `valAbsRel`, `valRmseM` and `valDelta1` of depth up to 80 m, `valEpePx` (px at network
   * width) and `valD1` (share, 0..1) of disparity; none if no pair has truth.
   */
  measure(model: tf.LayersModel): Promise<Record<string, number>>;
}

/** What is validated on, and how. */
export interface ValidationOptions {
  /** Pairs that are measured at most. */
  readonly count: number;
  readonly batch: number;
  /** Network input size, px. */
  readonly width: number;
  readonly height: number;
  /** The camera of the training data at that size: a student's disparity is brought from it to each pair's own. */
  readonly camera: StereoCamera;
}

/**
 * Loads the first `count` pairs (in a seeded order) of a source at network size, without augmentation.
 * @throws CyclopsError of the source.
 */
export async function openValidation(
  source: SourceSpec,
  entry: NetworkEntry,
  options: ValidationOptions,
): Promise<Validation> {
  const { width, height, camera } = options;
  const batchSize = Math.min(options.batch, options.count);
  const loader = await openLoader({
    source,
    batchSize,
    width,
    height,
    augmentation: 'none',
    seed: 0,
    startStep: 0,
    workers: 1,
    prefetch: 1,
  });
  const batches: BatchData[] = [];
  const count = Math.min(options.count, loader.samplesPerEpoch);
  try {
    for (let index = 0; index < Math.ceil(count / batchSize); index++) batches.push(await loader.next());
  } finally {
    await loader.close();
  }
  return {
    batches,
    async measure(model) {
      const sums: Record<string, number> = {};
      let pairs = 0;
      for (const [position, batch] of batches.entries()) {
        const { disparityPx } = await infer(model, entry, { ...batch, count: batch.batchSize });
        // The last batch is full: what it holds beyond `count` was counted before, or is one pair too many.
        const end = Math.min(batch.batchSize, count - position * batchSize);
        for (let index = 0; index < end; index++) {
          const said = mapOf(disparityPx, index, width, height);
          const predicted = entry.inputs === 'mono' ? disparityForCamera(said, camera, batch.cameras[index]!) : said;
          const errors = errorsOf(predicted, batch, index);
          if (errors === undefined) continue;
          pairs++;
          for (const [name, value] of Object.entries(errors)) sums[name] = (sums[name] ?? 0) + value;
        }
      }
      return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / pairs]));
    },
  };
}

const maxDepthM = 80;

/** Errors of one pair over the pixels with truth; undefined where none counts. */
function errorsOf(predicted: FloatMap, batch: BatchData, index: number): Record<string, number> | undefined {
  const { width, height, disparityLeft } = batch;
  if (disparityLeft === undefined) return undefined;
  const truth = mapOf(disparityLeft, index, width, height);
  const camera = batch.cameras[index]!;
  const known = Uint8Array.from(truth.data, (value) => (value > 0 ? 1 : 0));
  const truthM = depthFromDisparity({ ...truth, data: truth.data.map((d) => (d > 0 ? d : Number.NaN)) }, camera);
  const mask = depthMask(truthM, { maxDepthM, crop: 'none' });
  const depth = depthMetrics(truthM.data, clipDepth(depthFromDisparity(predicted, camera), maxDepthM).data, mask.data);
  const disparity = disparityMetrics(disparityErrors(truth.data, predicted.data, known));
  if (depth === undefined) return undefined;
  return {
    valAbsRel: depth.absRel,
    valRmseM: depth.rmse,
    valDelta1: depth.delta1,
    valEpePx: disparity.epePx,
    valD1: disparity.d1,
  };
}
