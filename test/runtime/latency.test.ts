import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MonotonicNs } from '../../src/base/clock.js';
import { Random } from '../../src/base/random.js';
import { ClockOffset } from '../../src/runtime/clock-offset.js';
import { LatencyHistogram, LatencyMeter } from '../../src/runtime/latency.js';
import { LatestSlot } from '../../src/runtime/latest-slot.js';

test('percentiles are right to 1 % over seven decades, in constant memory', () => {
  const random = Random.fromSeed(3);
  const histogram = new LatencyHistogram();
  const values = Float64Array.from({ length: 20_000 }, () => 10 ** random.uniform(-2.9, 5));
  for (const value of values) histogram.add(value);
  values.sort();
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    const exact = values[Math.ceil(share * values.length) - 1]!;
    assert.ok(Math.abs(histogram.percentile(share) / exact - 1) < 0.011, `${share}`);
  }
  const { maxMs, minMs, count, meanMs } = histogram.spread();
  assert.equal(maxMs, values.at(-1));
  assert.equal(minMs, values[0]);
  assert.equal(count, 20_000);
  assert.ok(Math.abs(meanMs / (values.reduce((a, b) => a + b) / count) - 1) < 1e-9);
  assert.equal(
    histogram.bins().reduce((sum, bin) => sum + bin.count, 0),
    20_000,
  );
});

test('extremes: nothing, zero, negative, a day', () => {
  const histogram = new LatencyHistogram();
  assert.ok(Number.isNaN(histogram.percentile(0.5)));
  for (const value of [0, -5, 86_400_000]) histogram.add(value);
  assert.equal(histogram.percentile(0.5), 0.0005);
  assert.equal(histogram.percentile(1), 86_400_000);
  histogram.clear();
  assert.equal(histogram.count, 0);
});

function frameAt(ms: number, droppedBefore = 0) {
  const at = (offset: number) => BigInt(Math.round((ms + offset) * 1e6)) as MonotonicNs;
  return {
    droppedBefore,
    timestamps: { capture: at(0), arrival: at(2), inferStart: at(5), inferEnd: at(15), publish: at(16) },
  };
}

test('a meter tells age, stages, rate, jitter and drops', () => {
  const meter = new LatencyMeter();
  for (const [ms, dropped] of [
    [0, 0],
    [40, 1],
    [80, 0],
    [140, 2],
  ] as const)
    meter.add(frameAt(ms, dropped));
  meter.addDropped(4);
  const report = meter.report();
  assert.equal(report.frames, 4);
  assert.equal(report.dropped, 7);
  assert.ok(Math.abs(report.fps - 3 / 0.14) < 1e-9);
  assert.equal(report.spreads.age.maxMs, 16);
  assert.equal(report.spreads.transport.maxMs, 2);
  assert.equal(report.spreads.wait.maxMs, 3);
  assert.equal(report.spreads.infer.maxMs, 10);
  assert.equal(report.spreads.handover.maxMs, 1);
  assert.equal(report.spreads.jitter.maxMs, 20);
  assert.equal(report.spreads.jitter.count, 2);
  meter.startWindow();
  meter.add(frameAt(190));
  assert.equal(meter.report().frames, 1);
  assert.ok(Math.abs(meter.report().fps - 20) < 1e-9);
});

test('capture time: the frame that travelled fastest sets the offset, a restart of the stream resets it', () => {
  const clock = new ClockOffset();
  const ms = (value: number) => BigInt(value) * 1_000_000n;
  const captured = (pts: number, arrival: number) =>
    clock.captureTime(ms(pts), ms(arrival) as MonotonicNs) / 1_000_000n;
  assert.equal(captured(0, 1010), 1010n);
  assert.equal(captured(40, 1045), 1045n);
  assert.equal(captured(80, 1200), 1085n);
  assert.equal(captured(120, 1126), 1125n);
  // Stream time goes back: a new stream.
  assert.equal(captured(0, 2000), 2000n);
  // And it jumps ahead by more than any pause.
  assert.equal(captured(10_000, 2100), 2100n);
});

test('capture time of a file: a jump ahead is images that were left out, and its clock goes on', () => {
  const clock = new ClockOffset(false);
  const captured = (ptsMs: number, arrivalMs: number) =>
    Number(clock.captureTime(BigInt(ptsMs * 1e6), BigInt(arrivalMs * 1e6) as MonotonicNs)) / 1e6;
  assert.equal(captured(0, 1010), 1010);
  assert.equal(captured(10_000, 11_300), 11_010);
  assert.equal(captured(0, 12_000), 12_000);
});

test('capture time follows a drifting clock within two windows', () => {
  const clock = new ClockOffset();
  // The camera's clock is slow by 1 ms a second: true age stays 5 ms, the offset grows.
  let worstAgeMs = 0;
  for (let second = 0; second < 300; second++) {
    const trueMs = second * 1000;
    const pts = BigInt(Math.round(trueMs * 0.999 * 1e6));
    const arrival = BigInt((trueMs + 5) * 1e6) as MonotonicNs;
    worstAgeMs = Math.max(worstAgeMs, Number(arrival - clock.captureTime(pts, arrival)) / 1e6);
  }
  assert.ok(worstAgeMs < 35, `age ${worstAgeMs}`);
});

test('latest slot: newest wins and tells what was lost; holding back loses nothing', () => {
  const slot = new LatestSlot<number>(1, 'newest-wins');
  assert.equal(slot.put(1), undefined);
  assert.equal(slot.put(2), 1);
  assert.equal(slot.take(), 2);
  assert.equal(slot.take(), undefined);
  const line = new LatestSlot<number>(2, 'hold-back');
  for (const item of [1, 2, 3]) assert.equal(line.put(item), undefined);
  assert.ok(line.isFull);
  assert.deepEqual([line.take(), line.take(), line.take()], [1, 2, 3]);
});

test('a percentile is the smallest span that as large a share of all reach', () => {
  const histogram = new LatencyHistogram();
  for (const value of [1, 2, 3, 4, 5]) histogram.add(value);
  for (const [share, exact] of [
    [0, 1],
    [0.2, 1],
    [0.21, 2],
    [0.5, 3],
    [0.8, 4],
    [0.9, 5],
    [1, 5],
  ] as const) {
    assert.ok(Math.abs(histogram.percentile(share) / exact - 1) < 0.011, `${share}: ${histogram.percentile(share)}`);
  }
});

test('a new window counts its own drops only', () => {
  const meter = new LatencyMeter();
  meter.add(frameAt(0, 5));
  meter.addDropped(2);
  meter.startWindow();
  assert.equal(meter.report().dropped, 0);
  meter.add(frameAt(40, 3));
  meter.addDropped(1);
  assert.equal(meter.report().dropped, 4);
});

test('the fastest frame counts for its window of 15 s and for the next one, and no longer', () => {
  const clock = new ClockOffset();
  const captured = (ptsMs: number, arrivalMs: number) =>
    Number(clock.captureTime(BigInt(ptsMs) * 1_000_000n, (BigInt(arrivalMs) * 1_000_000n) as MonotonicNs)) / 1e6;
  assert.equal(captured(0, 1000), 1000);
  // All others take 50 ms longer. A frame more than 15 s after a window's first one begins the next.
  for (let second = 1; second <= 40; second++) {
    const ptsMs = second * 1000;
    const ageMs = ptsMs + 1050 - captured(ptsMs, ptsMs + 1050);
    assert.equal(ageMs, second <= 30 ? 50 : 0, `${second} s`);
  }
});
