import type { RgbImage } from '../../geometry/raster.js';
import { colorizeDisparity } from '../../image/colormap.js';
import { greyImage } from '../../image/map-image.js';
import { contactSheet, type SheetCell } from '../../image/sheet.js';
import type { RenderedPair } from './render-pair.js';

/** A contact sheet of rendered pairs: left, right, disparity and visibility of the left view, a row each. */
export function previewSheet(pairs: readonly RenderedPair[], title: string): RgbImage {
  const cells = pairs.flatMap((pair): SheetCell[] => {
    const scale = pair.camera.width / 1242;
    const low = Math.max(1, 2 * scale);
    const high = 160 * scale;
    return [
      { image: pair.left, label: `${pair.id} left` },
      { image: pair.right, label: 'right' },
      {
        image: colorizeDisparity(pair.disparityLeft, low, high),
        label: `disparity ${low.toFixed(1)}-${high.toFixed(0)} px`,
      },
      { image: greyImage(pair.visibleLeft), label: 'seen by both (white)' },
    ];
  });
  return contactSheet(cells, { columns: 4, cellWidth: 480, title });
}
