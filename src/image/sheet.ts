import type { RgbImage } from '../geometry/raster.js';
import { createRgbImage } from '../geometry/raster.js';
import type { Rgb } from './font.js';
import { characterHeight, characterWidth, drawImage, drawText, fillRect } from './font.js';
import { resizeArea } from './resize.js';

/** One image of a sheet and the words under it. */
export interface SheetCell {
  readonly image: RgbImage;
  readonly label: string;
}

/** How a sheet is laid out. */
export interface SheetOptions {
  readonly columns: number;
  /** Width of each image, px; images are resized to it, keeping their shape. */
  readonly cellWidth: number;
  readonly title?: string;
}

const background: Rgb = [24, 24, 28];
const ink: Rgb = [230, 230, 230];
const gap = 6;

/** A labelled contact sheet: images row by row, each with its label underneath, rows as high as their highest image. */
export function contactSheet(cells: readonly SheetCell[], options: SheetOptions): RgbImage {
  const { columns, cellWidth } = options;
  const scale = Math.max(1, Math.round(cellWidth / 420));
  const labelHeight = (characterHeight + 4) * scale;
  const titleHeight = options.title === undefined ? 0 : labelHeight * 2;
  const images = cells.map(({ image }) =>
    image.width === cellWidth
      ? image
      : resizeArea(image, cellWidth, Math.max(1, Math.round((image.height * cellWidth) / image.width))),
  );
  const rowHeights: number[] = [];
  for (let i = 0; i < images.length; i += columns) {
    rowHeights.push(Math.max(...images.slice(i, i + columns).map((image) => image.height)) + labelHeight + gap);
  }
  const width = columns * (cellWidth + gap) + gap;
  const height = rowHeights.reduce((sum, value) => sum + value, titleHeight + gap);
  const sheet = createRgbImage(width, height);
  fillRect(sheet, 0, 0, width, height, background);
  if (options.title !== undefined) drawText(sheet, gap, gap, options.title, ink, scale * 2);
  let y = titleHeight + gap;
  for (let i = 0; i < images.length; i++) {
    const x = gap + (i % columns) * (cellWidth + gap);
    const image = images[i]!;
    drawImage(sheet, x, y, image);
    const room = Math.floor(cellWidth / (characterWidth * scale));
    drawText(sheet, x, y + image.height + 3 * scale, cells[i]!.label.slice(0, room), ink, scale);
    if (i % columns === columns - 1) y += rowHeights[Math.floor(i / columns)]!;
  }
  return sheet;
}
