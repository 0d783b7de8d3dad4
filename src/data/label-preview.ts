import { isCyclopsError } from '../base/errors.js';
import type { RgbImage } from '../geometry/raster.js';
import { colorizeDisparity } from '../image/colormap.js';
import { greyImage, middleRange } from '../image/map-image.js';
import { contactSheet, type SheetCell } from '../image/sheet.js';
import { readPairLabels } from './labels.js';
import type { StereoSource } from './sample.js';

/**
 * A contact sheet of pseudo labels: left and right image, the teacher's disparity, visibility and confidence of the
 * left view, a row each, of at most `rows` labelled pairs, evenly spaced over the source. Only what it shows is read.
 * @param isLabelled whether a pair has labels.
 * @returns undefined where no pair has any. A pair of which an image has become unreadable is left out.
 */
export async function labelSheet(
  source: StereoSource,
  folder: string,
  isLabelled: (id: string) => boolean,
  rows: number,
): Promise<RgbImage | undefined> {
  const labelled = Array.from({ length: source.length }, (_, index) => index).filter((index) =>
    isLabelled(source.idAt(index)),
  );
  const count = Math.min(rows, labelled.length);
  const cells: SheetCell[] = [];
  for (let row = 0; row < count; row++) {
    cells.push(...(await rowOf(source, folder, labelled[Math.floor((row * labelled.length) / count)]!)));
  }
  if (cells.length === 0) return undefined;
  return contactSheet(cells, {
    columns: 5,
    cellWidth: 420,
    title: `labels, ${cells.length / 5} of ${labelled.length} pairs`,
  });
}

async function rowOf(source: StereoSource, folder: string, index: number): Promise<SheetCell[]> {
  const sample = await source.read(index, 'none').catch((error: unknown) => {
    // The labels are made: an image that broke since then must not end the command that only shows them.
    if (isCyclopsError(error)) return undefined;
    throw error;
  });
  if (sample === undefined) return [];
  const { id, left, right } = sample;
  const labels = await readPairLabels(folder, id, left, 'left');
  const disparity = labels.disparityLeft!;
  const { low, high } = middleRange(disparity);
  return [
    { image: left, label: id },
    { image: right, label: 'right' },
    { image: colorizeDisparity(disparity, low, high), label: `disparity ${low.toFixed(1)}-${high.toFixed(1)} px` },
    { image: greyImage(labels.visibleLeft!), label: 'seen by both (white)' },
    { image: greyImage(labels.confidenceLeft!), label: 'confidence (white = 1)' },
  ];
}
