import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StereoSource, ViewSample } from '../../src/data/sample.js';
import { evaluateByRules } from '../../src/eval/evaluate.js';
import { protocols } from '../../src/eval/protocols/index.js';
import { ratioSpread, sampleNearest } from '../../src/eval/scaling.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { tinySample } from '../support/tiny-pairs.js';

test('nearest sampling reads column floor(x * in / out)', () => {
  const map = { width: 5, height: 1, data: Float32Array.of(0, 1, 2, 3, 4) };
  assert.deepEqual([...sampleNearest(map, 3, 1).data], [0, 1, 3]);
  assert.deepEqual([...sampleNearest(map, 10, 1).data], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
});

test('the spread of the scale is relative to its middle', () => {
  const { median, spread } = ratioSpread([1, 2, 3]);
  assert.equal(median, 2);
  assert.ok(Math.abs(spread - Math.sqrt(1 / 6)) < 1e-12);
});

/** One view, truth of 4x2 cells, as Make3D has it. */
const view: ViewSample = (() => {
  const { left, camera } = tinySample(0);
  const depthLeft = { width: 4, height: 2, data: Float32Array.of(10, 20, 30, 40, 50, 60, 69.9, 80) };
  return { id: 'a', left, camera, origin: 'a', depthLeft };
})();
const source: StereoSource = {
  spec: { kind: 'make3d', folder: 'in memory' },
  length: 1,
  fingerprint: 'test',
  imagesFingerprint: 'test',
  idAt: () => 'a',
  read: () => assert.fail('there is no right view'),
  readView: async () => view,
};

test('Make3D: coarse truth, cap 70 m, any scale of the prediction comes to the same metrics', async () => {
  const { rules } = protocols.make3d.variants[0];
  const found = [];
  for (const scale of [1, 0.01]) {
    // Depth 3 in the left half, 6 in the right half, times a scale.
    const predict = async () => {
      const map = createFloatMap(96, 48);
      for (let i = 0; i < map.data.length; i++) map.data[i] = 30 / scale / (i % 96 < 48 ? 3 : 6);
      return map;
    };
    found.push((await evaluateByRules(source, predict, [rules], { views: 'left' }))[0]!);
  }
  // 80 m does not count; the median of 10 20 30 40 50 60 69.9 is 40, of 3 3 6 6 3 3 6 is 3.
  const truth = [10, 20, 30, 40, 50, 60, Math.fround(69.9)];
  const predicted = [40, 40, 70, 70, 40, 40, 70];
  const mean = (f: (g: number, p: number) => number): number =>
    truth.reduce((sum, g, i) => sum + f(g, predicted[i]!), 0) / 7;
  for (const { images, scale } of found) {
    const depth = images[0]!.depth!;
    assert.ok(Math.abs(depth.absRel - mean((g, p) => Math.abs(g - p) / g)) < 1e-6);
    assert.ok(Math.abs(depth.log10 - mean((g, p) => Math.abs(Math.log10(g / p)))) < 1e-6);
    assert.ok(Math.abs(depth.log10Rms - Math.sqrt(mean((g, p) => Math.log10(g / p) ** 2))) < 1e-6);
    assert.equal(images[0]!.disparity.pixels, 0);
    assert.equal(scale!.spread, 0);
  }
  assert.ok(Math.abs(found[1]!.scale!.median / found[0]!.scale!.median - 100) < 1e-3);
});
