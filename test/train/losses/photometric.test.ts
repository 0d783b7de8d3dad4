import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { maskedPhotometricLoss, photometricError } from '../../../src/train/losses/photometric.js';
import { edgeAwareSmoothness } from '../../../src/train/losses/smoothness.js';
import { ssimDistance } from '../../../src/train/losses/ssim.js';
import { tf } from '../../../src/train/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';
import { assertClose, valuesOf } from './reference.js';

const [height, width, channels] = [5, 6, 3];

function images(seed: number) {
  const random = Random.fromSeed(seed);
  const a = randomTensor(random, [1, height, width, channels], [0, 1]);
  const noise = randomTensor(random, [1, height, width, channels], [-0.2, 0.2]);
  return { random, a, b: tf.tidy(() => a.add(noise).clipByValue(0, 1) as tf.Tensor4D) };
}

/** SSIM dissimilarity of the 3x3 window around (y, x), reflected at the border, from its definition. */
function dissimilarity(a: readonly number[], b: readonly number[], y: number, x: number, c: number): number {
  const reflect = (i: number, size: number) => (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i);
  const window = (map: readonly number[]) =>
    [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].map((dx) => map[(reflect(y + dy, height) * width + reflect(x + dx, width)) * channels + c]!),
    );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [wa, wb] = [window(a), window(b)];
  const [ma, mb] = [mean(wa), mean(wb)];
  const va = mean(wa.map((value) => (value - ma) ** 2));
  const vb = mean(wb.map((value) => (value - mb) ** 2));
  const cov = mean(wa.map((value, i) => (value - ma) * (wb[i]! - mb)));
  const ssim = ((2 * ma * mb + 1e-4) * (2 * cov + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4));
  return Math.min(1, Math.max(0, (1 - ssim) / 2));
}

test('SSIM distance follows its definition, with and without border', () => {
  const { a, b } = images(1);
  const [av, bv] = [valuesOf(a), valuesOf(b)];
  const full = ssimDistance(a, b, 'reflect').arraySync()[0]!;
  const inner = ssimDistance(a, b).arraySync()[0]!;
  assert.deepEqual([inner.length, inner[0]!.length], [height - 2, width - 2]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const expected = dissimilarity(av, bv, y, x, c);
        assert.ok(Math.abs(full[y]![x]![c]! - expected) < 1e-3, `${full[y]![x]![c]} ${expected}`);
        const cropped = inner[y - 1]?.[x - 1]?.[c];
        if (cropped !== undefined) assert.ok(Math.abs(cropped - expected) < 1e-3);
      }
    }
  }
});

test('equal images have no photometric error, and the masked loss counts over all pixels', () => {
  const { a, b } = images(2);
  assert.ok(
    photometricError(a, a)
      .dataSync()
      .every((value) => Math.abs(value) < 1e-5),
  );
  const ones = tf.ones<tf.Rank.R4>([1, height, width, 1]);
  const whole = maskedPhotometricLoss(a, b, ones);
  const structure = ssimDistance(a, b).mean().dataSync()[0]!;
  const colour = a.sub(b).abs().mean().dataSync()[0]!;
  assertClose(whole, 0.85 * structure + 0.15 * colour);
  assert.equal(maskedPhotometricLoss(a, b, tf.zerosLike(ones)).dataSync()[0], 0);
  assertClose(maskedPhotometricLoss(a, b, ones.mul(0.5)), whole.dataSync()[0]! / 2);
});

test('gradients of the photometric error agree with finite differences', () => {
  const { random, a, b } = images(3);
  assertGradient((x) => photometricError(x, b), a, { random, step: 1e-3, tolerance: 0.02 });
});

test('smoothness: 0 for constant disparity, unchanged by its scale, cheap at image edges', () => {
  const ramp = tf.tensor4d([1, 1, 1, 3, 3, 3, 1, 1, 1, 3, 3, 3], [1, 2, 6, 1]);
  const grey = tf.fill<tf.Rank.R4>([1, 2, 6, 3], 0.5);
  const edge = ramp.tile([1, 1, 1, 3]) as tf.Tensor4D;
  const value = (disparity: tf.Tensor4D, image: tf.Tensor4D) => edgeAwareSmoothness(disparity, image).dataSync()[0]!;
  assert.equal(value(tf.fill([1, 2, 6, 1], 7), grey), 0);
  // One jump of 2 / mean 2 among five differences.
  assert.ok(Math.abs(value(ramp, grey) - 1 / 5) < 1e-5);
  assert.ok(Math.abs(value(ramp.mul(4), grey) - 1 / 5) < 1e-5);
  assert.ok(Math.abs(value(ramp, edge) - Math.exp(-2) / 5) < 1e-5);
});
