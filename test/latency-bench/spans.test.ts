import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MonotonicNs } from '../../src/base/clock.js';
import { sectionFrom } from '../../src/latency-bench/section.js';
import { SpanRecord } from '../../src/latency-bench/spans.js';
import type { TimestampQuality } from '../../src/runtime/frame.js';

/** A frame captured at a time whose stages take the given ms. */
function frame(captureMs: number, stagesMs: readonly number[], droppedBefore = 0, quality: TimestampQuality = 'pts') {
  const times = [captureMs];
  for (const stage of stagesMs) times.push(times.at(-1)! + stage);
  const [capture, arrival, inferStart, inferEnd, publish] = times.map(
    (ms) => BigInt(Math.round(ms * 1e6)) as MonotonicNs,
  );
  return {
    timestamps: {
      capture: capture!,
      arrival: arrival!,
      inferStart: inferStart!,
      inferEnd: inferEnd!,
      publish: publish!,
    },
    droppedBefore,
    quality,
  };
}

test('a constant delay is reported exactly, stage by stage', () => {
  const record = new SpanRecord();
  for (let i = 0; i < 50; i++) record.add(frame(i * 40, [3, 1, 20, 0.5], i === 10 ? 4 : 0));
  const spreads = record.spreads();
  for (const [stage, expected] of Object.entries({ age: 24.5, transport: 3, wait: 1, infer: 20, handover: 0.5 })) {
    const { p50Ms, p90Ms, p99Ms, maxMs, minMs } = spreads[stage as 'age'];
    assert.deepEqual(
      { p50Ms, p90Ms, p99Ms, maxMs, minMs },
      {
        p50Ms: expected,
        p90Ms: expected,
        p99Ms: expected,
        maxMs: expected,
        minMs: expected,
      },
      stage,
    );
  }
  assert.equal(record.fps, 25);
  assert.equal(record.dropped, 4);
  assert.equal(spreads.jitter.count, 48);
  assert.equal(spreads.jitter.maxMs, 0);
});

test('one slow frame in a hundred is the p99 and two jumps of the interval', () => {
  const record = new SpanRecord();
  for (let i = 0; i < 101; i++) record.add(frame(i * 40, [0, 0, i === 50 ? 35 : 10, 0]));
  const { infer, jitter } = record.spreads();
  assert.equal(infer.p50Ms, 10);
  assert.equal(infer.p99Ms, 10);
  assert.equal(infer.maxMs, 35);
  assert.equal(jitter.maxMs, 50);
  assert.equal(record.spansMs('jitter').filter((span) => span > 0).length, 3);
});

test('pauses between stretches count neither as intervals nor as jitter', () => {
  const record = new SpanRecord();
  for (const start of [0, 100_000]) {
    record.begin(BigInt(start * 1e6) as MonotonicNs);
    for (let i = 1; i <= 10; i++) record.add(frame(start + i * 20, [0, 0, 0, 0]));
  }
  assert.equal(record.frames, 20);
  assert.equal(record.fps, 50);
  assert.equal(record.spreads().jitter.maxMs, 0);
});

test('the worst quality of a stamp is the one that is told', () => {
  const record = new SpanRecord();
  assert.equal(record.quality, undefined);
  record.add(frame(0, [0, 0, 0, 0], 0, 'sensor'));
  assert.equal(record.quality, 'sensor');
  record.add(frame(40, [0, 0, 0, 0], 0, 'arrival'));
  record.add(frame(80, [0, 0, 0, 0], 0, 'pts'));
  assert.equal(record.quality, 'arrival');
});

test('a section without frames holds nulls, which JSON can carry', () => {
  const section = sectionFrom(new SpanRecord(), { cpuS: 0, peakRssBytes: 0 }, 0, {
    pace: 'real-time',
    offeredFps: undefined,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(section)), section);
  assert.equal(section.stages.age.p50Ms, null);
  assert.equal(section.fps, null);
});
