import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from '../../../src/base/statistics.js';
import { networkCost } from '../../../src/train/networks/cost.js';
import { networks } from '../../../src/train/networks/index.js';
import { applyNetwork } from '../../../src/train/networks/network.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { texturedPair } from '../../support/textured-pair.js';

// Shapes, seeds and saving are checked for all networks in networks.test.ts.

const entry = networks['stereo-softarg'];
const [width, height] = [256, 64];

for (const [size, gmacs] of [
  [{ widthPx: 512, height: 256 }, 5.4],
  [{ widthPx: 1280, height: 384 }, 20.3],
] as const) {
  test(`1.36 M parameters, ${gmacs} GMAC at ${size.widthPx}x${size.height}, the similarity counted`, () => {
    const model = entry.create({ ...size, seed: 1 });
    const cost = networkCost(model);
    model.dispose();
    assert.equal((cost.parameters / 1e6).toFixed(2), '1.36');
    assert.equal((cost.multiplyAccumulates / 1e9).toFixed(1), gmacs.toFixed(1));
    const similarity = cost.layers.find(({ kind }) => kind === 'CosineSimilarity1d');
    // 48 displacements of 48 channels at a quarter of the sides.
    assert.equal(similarity?.multiplyAccumulates, (size.widthPx / 4) * (size.height / 4) * 48 * 48);
  });
}

/** Median disparity at each scale in px of the input, where the right camera sees the plane too. */
function medianDisparities(left: Float32Array, right: Float32Array, shiftPx: number): number[] {
  const model = entry.create({ height, widthPx: width, seed: 1 });
  const outputs = tf.tidy(() => {
    const images = [left, right].map((view) => tf.tensor4d(view, [1, height, width, 3]));
    return applyNetwork(model, entry, images, { training: false });
  });
  const medians = outputs.slice(0, entry.scales).map((output, scale) => {
    const [, rows, columns] = output.shape;
    const seen = output.dataSync<'float32'>().filter((_, i) => {
      const row = Math.floor(i / columns);
      // Away from the border that convolutions pad.
      return (i % columns) * 2 ** scale >= shiftPx + 16 && row > 2 && row < rows - 3;
    });
    return median(seen) * entry.outputFactorPx(width);
  });
  tf.dispose(outputs);
  model.dispose();
  return medians;
}

for (const shiftPx of [8, 24, 60]) {
  test(`untrained, it finds that a textured plane is shifted by ${shiftPx} px, at every scale`, () => {
    const [left, right] = texturedPair(width, height, shiftPx);
    for (const [scale, found] of medianDisparities(left, right, shiftPx).entries()) {
      // A column of the similarity is 4 px; the tails of the soft-argmax pull towards the middle of its 188 px.
      assert.ok(Math.abs(found - shiftPx) < 6, `scale ${scale}: found ${found} px`);
    }
  });
}

test('untrained, views of unlike scenes match nowhere: the answer is far from that of a pair', () => {
  const [left] = texturedPair(width, height, 8);
  const [, right] = texturedPair(width, height, 8, 2);
  for (const found of medianDisparities(left, right, 8)) assert.ok(found > 30, `found ${found} px`);
});
