import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/base/random.js';

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.nextUint32());

test('a seed and label always give the same numbers, other ones others', () => {
  const first = draw(Random.fromSeed(7, 'a'), 50);
  assert.deepEqual(draw(Random.fromSeed(7, 'a'), 50), first);
  for (const other of [Random.fromSeed(8, 'a'), Random.fromSeed(7, 'b'), Random.fromSeed(7)]) {
    const shared = draw(other, 50).filter((value) => first.includes(value));
    assert.ok(shared.length < 3);
  }
});

test('neighbouring seeds are independent from the first number on', () => {
  const firsts = Array.from({ length: 2000 }, (_, seed) => Random.fromSeed(seed).uniform());
  const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
  const lag = firsts.slice(1).reduce((sum, value, i) => sum + (value - 0.5) * (firsts[i]! - 0.5), 0) / firsts.length;
  assert.ok(Math.abs(mean - 0.5) < 0.03, `mean ${mean}`);
  assert.ok(Math.abs(lag) < 0.01, `correlation ${lag * 12}`);
});

test('a saved state, through JSON, goes on as if nothing had happened', () => {
  const random = Random.fromSeed(3);
  draw(random, 11);
  const saved = JSON.parse(JSON.stringify(random.state));
  const expected = draw(random, 20);
  assert.deepEqual(draw(Random.fromState(saved), 20), expected);
});

test('distributions have the moments they should', () => {
  const random = Random.fromSeed(4);
  const count = 20_000;
  const normal = Array.from({ length: count }, () => random.normal(2, 3));
  const mean = normal.reduce((sum, value) => sum + value, 0) / count;
  const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  assert.ok(Math.abs(mean - 2) < 0.1 && Math.abs(variance - 9) < 0.4, `${mean}, ${variance}`);
  const uniform = Array.from({ length: count }, () => random.uniform(-1, 3));
  assert.ok(Math.min(...uniform) >= -1 && Math.max(...uniform) < 3);
  const hits = Array.from({ length: count }, () => random.chance(0.2)).filter(Boolean).length / count;
  assert.ok(Math.abs(hits - 0.2) < 0.015);
  const dice = new Set(Array.from({ length: 200 }, () => random.integer(6)));
  assert.deepEqual([...dice].sort(), [0, 1, 2, 3, 4, 5]);
});

test('a permutation holds every number once and is rarely the identity', () => {
  const random = Random.fromSeed(5);
  for (const count of [1, 2, 17, 1000]) {
    const order = random.permutation(count);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
  }
  const moved = [...random.permutation(1000)].filter((value, i) => value !== i).length;
  assert.ok(moved > 950);
  assert.throws(() => random.pick([]), /empty list/);
});
