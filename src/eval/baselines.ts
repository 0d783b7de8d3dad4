import { existsSync } from 'node:fs';
import { CyclopsError } from '../base/errors.js';
import { median } from '../base/statistics.js';
import { readPairLabels } from '../data/labels.js';
import type { StereoSource } from '../data/sample.js';
import type { FloatMap } from '../geometry/raster.js';
import { createFloatMap } from '../geometry/raster.js';
import { resizeMapBilinear } from '../image/resize.js';
import type { Predict } from './evaluate.js';

/** Columns and rows of the position baseline: coarse enough that a handful of images fill every cell. */
const gridColumns = 16;
const gridRows = 12;

/** Measurements kept of each image, evenly spread: enough for a median, memory stays bounded, images weigh alike. */
const keptPerImage = 20_000;

/** One image's truth, thinned out. */
interface Measured {
  readonly id: string;
  /** Disparity as a share of the image width, so that images of several sizes go together. */
  readonly share: Float32Array;
  /** The same by grid cell. */
  readonly byCell: readonly Float32Array[];
}

/**
 * Predicts one disparity for every pixel: the median of the true disparity of all *other* images of the source. What can
 * be had without looking at the image at all.
 * @throws CyclopsError `DATA_INVALID` with fewer than two images with truth.
 */
export async function constantBaseline(source: StereoSource, onProgress?: OnProgress): Promise<Predict> {
  const measured = await measureAll(source, onProgress);
  return async (sample) => {
    const { width, height } = sample.left;
    const others = measured.filter(({ id }) => id !== sample.id);
    return createFloatMap(width, height, medianOf(others.map(({ share }) => share)) * width);
  };
}

/**
 * Predicts from the place in the image alone: the median of the true disparity of all other images in each cell of a
 * 16x12 grid (of all cells where a cell never had a measurement), linear between cell centres. Knows what a road usually
 * looks like, and nothing of this one.
 * @throws CyclopsError `DATA_INVALID` with fewer than two images with truth.
 */
export async function positionBaseline(source: StereoSource, onProgress?: OnProgress): Promise<Predict> {
  const measured = await measureAll(source, onProgress);
  return async (sample) => {
    const { width, height } = sample.left;
    const others = measured.filter(({ id }) => id !== sample.id);
    const fallback = medianOf(others.map(({ share }) => share));
    const grid = createFloatMap(gridColumns, gridRows);
    for (let cell = 0; cell < grid.data.length; cell++) {
      const inCell = medianOf(others.map(({ byCell }) => byCell[cell]!));
      grid.data[cell] = (Number.isNaN(inCell) ? fallback : inCell) * width;
    }
    return resizeMapBilinear(grid, width, height);
  };
}

/** Predicts what is stored: the left disparity of a labels folder. @throws CyclopsError `FILE_MISSING` when asked for a pair that has none. */
export function storedLabels(folder: string): Predict {
  if (!existsSync(folder)) throw new CyclopsError('FILE_MISSING', `${folder}: no such folder of labels`);
  return async (sample) => {
    const { disparityLeft } = await readPairLabels(folder, sample.id, sample.left, 'left');
    return disparityLeft as FloatMap;
  };
}

/** Called after each image that was looked at. */
export type OnProgress = (done: number, total: number) => void;

/** Shows a stereo network the left image twice: what it then still gets right, it did not get by matching. */
export function leftOnly(predict: Predict): Predict {
  return (sample) => predict({ ...sample, right: sample.left });
}

async function measureAll(source: StereoSource, onProgress?: OnProgress): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let index = 0; index < source.length; index++) {
    const { id, disparityLeft } = await (source.readView ?? source.read)(index);
    if (disparityLeft !== undefined) measured.push(thinOut(id, disparityLeft));
    onProgress?.(index + 1, source.length);
  }
  if (measured.length < 2) {
    throw new CyclopsError(
      'DATA_INVALID',
      `a baseline is fitted on the other images: expected at least 2 pairs with ground truth, found ${measured.length}`,
    );
  }
  return measured;
}

function thinOut(id: string, truth: FloatMap): Measured {
  const { width, height, data } = truth;
  const known: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i]! > 0) known.push(i);
  const count = Math.min(known.length, keptPerImage);
  const share = new Float32Array(count);
  const byCell: number[][] = Array.from({ length: gridColumns * gridRows }, () => []);
  for (let kept = 0; kept < count; kept++) {
    const i = known[Math.floor((kept * known.length) / count)]!;
    const row = Math.floor((Math.floor(i / width) * gridRows) / height);
    const column = Math.floor(((i % width) * gridColumns) / width);
    share[kept] = data[i]! / width;
    byCell[row * gridColumns + column]!.push(data[i]! / width);
  }
  return { id, share, byCell: byCell.map((list) => Float32Array.from(list)) };
}

/** Median of several lists together; NaN if all are empty. */
function medianOf(lists: readonly Float32Array[]): number {
  const all = new Float32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return median(all);
}
