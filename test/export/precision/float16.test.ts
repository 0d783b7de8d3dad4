import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { halfFromNumber, halfMax, numberFromHalf } from '../../../src/export/precision/float16.js';

test('half-precision bits of numbers that everybody knows', () => {
  const known: readonly [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.333251953125, 0x3555],
    [halfMax, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
  ];
  for (const [value, bits] of known) {
    assert.equal(halfFromNumber(value), bits, String(value));
    assert.ok(Object.is(numberFromHalf(bits), value), String(value));
  }
  assert.ok(Number.isNaN(numberFromHalf(halfFromNumber(Number.NaN))));
});

test('every half is its own nearest half', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = numberFromHalf(bits);
    if (!Number.isNaN(value)) assert.equal(halfFromNumber(value), bits);
  }
});

test('rounding is to nearest, ties to even, overflow to infinity', () => {
  assert.equal(halfFromNumber(1 + 2 ** -11), 0x3c00, 'a tie goes down to even');
  assert.equal(halfFromNumber(1 + 3 * 2 ** -11), 0x3c02, 'a tie goes up to even');
  assert.equal(halfFromNumber(65519.99), 0x7bff);
  for (const beyond of [65520, 65536, 70_000, 131_071, 131_072, 1e30]) {
    assert.equal(halfFromNumber(beyond), 0x7c00, String(beyond));
    assert.equal(halfFromNumber(-beyond), 0xfc00, String(-beyond));
  }
  assert.equal(halfFromNumber(2 ** -25), 0, 'half of the smallest: a tie, down to even');
  assert.equal(halfFromNumber(1.5 * 2 ** -25), 1);
  const random = Random.fromSeed(3, 'half');
  for (let i = 0; i < 2000; i++) {
    const value = Math.fround(random.normal(0, 1) * 2 ** random.uniform(-26, 13));
    const bits = halfFromNumber(value);
    const found = Math.abs(numberFromHalf(bits) - value);
    for (const neighbour of [bits - 1, bits + 1]) {
      const other = Math.abs(numberFromHalf(neighbour & 0xffff) - value);
      assert.ok(!(other < found), `${value}: ${neighbour} is nearer than ${bits}`);
    }
  }
});
