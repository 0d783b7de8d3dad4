import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/base/random.js';
import {
  addDisparityErrors,
  depthMetrics,
  disparityErrors,
  disparityMetrics,
  meanDepthMetrics,
  rangeSums,
} from '../../src/eval/metrics.js';

const random = Random.fromSeed(11);
const count = 500;
const truth = Float32Array.from({ length: count }, () => random.uniform(2, 79));
const predicted = truth.map((g) => g * random.uniform(0.6, 1.7));
const mask = Uint8Array.from({ length: count }, () => (random.chance(0.7) ? 1 : 0));

/** Pairs that count, as plain lists: the formulas below are written straight from the definitions. */
const pairs = [...truth].map((g, i) => [g, predicted[i]!] as const).filter((_, i) => mask[i] === 1);
const mean = (of: (g: number, p: number) => number): number =>
  pairs.reduce((sum, [g, p]) => sum + of(g, p), 0) / pairs.length;

function close(found: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${found} against ${expected}`,
  );
}

test('depth metrics equal their definitions', () => {
  const metrics = depthMetrics(truth, predicted, mask)!;
  close(
    metrics.absRel,
    mean((g, p) => Math.abs(g - p) / g),
    'absRel',
  );
  close(
    metrics.sqRel,
    mean((g, p) => (g - p) ** 2 / g),
    'sqRel',
  );
  close(metrics.rmse, Math.sqrt(mean((g, p) => (g - p) ** 2)), 'rmse');
  close(metrics.rmseLog, Math.sqrt(mean((g, p) => Math.log(g / p) ** 2)), 'rmseLog');
  const centre = mean((g, p) => Math.log(g / p));
  close(metrics.silog, 100 * Math.sqrt(mean((g, p) => (Math.log(g / p) - centre) ** 2)), 'silog');
  close(
    metrics.delta1,
    mean((g, p) => (Math.max(g / p, p / g) < 1.25 ? 1 : 0)),
    'delta1',
  );
  close(
    metrics.delta2,
    mean((g, p) => (Math.max(g / p, p / g) < 1.5625 ? 1 : 0)),
    'delta2',
  );
  close(
    metrics.delta3,
    mean((g, p) => (Math.max(g / p, p / g) < 1.953125 ? 1 : 0)),
    'delta3',
  );
});

test('a wrong scale alone costs no SILog, and the delta bound is strict', () => {
  const metrics = depthMetrics(
    truth,
    truth.map((g) => g * 2),
    mask,
  )!;
  assert.ok(metrics.silog < 1e-3);
  close(metrics.absRel, 1, 'absRel');
  const atBound = depthMetrics(Float32Array.of(4), Float32Array.of(5), Uint8Array.of(1))!;
  assert.deepEqual([atBound.delta1, atBound.delta2], [0, 1]);
});

test('an image without truth has no metrics; images weigh alike whatever their pixels', () => {
  assert.equal(depthMetrics(truth, predicted, new Uint8Array(count)), undefined);
  const one = depthMetrics(Float32Array.of(10), Float32Array.of(11), Uint8Array.of(1))!;
  const two = depthMetrics(Float32Array.of(10, 10), Float32Array.of(13, 13), Uint8Array.of(1, 1))!;
  close(meanDepthMetrics([one, two]).absRel, 0.2, 'absRel');
});

const untold = { foregroundPixels: 0, foregroundOutliers: 0, backgroundPixels: 0, backgroundOutliers: 0 };

test('disparity errors count outliers by both of KITTI bounds, strictly, and add up by pixels', () => {
  const truthPx = Float32Array.of(10, 10, 100, 100, 20, 20, 50);
  const foundPx = Float32Array.of(13, 13.5, 104, 106, 20, 21.5, 47);
  // |e| = 3 (not above 3), 3.5 (outlier), 4 (4 % only), 6 (outlier), 0, 1.5, 3.
  const all = disparityErrors(truthPx, foundPx, new Uint8Array(7).fill(1));
  assert.deepEqual(all, { pixels: 7, sumAbsPx: 21, outliers: 2, above1Px: 6, above2Px: 5, above3Px: 3, ...untold });
  const objects = Uint8Array.of(0, 1, 1, 0, 0, 0, 1);
  const told = disparityErrors(truthPx, foundPx, new Uint8Array(7).fill(1), objects);
  assert.deepEqual(
    [disparityMetrics(told).d1Fg, disparityMetrics(told).d1Bg, disparityMetrics(told).d1],
    [1 / 3, 1 / 4, 2 / 7],
  );
  assert.ok(Number.isNaN(disparityMetrics(all).d1Fg));
  const first = disparityErrors(truthPx, foundPx, Uint8Array.of(1, 1, 0, 0, 0, 0, 0));
  const rest = disparityErrors(truthPx, foundPx, Uint8Array.of(0, 0, 1, 1, 1, 1, 1));
  assert.deepEqual(addDisparityErrors([first, rest]), all);
  const rates = disparityMetrics(all);
  assert.deepEqual([rates.epePx, rates.d1, rates.bad1], [3, 2 / 7, 6 / 7]);
});

test('ranges share out the pixels by true depth', () => {
  const sums = rangeSums(truth, predicted, mask, [0, 10, 20, 40, 80]);
  assert.equal(
    sums.reduce((sum, { pixels }) => sum + pixels, 0),
    pairs.length,
  );
  for (const { fromM, toM, pixels, sumAbsRel } of sums) {
    const inside = pairs.filter(([g]) => g >= fromM && g < toM);
    assert.equal(pixels, inside.length);
    close(
      sumAbsRel,
      inside.reduce((sum, [g, p]) => sum + Math.abs(g - p) / g, 0),
      `${fromM}-${toM}`,
    );
  }
});
