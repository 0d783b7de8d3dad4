import type { BatchData } from '../data/batch.js';
import { openLoader } from '../data/loader.js';
import type { SourceSpec } from '../data/sample.js';
import { infer } from './infer.js';
import type { NetworkEntry } from './networks/index.js';
import type { tf } from './tf.js';

/** Pairs the network never trains on, kept in memory, and the figures on them. */
export interface Validation {
  readonly batches: readonly BatchData[];
  /**
   * Means over the pairs: `valAbsRel` (depth between 0.001 and 80 m), `valDelta1` (share within a factor of 1.25),
   * `valEpePx` (px at network width), `valD1` (%, off by more than 3 px and 5 %).
   */
  measure(model: tf.LayersModel): Promise<Record<string, number>>;
}

/**
 * Loads the first `count` pairs (in a seeded order) of a source at network size, without augmentation.
 * @throws CyclopsError of the source.
 */
export async function openValidation(
  source: SourceSpec,
  entry: NetworkEntry,
  options: { readonly count: number; readonly batch: number; readonly width: number; readonly height: number },
): Promise<Validation> {
  const { width, height } = options;
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
  try {
    const count = Math.min(options.count, loader.samplesPerEpoch);
    for (let index = 0; index < Math.ceil(count / batchSize); index++) batches.push(await loader.next());
  } finally {
    await loader.close();
  }
  return {
    batches,
    async measure(model) {
      const sums: Record<string, number> = {};
      let pairs = 0;
      for (const batch of batches) {
        const { disparityPx } = await infer(model, entry, { ...batch, count: batch.batchSize });
        for (let index = 0; index < batch.batchSize; index++) {
          const errors = disparityErrors(disparityPx, batch, index);
          if (errors === undefined) continue;
          pairs++;
          for (const [name, value] of Object.entries(errors)) sums[name] = (sums[name] ?? 0) + value;
        }
      }
      return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / pairs]));
    },
  };
}

const depthRangeM = { min: 1e-3, max: 80 };

/** Errors of one pair over the pixels with truth; undefined where there is none. */
function disparityErrors(
  predictedPx: Float32Array,
  batch: BatchData,
  index: number,
): Record<string, number> | undefined {
  const { width, height, disparityLeft } = batch;
  const camera = batch.cameras[index]!;
  const focalTimesBaseline = camera.fxPx * camera.baselineM;
  const offset = index * width * height;
  const depthOf = (disparityPx: number): number => {
    const shifted = disparityPx + camera.doffsPx;
    const depth = shifted > 0 ? focalTimesBaseline / shifted : depthRangeM.max;
    return Math.min(depthRangeM.max, Math.max(depthRangeM.min, depth));
  };
  let pixels = 0;
  let depthPixels = 0;
  let absRel = 0;
  let close = 0;
  let error = 0;
  let outliers = 0;
  for (let i = offset; i < offset + width * height; i++) {
    const truth = disparityLeft?.[i] ?? 0;
    if (!(truth > 0)) continue;
    const predicted = predictedPx[i]!;
    const difference = Math.abs(predicted - truth);
    pixels++;
    error += difference;
    if (difference > 3 && difference > 0.05 * truth) outliers++;
    const truthM = focalTimesBaseline / (truth + camera.doffsPx);
    if (!(truthM >= depthRangeM.min && truthM <= depthRangeM.max)) continue;
    const predictedM = depthOf(predicted);
    depthPixels++;
    absRel += Math.abs(predictedM - truthM) / truthM;
    if (Math.max(predictedM / truthM, truthM / predictedM) < 1.25) close++;
  }
  if (pixels === 0 || depthPixels === 0) return undefined;
  return {
    valAbsRel: absRel / depthPixels,
    valDelta1: close / depthPixels,
    valEpePx: error / pixels,
    valD1: (100 * outliers) / pixels,
  };
}
