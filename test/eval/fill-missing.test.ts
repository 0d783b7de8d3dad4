import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densityOf, fillMissing } from '../../src/eval/fill-missing.js';

const none = Number.NaN;

function fill(rows: readonly (readonly number[])[]): number[][] {
  const width = rows[0]!.length;
  const { data } = fillMissing({ width, height: rows.length, data: Float32Array.from(rows.flat()) });
  return rows.map((_, y) => [...data.subarray(y * width, (y + 1) * width)]);
}

test('a gap takes the smaller disparity of its ends, at a border the only one', () => {
  assert.deepEqual(fill([[none, none, 7, none, none, 3, none]]), [[7, 7, 7, 3, 3, 3, 3]]);
  assert.deepEqual(fill([[2, none, 9]]), [[2, 2, 9]]);
});

test('empty rows take the nearest filled row', () => {
  const empty = [none, none];
  assert.deepEqual(fill([empty, [4, 5], empty, empty, [8, 9], empty]), [
    [4, 5],
    [4, 5],
    [4, 5],
    [8, 9],
    [8, 9],
    [8, 9],
  ]);
});

test('infinite and negative values count as missing; nothing at all becomes 0', () => {
  assert.deepEqual(fill([[-1, 6, Number.POSITIVE_INFINITY]]), [[6, 6, 6]]);
  assert.deepEqual(fill([[none, none]]), [[0, 0]]);
});

test('a full prediction is not touched, and density tells gaps', () => {
  assert.deepEqual(fill([[1, 0, 3]]), [[1, 0, 3]]);
  const predicted = { width: 4, height: 1, data: Float32Array.of(1, none, 2, none) };
  assert.equal(densityOf(predicted, Uint8Array.of(1, 1, 1, 0)), 2 / 3);
});
