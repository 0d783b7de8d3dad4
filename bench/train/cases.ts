import { Random } from '../../src/base/random.js';
import type { Batch } from '../../src/data/loader.js';
import type { PartialTrainingConfig, TrainingConfig } from '../../src/train/config/config.js';

/** A training step that is measured. */
export interface StepCase {
  /** What decides its cost. */
  readonly settings: PartialTrainingConfig;
  /** Whether its ratio counts for the headline. */
  readonly headline: boolean;
}

/** The two steps of the shipped model's recipe (configs/edge-street), and the paper's two networks on small images. */
export const stepCases: readonly StepCase[] = [
  {
    settings: { stage: 'teacher', network: 'stereo-softarg', width: 384, height: 192, batch: 4, clipNorm: 10 },
    headline: true,
  },
  {
    settings: {
      stage: 'student',
      network: 'mono-edge',
      width: 640,
      height: 192,
      batch: 8,
      clipNorm: 5,
      settings: { useConfidence: true, relativeWeight: 0.5, gradientWeight: 0.5 },
    },
    headline: true,
  },
  {
    settings: { stage: 'teacher', network: 'dispnet-c', width: 256, height: 128, batch: 2, clipNorm: 10 },
    headline: false,
  },
  {
    settings: { stage: 'student', network: 'mono-vgg', width: 256, height: 128, batch: 2, clipNorm: 5 },
    headline: false,
  },
];

/** Noise with dense truth: what is in a batch does not change what a step costs. */
export function noiseBatch({ width, height, batch }: TrainingConfig): Batch {
  const random = Random.fromSeed(1, 'bench/train');
  const pixels = batch * height * width;
  const draw = (count: number, low: number, high: number): Float32Array =>
    Float32Array.from({ length: count }, () => random.uniform(low, high));
  const half = (): Float32Array => draw(pixels, 0, 1).map(Math.round);
  return {
    step: 0,
    ids: Array.from({ length: batch }, (_, index) => `noise-${index}`),
    batchSize: batch,
    width,
    height,
    left: draw(3 * pixels, 0, 1),
    right: draw(3 * pixels, 0, 1),
    disparityLeft: draw(pixels, 1, 60),
    visibleLeft: half(),
    confidenceLeft: draw(pixels, 0, 1),
    cameras: [],
    waitMs: 0,
  };
}
