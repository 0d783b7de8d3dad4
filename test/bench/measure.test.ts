import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate, meetsTarget, processorTimes, resultLine, rounded } from '../../bench/measure.js';

test('subject and baseline run in turn, and who goes first changes', async () => {
  const order: string[] = [];
  const contender = (name: string) => () => order.push(name);
  await alternate(contender('S'), contender('B'), 3);
  assert.equal(order.join(''), 'BSSBBS');
});

test('CPU times: every contender runs in every round, and another one begins each', async () => {
  const order: string[] = [];
  const contender = (name: string) => async () => void order.push(name);
  const times = await processorTimes([contender('a'), contender('b'), contender('c')], 3, 2);
  assert.equal(order.join(''), 'aabbccbbccaaccaabb');
  assert.deepEqual(
    times.map(({ length }) => length),
    [3, 3, 3],
  );
});

test('the ratio is the median of the rounds, so drift that hits both cancels', async () => {
  const slowdown = [1, 1, 0.5, 0.5, 0.25, 0.25];
  let step = 0;
  const at = (rate: number) => () => rate * slowdown[step++]!;
  const comparison = await alternate(at(90), at(100), 3);
  assert.ok(Math.abs(comparison.ratio - 0.9) < 1e-12);
  assert.ok(Math.abs(comparison.ratioMin - 0.9) < 1e-12);
  assert.ok(Math.abs(comparison.ratioMax - 0.9) < 1e-12);
  assert.equal(comparison.subject.median, 45);
  assert.equal(comparison.baseline.max, 100);
  assert.deepEqual(comparison.baseline.values, [100, 50, 25]);
});

test('a slow promise is waited for before the other contender starts', async () => {
  let running = 0;
  let most = 0;
  const contender = async (): Promise<number> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return 1;
  };
  await alternate(contender, contender, 4);
  assert.equal(most, 1);
});

test('targets compare in their direction; NaN never meets one', () => {
  const atLeast = { op: '>=', value: 0.95 } as const;
  const atMost = { op: '<=', value: 5 } as const;
  assert.equal(meetsTarget({ value: 0.95, target: atLeast }), true);
  assert.equal(meetsTarget({ value: 0.949, target: atLeast }), false);
  assert.equal(meetsTarget({ value: 5.1, target: atMost }), false);
  assert.equal(meetsTarget({ value: Number.NaN, target: atLeast }), false);
  assert.equal(meetsTarget({ value: Number.NaN, target: atMost }), false);
  assert.equal(meetsTarget({ value: 7, target: null }), true);
});

test('the result line is one line of JSON with the documented keys in order', () => {
  const line = resultLine('streaming', {
    headline: 'streaming / bare',
    value: 0.9,
    unit: 'ratio',
    target: { op: '>=', value: 0.95 },
    details: { model: 'two\nlines' },
  });
  assert.ok(!line.includes('\n'));
  const parsed: unknown = JSON.parse(line);
  assert.deepEqual(parsed, {
    bench: 'streaming',
    headline: 'streaming / bare',
    value: 0.9,
    unit: 'ratio',
    target: '>= 0.95',
    ok: false,
    details: { model: 'two\nlines' },
  });
  assert.deepEqual(Object.keys(parsed as object), ['bench', 'headline', 'value', 'unit', 'target', 'ok', 'details']);
});

test('rounding keeps significant digits and leaves NaN alone', () => {
  assert.equal(rounded(0.954321), 0.9543);
  assert.equal(rounded(123456), 123500);
  assert.ok(Number.isNaN(rounded(Number.NaN)));
});
