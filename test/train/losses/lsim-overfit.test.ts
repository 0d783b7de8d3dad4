import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPair } from '../../../src/data/synthetic/render-pair.js';
import type { RgbImage } from '../../../src/geometry/raster.js';
import { lsimLoss, mirror } from '../../../src/train/losses/lsim.js';
import { networks } from '../../../src/train/networks/index.js';
import { tf } from '../../../src/train/tensorflow/tf.js';

const [side, steps] = [128, 90];

test(`${steps} steps on one rendered pair: the loss falls, and both disparities get nearer to the truth than a constant`, () => {
  const pair = renderPair({ domain: 'street', seed: 5, scene: 0, frame: 0, width: side, height: side, sensor: false });
  const image = ({ data }: RgbImage): tf.Tensor4D => tf.tensor4d(Float32Array.from(data), [1, side, side, 3]).div(255);
  const [left, right] = [image(pair.left), image(pair.right)];
  const model = networks['mono-lsim'].create({ width: 0.25, height: side, widthPx: side, seed: 1 });
  const siamese = tf.concat([left, mirror(right)]);
  const outputFactorPx = networks['mono-lsim'].outputFactorPx(side);

  /** Mean error of the finest head of each view, px, and that of the best constant. */
  const meanErrors = (): { found: number; constant: number }[] => {
    const [finest] = model.predict(siamese) as tf.Tensor4D[];
    const [own, mirrored] = tf.split<tf.Tensor4D>(finest!, 2);
    return [own!, mirror(mirrored!)].map((head, view) => {
      const truth = (view === 0 ? pair.disparityLeft : pair.disparityRight).data;
      const median = truth.toSorted()[truth.length / 2]!;
      const px = head.mul(outputFactorPx).dataSync<'float32'>();
      const mean = (error: (i: number) => number) => truth.reduce((sum, _, i) => sum + error(i), 0) / truth.length;
      return { found: mean((i) => Math.abs(px[i]! - truth[i]!)), constant: mean((i) => Math.abs(median - truth[i]!)) };
    });
  };

  const optimizer = tf.train.adam(2e-3);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = optimizer.minimize(() => {
      const halves = (model.apply(siamese, { training: true }) as tf.Tensor4D[]).map((head) =>
        tf.split<tf.Tensor4D>(head, 2),
      );
      const leftHeads = halves.map(([own]) => own!);
      const mirroredRightHeads = halves.map(([, mirrored]) => mirrored!);
      return lsimLoss({ left, right, leftHeads, mirroredRightHeads, outputFactorPx }).total;
    }, true)!;
    losses.push(loss.dataSync()[0]!);
    loss.dispose();
  }
  const after = tf.tidy(meanErrors);
  const [first, last] = [losses[0]!, losses[steps - 1]!];
  assert.ok(last < 0.3 * first, `loss from ${first} to ${last}`);
  for (const [view, { found, constant }] of after.entries()) {
    assert.ok(found < 0.8 * constant, `view ${view}: ${found} px off the truth, the best constant ${constant} px`);
  }
  tf.dispose([left, right, siamese]);
  optimizer.dispose();
  model.dispose();
});
