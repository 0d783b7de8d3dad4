import { Random } from '../base/random.js';
import type { StereoCamera } from '../geometry/camera.js';
import type { FloatMap, MaskMap } from '../geometry/raster.js';
import type { Augmentation, TrainingMaps, TrainingSample } from './augment.js';
import { combineColors, drawAugmentation, transformSample, writeColors } from './augment.js';
import type { StereoSample, StereoSource, TruthWanted } from './sample.js';

/** What decides the content of every batch, beside the data. */
export interface BatchSettings {
  readonly batchSize: number;
  /** Network input size, px. */
  readonly width: number;
  readonly height: number;
  readonly augmentation: Augmentation | 'none';
  readonly seed: number;
  /** Strength of a colour change of the right view alone, 0..1; see `drawAugmentation`. Default 0. */
  readonly rightJitter?: number;
  /**
   * Truth of both views of a batch, of its left one alone, or none: then only what is wanted is decoded, and other
   * maps are absent. Which pixels of the views a batch holds does not depend on it. Default both.
   */
  readonly truth?: 'both' | 'left' | 'none';
  /** Also keep the views before their colours are changed. Default false. */
  readonly clean?: boolean;
}

/**
 * One training step's data at network size. A pure function of source, settings and `step`. Axes: B batch, H rows,
 * W columns, C = R, G, B in 0..1. A map is present where every sample of the batch has it (disparity: where any has).
 */
export interface BatchData {
  readonly step: number;
  readonly ids: readonly string[];
  readonly batchSize: number;
  readonly width: number;
  readonly height: number;
  /** BHWC, what the network sees. */
  readonly left: Float32Array;
  readonly right: Float32Array;
  /** The same before colours were changed, where the settings ask for it. */
  readonly clean?: { readonly left: Float32Array; readonly right: Float32Array };
  /** BHW, px at batch width; 0 = unknown. */
  readonly disparityLeft?: Float32Array;
  readonly disparityRight?: Float32Array;
  /** BHW, 1 = seen by the other camera, 0 = occluded. */
  readonly visibleLeft?: Float32Array;
  readonly visibleRight?: Float32Array;
  /** BHW, 0..1. */
  readonly confidenceLeft?: Float32Array;
  readonly confidenceRight?: Float32Array;
  /** Left cameras at batch size, after crop, resize and flips. */
  readonly cameras: readonly StereoCamera[];
}

/** Which sample fills a slot: every epoch is its own seeded permutation of all of them. */
export class SampleOrder {
  readonly #count: number;
  readonly #seed: number;
  #epoch = -1;
  // That of the epoch it was last asked about: steps come in order.
  #permutation: Uint32Array = new Uint32Array();

  constructor(source: Pick<StereoSource, 'length'>, settings: Pick<BatchSettings, 'seed'>) {
    this.#count = source.length;
    this.#seed = settings.seed;
  }

  /** The index of the n-th sample since the start of training. */
  at(position: number): number {
    const epoch = Math.floor(position / this.#count);
    if (epoch !== this.#epoch) {
      this.#permutation = Random.fromSeed(this.#seed, `order/${epoch}`).permutation(this.#count);
      this.#epoch = epoch;
    }
    return this.#permutation[position % this.#count]!;
  }
}

/**
 * Reads, augments and packs the samples of one step.
 * @param isStopped asked before each sample; true ends the work with `undefined`.
 * @throws CyclopsError of the source, naming the file.
 */
export async function buildBatch(
  source: StereoSource,
  order: SampleOrder,
  settings: BatchSettings,
  step: number,
  isStopped: () => boolean = () => false,
): Promise<BatchData | undefined> {
  const { batchSize, width, height } = settings;
  const packer = new BatchPacker(settings, step);
  for (let slot = 0; slot < batchSize; slot++) {
    if (isStopped()) return undefined;
    const random = Random.fromSeed(settings.seed, `augment/${step}/${slot}`);
    const plan = drawAugmentation(settings.augmentation, random, settings.rightJitter);
    const wanted = settings.truth !== 'left' ? (settings.truth ?? 'both') : plan.swap ? 'right' : 'left';
    const sample = onlyTruth(await source.read(order.at(step * batchSize + slot), wanted), wanted);
    packer.add(sample.id, transformSample(sample, plan, width, height), plan);
  }
  return packer.finish();
}

/** Leaves out what a source gave beyond the truth that was wanted. */
function onlyTruth(sample: StereoSample, wanted: TruthWanted): StereoSample {
  if (wanted === 'both') return sample;
  const { disparityLeft, visibleLeft, confidenceLeft, ...withoutLeft } = sample;
  if (wanted === 'right' && sample.disparityRight !== undefined) return withoutLeft;
  const { disparityRight, visibleRight, confidenceRight, ...withoutRight } = wanted === 'none' ? withoutLeft : sample;
  return withoutRight;
}

type MapName = keyof TrainingMaps;

/** Collects the slots of one batch into flat arrays. */
class BatchPacker {
  readonly #settings: BatchSettings;
  readonly #step: number;
  readonly #ids: string[] = [];
  readonly #cameras: StereoCamera[] = [];
  readonly #samples: TrainingSample[] = [];
  readonly #left: Float32Array;
  readonly #right: Float32Array;
  readonly #clean: { readonly left: Float32Array; readonly right: Float32Array } | undefined;

  constructor(settings: BatchSettings, step: number) {
    this.#settings = settings;
    this.#step = step;
    const length = settings.batchSize * settings.width * settings.height * 3;
    this.#left = new Float32Array(length);
    this.#right = new Float32Array(length);
    if (settings.clean === true) this.#clean = { left: new Float32Array(length), right: new Float32Array(length) };
  }

  add(id: string, sample: TrainingSample, plan: ReturnType<typeof drawAugmentation>): void {
    const slot = this.#samples.length;
    writeColors(sample.left, plan.color, this.#slotOf(this.#left, slot, 3));
    writeColors(sample.right, combineColors(plan.rightColor, plan.color), this.#slotOf(this.#right, slot, 3));
    if (this.#clean !== undefined) {
      writeColors(sample.left, undefined, this.#slotOf(this.#clean.left, slot, 3));
      writeColors(sample.right, undefined, this.#slotOf(this.#clean.right, slot, 3));
    }
    this.#ids.push(id);
    this.#cameras.push(sample.camera);
    this.#samples.push(sample);
  }

  finish(): BatchData {
    const { batchSize, width, height } = this.#settings;
    return {
      step: this.#step,
      ids: this.#ids,
      batchSize,
      width,
      height,
      left: this.#left,
      right: this.#right,
      ...(this.#clean === undefined ? {} : { clean: this.#clean }),
      ...this.#maps('disparityLeft', 'leftMaps', 'disparity'),
      ...this.#maps('disparityRight', 'rightMaps', 'disparity'),
      ...this.#maps('visibleLeft', 'leftMaps', 'visible'),
      ...this.#maps('visibleRight', 'rightMaps', 'visible'),
      ...this.#maps('confidenceLeft', 'leftMaps', 'confidence'),
      ...this.#maps('confidenceRight', 'rightMaps', 'confidence'),
      cameras: this.#cameras,
    };
  }

  #maps(field: string, view: 'leftMaps' | 'rightMaps', name: MapName): Record<string, Float32Array> {
    const maps = this.#samples.map((sample): FloatMap | MaskMap | undefined => sample[view][name]);
    const isPresent = name === 'disparity' ? maps.some(Boolean) : maps.every(Boolean);
    if (!isPresent) return {};
    const { batchSize, width, height } = this.#settings;
    const out = new Float32Array(batchSize * width * height);
    maps.forEach((map, slot) => {
      if (map !== undefined) copyKnown(map.data, this.#slotOf(out, slot, 1));
    });
    return { [field]: out };
  }

  #slotOf(array: Float32Array, slot: number, channels: number): Float32Array {
    const length = this.#settings.width * this.#settings.height * channels;
    return array.subarray(slot * length, (slot + 1) * length);
  }
}

function copyKnown(source: Float32Array | Uint8Array, target: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    const value = source[i]!;
    if (value > 0) target[i] = value; // NaN, unknown, stays the 0 the target was made of
  }
}

/** The buffers of a batch, for handing it to another thread without a copy. */
export function buffersOf(batch: BatchData): ArrayBuffer[] {
  return [...Object.values(batch), ...Object.values(batch.clean ?? {})]
    .filter((value) => value instanceof Float32Array)
    .map((array) => array.buffer as ArrayBuffer);
}
