import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRgbImage } from '../../src/geometry/raster.js';
import { drawText, fillRect, textWidth } from '../../src/image/font.js';
import { contactSheet } from '../../src/image/sheet.js';

const white = [255, 255, 255] as const;

test('a letter is drawn where it should be, in its shape', () => {
  const image = createRgbImage(8, 9);
  drawText(image, 1, 1, 'T', white);
  const rows = Array.from({ length: 9 }, (_, y) =>
    Array.from({ length: 8 }, (_, x) => (image.data[(y * 8 + x) * 3] === 255 ? '#' : '.')).join(''),
  );
  assert.deepEqual(rows.slice(0, 4), ['........', '.#####..', '...#....', '...#....']);
  assert.equal(rows[8], '........');
});

test('every printable character has a glyph of its own', () => {
  const drawn = new Set<string>();
  for (let code = 33; code <= 126; code++) {
    const image = createRgbImage(6, 8);
    drawText(image, 0, 0, String.fromCharCode(code), white);
    drawn.add(image.data.join());
  }
  assert.equal(drawn.size, 126 - 32);
});

test('text and rectangles are cut off at the borders', () => {
  const image = createRgbImage(10, 6);
  drawText(image, -4, -3, 'WWWW', white);
  fillRect(image, 8, 4, 50, 50, [9, 9, 9]);
  assert.equal(image.data.length, 10 * 6 * 3);
  assert.equal(image.data.at(-1), 9);
});

test('a sheet holds every image, shrunk to its cell, and labels', () => {
  const red = createRgbImage(200, 100);
  fillRect(red, 0, 0, 200, 100, [200, 0, 0]);
  const green = createRgbImage(50, 100);
  fillRect(green, 0, 0, 50, 100, [0, 200, 0]);
  const sheet = contactSheet(
    [
      { image: red, label: 'red' },
      { image: green, label: 'green' },
      { image: red, label: 'red again' },
    ],
    { columns: 2, cellWidth: 100, title: 'three' },
  );
  const count = (r: number, g: number): number => {
    let found = 0;
    for (let i = 0; i < sheet.data.length; i += 3) if (sheet.data[i] === r && sheet.data[i + 1] === g) found++;
    return found;
  };
  assert.equal(count(200, 0), 2 * 100 * 50);
  assert.equal(count(0, 200), 100 * 200);
  assert.ok(count(230, 230) > 100, 'ink of title and labels');
  assert.ok(sheet.width > textWidth('red again'));
});
