import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RgbImage } from '../../src/geometry/raster.js';
import { plotHistograms } from '../../src/image/histogram-plot.js';

/** Coloured pixels of a column strip: bars are blue, marks red, the rest grey or white. */
function bluePixels(image: RgbImage, fromX: number, toX: number): number {
  let count = 0;
  for (let y = 0; y < image.height; y++) {
    for (let x = fromX; x < toX; x++) {
      const at = (y * image.width + x) * 3;
      if (image.data[at + 2]! > image.data[at]! + 60) count++;
    }
  }
  return count;
}

test('bars stand where the values are, as high as they are many', () => {
  // 30 values at 10 and 10 at 90: the axis is at least 10..90, its first and last quarter hold all bars.
  const values = [...new Array<number>(30).fill(10), ...new Array<number>(10).fill(90)];
  const image = plotHistograms({ title: 'test', unit: 'ms', series: [{ name: 'age', values }] });
  const quarter = Math.floor(image.width / 4);
  const left = bluePixels(image, 0, quarter);
  const middle = bluePixels(image, quarter, image.width - quarter);
  const right = bluePixels(image, image.width - quarter, image.width);
  assert.equal(middle, 0);
  // A mark may cover part of a bar, so the ratio of 3 is met only roughly.
  assert.ok(left > 1.5 * right && right > 20, `${left} and ${right}`);
});

test('a far outlier does not squeeze the rest: it is counted in the last bar', () => {
  const values = Array.from({ length: 1000 }, (_, index) => 10 + (index % 10));
  const image = plotHistograms({ title: 't', unit: 'ms', series: [{ name: 'age', values: [...values, 5000] }] });
  const third = Math.floor(image.width / 3);
  assert.ok(bluePixels(image, third, 2 * third) > 500, 'the middle of the axis is in use');
  assert.ok(bluePixels(image, image.width - 40, image.width) >= 2, 'the outlier is seen at the end');
});

test('empty series are left out, and equal values have an axis too', () => {
  const none = plotHistograms({ title: 't', unit: 'ms', series: [{ name: 'empty', values: [] }] });
  const one = plotHistograms({
    title: 't',
    unit: 'ms',
    series: [
      { name: 'empty', values: [] },
      { name: 'equal', values: [5, 5, 5] },
    ],
  });
  assert.ok(one.height > none.height + 100);
  assert.ok(bluePixels(one, 0, one.width) > 20);
});
