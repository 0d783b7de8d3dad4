import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LostFrames } from '../../../src/runtime/capture/lost-frames.js';

const ms = (value: number) => BigInt(Math.round(value * 1e6));

/** Losses told for images at these times, ms. */
function lossesAt(lost: LostFrames, timesMs: readonly number[]): number[] {
  return timesMs.map((time) => lost.before({ offset: undefined, ptsNs: ms(time) }));
}

test("the source's own count is exact, whatever the time says", () => {
  const lost = new LostFrames(30);
  const counts = [5n, 6n, 9n, 10n, 2n, 3n, 10_000_000n].map((offset) => lost.before({ offset, ptsNs: undefined }));
  assert.deepEqual(counts, [0, 0, 2, 0, 0, 0, 0]);
});

test('without a count, the time between images tells what is missing, in spite of jitter', () => {
  const lost = new LostFrames(30);
  assert.deepEqual(lossesAt(lost, [0, 31, 69, 165, 200, 201]), [0, 0, 0, 2, 0, 0]);
  lost.reset();
  assert.deepEqual(lossesAt(lost, [500, 533]), [0, 0]);
});

test('a pause and a jump back are a new start, not losses', () => {
  assert.deepEqual(lossesAt(new LostFrames(30), [0, 33, 5000, 5033, 10, 43]), [0, 0, 0, 0, 0, 0]);
});

test('a camera that slows down in the dark is not taken for one that loses frames, once that is plain', () => {
  const lost = new LostFrames(30);
  const dark = lossesAt(
    lost,
    Array.from({ length: 60 }, (_, index) => index * 66.7),
  );
  assert.equal(dark[2], 1);
  assert.deepEqual(dark.slice(40), new Array(20).fill(0));
  assert.deepEqual(lossesAt(lost, [60 * 66.7, 62 * 66.7]), [0, 1]);
});

test('a stream of unknown rate: the shortest gap is its period, once there are enough', () => {
  const lost = new LostFrames(undefined);
  const early = lossesAt(
    lost,
    Array.from({ length: 31 }, (_, index) => index * 40),
  );
  assert.deepEqual(new Set(early), new Set([0]));
  assert.deepEqual(lossesAt(lost, [31 * 40, 34 * 40]), [0, 2]);
});

test('a file does not pause: a long gap in it is that many lost frames, at every length and however often', () => {
  const lost = new LostFrames(30, false);
  const everyTenSeconds = Array.from({ length: 40 }, (_, index) => index * 10_000);
  assert.deepEqual(lossesAt(lost, everyTenSeconds), [0, ...Array.from({ length: 39 }, () => 299)]);
});
