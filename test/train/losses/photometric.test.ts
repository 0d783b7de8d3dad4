import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/base/random.js';
import { maskedPhotometricLoss } from '../../../src/train/losses/photometric.js';
import { ssimDistance } from '../../../src/train/losses/ssim.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { assertGradient, randomTensor } from '../gradient-check.js';
import { assertClose, valuesOf } from './reference.js';

const [height, width, channels] = [5, 6, 3];

function images(seed: number) {
  const random = Random.fromSeed(seed);
  const a = randomTensor(random, [1, height, width, channels], [0, 1]);
  const noise = randomTensor(random, [1, height, width, channels], [-0.2, 0.2]);
  return { random, a, b: tf.tidy(() => a.add(noise).clipByValue(0, 1) as tf.Tensor4D) };
}

/** SSIM dissimilarity of the 3x3 window around (y, x), from its definition. */
function dissimilarity(a: readonly number[], b: readonly number[], y: number, x: number, c: number): number {
  const window = (map: readonly number[]) =>
    [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => map[((y + dy) * width + x + dx) * channels + c]!));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [wa, wb] = [window(a), window(b)];
  const [ma, mb] = [mean(wa), mean(wb)];
  const va = mean(wa.map((value) => (value - ma) ** 2));
  const vb = mean(wb.map((value) => (value - mb) ** 2));
  const cov = mean(wa.map((value, i) => (value - ma) * (wb[i]! - mb)));
  const ssim = ((2 * ma * mb + 1e-4) * (2 * cov + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4));
  return Math.min(1, Math.max(0, (1 - ssim) / 2));
}

test('SSIM distance follows its definition, without border', () => {
  const { a, b } = images(1);
  const [av, bv] = [valuesOf(a), valuesOf(b)];
  const inner = ssimDistance(a, b).arraySync()[0]!;
  assert.deepEqual([inner.length, inner[0]!.length], [height - 2, width - 2]);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      for (let c = 0; c < channels; c++) {
        const [found, expected] = [inner[y - 1]![x - 1]![c]!, dissimilarity(av, bv, y, x, c)];
        assert.ok(Math.abs(found - expected) < 1e-3, `${found} ${expected}`);
      }
    }
  }
});

test('equal images have no photometric error, and the masked loss counts over all pixels', () => {
  const { a, b } = images(2);
  const ones = tf.ones<tf.Rank.R4>([1, height, width, 1]);
  assert.ok(Math.abs(maskedPhotometricLoss(a, a, ones).dataSync()[0]!) < 1e-5);
  const whole = maskedPhotometricLoss(a, b, ones);
  const structure = ssimDistance(a, b).mean().dataSync()[0]!;
  const colour = a.sub(b).abs().mean().dataSync()[0]!;
  assertClose(whole, 0.85 * structure + 0.15 * colour);
  assert.equal(maskedPhotometricLoss(a, b, tf.zerosLike(ones)).dataSync()[0], 0);
  assertClose(maskedPhotometricLoss(a, b, ones.mul(0.5)), whole.dataSync()[0]! / 2);
});

test('gradients of the photometric loss agree with finite differences', () => {
  const { random, a, b } = images(3);
  const visible = tf.ones<tf.Rank.R4>([1, height, width, 1]);
  assertGradient((x) => maskedPhotometricLoss(x, b, visible), a, { random, step: 1e-3, tolerance: 0.02 });
});
