import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { PairMatcher, type Side } from '../../../src/runtime/record/pair-matcher.js';

const ms = 1_000_000n;

/** Feeds times (ms, each side rising, in the order given) and tells what was paired and what stayed alone. */
function matched(toleranceMs: number, arrivals: readonly (readonly [Side, number])[], limit = 8) {
  const matcher = new PairMatcher<number>(BigInt(toleranceMs) * ms, limit);
  const pairs: [number, number][] = [];
  const alone: string[] = [];
  for (const [side, time] of arrivals) {
    matcher.push(
      side,
      BigInt(time) * ms,
      time,
      ({ left, right }) => pairs.push([left, right]),
      (item, its) => alone.push(`${its} ${item}`),
    );
  }
  return { pairs, alone, unmatched: matcher.unmatched, waiting: [matcher.waiting('left'), matcher.waiting('right')] };
}

test('images of one moment are a pair, whichever comes first', () => {
  const { pairs, alone } = matched(5, [
    ['left', 100],
    ['right', 103],
    ['right', 131],
    ['left', 133],
  ]);
  assert.deepEqual(pairs, [
    [100, 103],
    [133, 131],
  ]);
  assert.deepEqual(alone, []);
});

test('the tolerance holds to the last ms, and what is beyond it is counted where it was lost', () => {
  const edge = matched(5, [
    ['left', 100],
    ['right', 105],
    ['left', 200],
    ['right', 206],
    ['left', 230],
    ['right', 236],
  ]);
  assert.deepEqual(edge.pairs, [[100, 105]]);
  assert.deepEqual(edge.alone, ['left 200', 'right 206', 'left 230']);
  assert.deepEqual(edge.unmatched, { left: 2, right: 1 });
  assert.deepEqual(edge.waiting, [0, 1]);
});

test('of two neighbours within the tolerance the nearer one is taken', () => {
  // The right camera runs at twice the rate; its images at 92 and 99 are both near to the left one at 100.
  const { pairs, alone } = matched(10, [
    ['right', 92],
    ['right', 99],
    ['left', 100],
  ]);
  assert.deepEqual(pairs, [[100, 99]]);
  assert.deepEqual(alone, ['right 92']);
});

test('a silent camera costs bounded memory, and pairs go on when it is back', () => {
  const arrivals = Array.from({ length: 20 }, (_, index) => ['left', index * 33] as const);
  const { pairs, alone, waiting } = matched(5, [...arrivals, ['right', 19 * 33 + 2]], 4);
  assert.deepEqual(pairs, [[627, 629]]);
  assert.equal(alone.length, 19);
  assert.deepEqual(waiting, [0, 0]);
});

test('every image is in one pair or alone, and no pair is wider than the tolerance: random rigs', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = Random.fromSeed(seed, 'rig');
    const period = 33;
    const frames: [Side, number, number][] = [];
    for (const side of ['left', 'right'] as const) {
      const phase = random.uniform(0, period);
      for (let index = 0; index < 40; index++) {
        if (random.uniform(0, 1) < 0.2) continue;
        const time = Math.round(index * period + phase + random.uniform(-2, 2));
        frames.push([side, time, time + random.uniform(0, 60)]);
      }
    }
    const perSide = (side: Side) => frames.filter(([its]) => its === side).sort((a, b) => a[1] - b[1]);
    // Each camera delivers in order, after any delay.
    for (const side of ['left', 'right'] as const) {
      const delays = perSide(side).map(([, , arrival]) => arrival);
      for (const [index, frame] of perSide(side).entries()) frame[2] = Math.max(...delays.slice(0, index + 1));
    }
    const arrivals = [...perSide('left'), ...perSide('right')].sort((a, b) => a[2] - b[2]);
    const { pairs, alone, waiting } = matched(
      12,
      arrivals.map(([side, time]) => [side, time] as const),
      100,
    );
    assert.equal(2 * pairs.length + alone.length + waiting[0]! + waiting[1]!, frames.length, `seed ${seed}`);
    for (const [left, right] of pairs) assert.ok(Math.abs(left - right) <= 12, `seed ${seed}: ${left} ${right}`);
  }
});
