import { CyclopsError } from '../base/errors.js';
import { openLabelWriter, type PairLabels } from '../data/labels.js';
import type { StereoSample, StereoSource } from '../data/sample.js';
import { disparityOfMatch } from '../geometry/consistency.js';
import type { FloatMap, MaskMap } from '../geometry/raster.js';
import { sha256 } from './checkpoint-files.js';
import { openPredictor, type Predictor, type ViewPrediction } from './predict.js';

/** What labelling needs. */
export interface LabelOptions {
  /** A teacher's checkpoint folder, or the run folder around it. */
  readonly teacher: string;
  readonly source: StereoSource;
  readonly folder: string;
  /** Aborted: the pair in progress is finished, then labelling stops; running it again goes on. */
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number, skipped: number) => void;
}

/** How labelling ended. */
export interface LabelResult {
  readonly total: number;
  /** Pairs labelled now, and pairs that were labelled before. */
  readonly written: number;
  readonly skipped: number;
  readonly status: 'finished' | 'stopped';
}

/** What decides labels beside teacher and data; stands in labels.json. */
const settings = {
  /** A pixel counts as visible from this probability on: Guo et al. 2018. */
  visibleThreshold: 0.8,
  /** Left-right difference at which the confidence has fallen to half: px, and share of the disparity. */
  halfConfidencePx: 1,
  halfConfidenceShare: 0.03,
} as const;

/**
 * Writes a teacher's disparity, visibility and confidence of both views for every pair of a source, restartable.
 * @throws CyclopsError `CHECKPOINT_INVALID` (also for a student), `DATA_INVALID` if the folder holds other labels,
 * `DISK_FULL`, and those of the source.
 */
export async function labelSource(options: LabelOptions): Promise<LabelResult> {
  const { source, signal } = options;
  const predictor = await openPredictor(options.teacher);
  try {
    if (predictor.role !== 'teacher') {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${options.teacher}/run.json role: expected teacher, found ${predictor.role}`,
      );
    }
    return await labelAll(predictor, options);
  } finally {
    predictor.close();
  }

  async function labelAll(teacher: Predictor, { folder, onProgress }: LabelOptions): Promise<LabelResult> {
    const total = source.length;
    const first = await source.read(0);
    const writer = await openLabelWriter(folder, {
      format: 'cyclops-labels',
      formatVersion: 1,
      teacher: options.teacher,
      checkpointSha256: sha256(new TextEncoder().encode(JSON.stringify(teacher.head.files))),
      width: first.left.width,
      height: first.left.height,
      dataFingerprint: source.imagesFingerprint,
      settings,
    });
    const missing = Array.from({ length: total }, (_, index) => index).filter(
      (index) => !writer.isDone(source.idAt(index)),
    );
    const skipped = total - missing.length;
    let written = 0;
    let pending = missing[0] === 0 ? Promise.resolve<StereoSample | undefined>(first) : readAhead(source, missing[0]);
    for (const [position, index] of missing.entries()) {
      if (signal.aborted) break;
      const sample = (await pending)!;
      // Reads the next pair while the network looks at this one.
      pending = readAhead(source, missing[position + 1]);
      await writer.write(source.idAt(index), await labelPair(teacher, sample));
      written++;
      onProgress?.(skipped + written, total, skipped);
    }
    await pending.catch(() => undefined);
    return { total, written, skipped, status: written + skipped === total ? 'finished' : 'stopped' };
  }
}

function readAhead(source: StereoSource, index: number | undefined): Promise<StereoSample | undefined> {
  const sample = index === undefined ? Promise.resolve(undefined) : source.read(index);
  // An error is thrown where the sample is awaited; until then it must not count as unhandled.
  sample.catch(() => undefined);
  return sample;
}

async function labelPair(
  teacher: Predictor,
  sample: StereoSample,
): Promise<PairLabels & { readonly disparityLeft: FloatMap }> {
  const { left, right } = await teacher.predictBoth(sample);
  return {
    disparityLeft: left.disparity,
    disparityRight: right.disparity,
    visibleLeft: visibleMask(left.visible),
    visibleRight: visibleMask(right.visible),
    confidenceLeft: confidence(left, right, -1),
    confidenceRight: confidence(right, left, 1),
  };
}

function visibleMask(probability: FloatMap): MaskMap {
  const data = Uint8Array.from(probability.data, (value) => (value >= settings.visibleThreshold ? 1 : 0));
  return { width: probability.width, height: probability.height, data };
}

/**
 * Confidence of a view's disparity d, 0..1: p / (1 + (e / h)^2). p is the probability that the pixel is visible in the
 * other view; e = |d - d_other(match)| is how far both views disagree about it; h = max(1 px, 3 % of d), where
 * KITTI's outliers begin at 3 px and 5 %. 0 where there is no disparity, or the match lies outside the other image.
 * @param direction the match of x lies at x + direction * d.
 */
export function confidence(own: ViewPrediction, other: ViewPrediction, direction: -1 | 1): FloatMap {
  const { width, height, data: disparity } = own.disparity;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const d = disparity[i]!;
      const found = disparityOfMatch(own.disparity, other.disparity, x, y, direction);
      if (Number.isNaN(found)) continue;
      const half = Math.max(settings.halfConfidencePx, settings.halfConfidenceShare * d);
      data[i] = own.visible.data[i]! / (1 + ((d - found) / half) ** 2);
    }
  }
  return { width, height, data };
}
