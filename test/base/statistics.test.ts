import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, summarise } from '../../src/base/statistics.js';

test('percentiles interpolate between the nearest ranks', () => {
  const values = [40, 10, 30, 20];
  assert.equal(percentile(values, 0), 10);
  assert.equal(percentile(values, 100), 40);
  assert.equal(percentile(values, 50), 25);
  assert.ok(Math.abs(percentile(values, 90) - 37) < 1e-9);
  assert.deepEqual(values, [40, 10, 30, 20], 'the input keeps its order');
});

test('median of odd, even, single and empty sets', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('numbers are ordered as numbers, not as text', () => {
  assert.equal(median([100, 9, 20]), 20);
});

test('a summary of 1..101 has the ranks themselves', () => {
  const values = Float64Array.from({ length: 101 }, (_, index) => 101 - index);
  assert.deepEqual(summarise(values), { count: 101, min: 1, p50: 51, p90: 91, p99: 100, max: 101, mean: 51 });
});

test('a summary of nothing is NaN throughout', () => {
  const { count, ...rest } = summarise([]);
  assert.equal(count, 0);
  for (const [name, value] of Object.entries(rest)) assert.ok(Number.isNaN(value), name);
});
