import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { captureHistograms } from '../../../src/export/precision/calibrate.js';
import { Histogram } from '../../../src/export/precision/histogram.js';
import { entropyLimit, rangeFrom } from '../../../src/export/precision/thresholds.js';
import { quantizableFrames, quantizableGraph } from '../../support/quantizable-graph.js';

function normals(seed: number, count: number, deviation: number): Float32Array {
  const random = Random.fromSeed(seed, 'histogram');
  return Float32Array.from({ length: count }, () => random.normal(0, deviation));
}

function filled(...parts: readonly Float32Array[]): Histogram {
  const histogram = new Histogram();
  for (const part of parts) histogram.add(part);
  return histogram;
}

test('a histogram holds the same whichever frame comes first, though its limit grows on the way', () => {
  const [small, large] = [normals(1, 3000, 0.01), normals(2, 3000, 50)];
  const forwards = filled(small, large);
  const backwards = filled(large, small);
  assert.deepEqual(forwards.counts, backwards.counts);
  assert.equal(forwards.step, backwards.step);
  assert.equal(forwards.count, 6000);
  assert.equal(
    forwards.counts.reduce((sum, count) => sum + count, 0),
    6000,
  );
  assert.equal(forwards.min, Math.min(...large));
  assert.equal(forwards.max, Math.max(...large));
});

test('a histogram counts each number in the bin that spans it', () => {
  const data = normals(3, 500, 1);
  const { counts, step } = filled(data);
  const middle = counts.length / 2;
  for (let bin = 0; bin < counts.length; bin++) {
    const [from, to] = [(bin - middle) * step, (bin + 1 - middle) * step];
    assert.equal(counts[bin], data.filter((value) => value >= from && value < to).length);
  }
});

test('a tensor of zeros, and one of a single number', () => {
  assert.deepEqual(rangeFrom(filled(new Float32Array(10)), 'entropy'), { min: 0, max: 0 });
  for (const method of ['minmax', 'percentile', 'entropy'] as const) {
    assert.deepEqual(rangeFrom(filled(Float32Array.of(4, 4, 4)), method), { min: 4, max: 4 }, method);
  }
});

test('minmax keeps outliers, percentile and entropy cut them off, each tail on its own', () => {
  const histogram = filled(normals(4, 200_000, 1), Float32Array.of(60, 64));
  const everything = rangeFrom(histogram, 'minmax');
  assert.equal(everything.max, 64);
  const percentile = rangeFrom(histogram, 'percentile');
  // 1 in 10 000 beyond on either side: 3.72 deviations, to the accuracy of a bin and of 20 samples in the tail.
  assert.ok(Math.abs(percentile.max - 3.72) < 0.3, String(percentile.max));
  assert.ok(Math.abs(percentile.min + 3.72) < 0.3, String(percentile.min));
  const entropy = rangeFrom(histogram, 'entropy');
  assert.ok(entropy.max > 3 && entropy.max < 16, String(entropy.max));
  assert.ok(entropy.min >= everything.min && entropy.min < -3, String(entropy.min));
  const oneSided = rangeFrom(filled(normals(5, 10_000, 1).map(Math.abs)), 'entropy');
  assert.ok(oneSided.min >= 0, 'no range where nothing was seen');
});

test('numbers of one sign have all 256 levels on their side, those of both signs half as many', () => {
  // Nearly all are small; entropy keeps as few bins as there are levels on a side, and the rest is clipped.
  const small = normals(6, 20_000, 0.004).map(Math.abs);
  const positive = filled(small, Float32Array.of(1));
  const negative = filled(
    small.map((value) => -value),
    Float32Array.of(-1),
  );
  const both = filled(small, Float32Array.of(1, -1e-6));
  assert.equal(rangeFrom(positive, 'entropy').max, 256 * positive.step);
  assert.equal(rangeFrom(negative, 'entropy').min, -256 * negative.step);
  assert.equal(rangeFrom(both, 'entropy').max, 128 * both.step);
});

test('entropy keeps everything where nothing stands out', () => {
  const flat = new Float64Array(1000).fill(7);
  assert.equal(entropyLimit(flat, 128), 1000);
  assert.equal(entropyLimit(new Float64Array(100).fill(1), 128), 100, 'fewer bins than levels');
});

test('the histograms of a graph are those of its inner tensors over all frames', async () => {
  const graph = quantizableGraph();
  const values = ['stem/relu', 'branch2'].map((name) => graph.values.get(name)!);
  const frames = quantizableFrames(3, 10);
  const histograms = await captureHistograms(graph, values, frames);
  assert.deepEqual([...histograms.keys()], ['stem/relu', 'branch2']);
  const rectified = histograms.get('stem/relu')!;
  assert.equal(rectified.count, 3 * 16 * 16 * 32);
  assert.equal(rectified.min, 0);
  assert.ok(histograms.get('branch2')!.min < 0);
  const first = await captureHistograms(graph, values, frames.slice(0, 1));
  assert.ok(first.get('stem/relu')!.max <= rectified.max);
});

test('frames that do not fit, no frames, and numbers that are not finite', async () => {
  const graph = quantizableGraph();
  const value = graph.values.get('stem/relu')!;
  await assert.rejects(captureHistograms(graph, [value], []), { code: 'DATA_EMPTY' });
  await assert.rejects(captureHistograms(graph, [value], [new Uint8Array(5)]), {
    code: 'DATA_INVALID',
    message: /frame 0: expected 6144 bytes for \[1, 32, 64, 3\], found 5/,
  });
  const broken = quantizableGraph(1, Number.POSITIVE_INFINITY);
  await assert.rejects(captureHistograms(broken, [broken.values.get('stem')!], quantizableFrames(1, 1)), {
    code: 'PRECISION_UNFIT',
    message: /tensor stem, found/,
  });
});
