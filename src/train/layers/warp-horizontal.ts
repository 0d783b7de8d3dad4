import { assert } from '../../base/assert.js';
import { tf } from '../tf.js';

// Axes: B batch, H rows, W columns, C channels.

/**
 * The left view as seen through the right one: out(y, x) = source(y, x - disparity(y, x)), linear between columns.
 * Where a needed column lies outside, the result and all its gradients are 0, as in Guo et al. (a coordinate of exactly
 * W - 1 counts as inside). To go from right to left, pass the negated disparity.
 *
 * Gradients with respect to both arguments are exact (where the coordinate is not an integer, at which the function
 * of the disparity has a kink and the right-hand one is given).
 * @param source_BHWC the right view.
 * @param disparityPx_BHW1 px at the width of the source.
 */
export function warpHorizontal(source_BHWC: tf.Tensor4D, disparityPx_BHW1: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = source_BHWC.shape;
  assert(
    disparityPx_BHW1.shape.join() === [batch, height, width, 1].join(),
    `warp: disparity of shape ${disparityPx_BHW1.shape} for a source of ${source_BHWC.shape}`,
  );
  return tf.tidy(() => {
    const rows = batch * height;
    const pixels = rows * width;
    const source: tf.Tensor2D = source_BHWC.reshape([pixels, channels]);
    const disparity: tf.Tensor2D = disparityPx_BHW1.reshape([pixels, 1]);
    return rowSampler(rows, width)(source, disparity).reshape([batch, height, width, channels]);
  });
}

/** The warp over flat pixels: source [P,C] and disparity [P,1], P = rows * width. */
function rowSampler(rows: number, width: number): (source: tf.Tensor, disparity: tf.Tensor) => tf.Tensor {
  const pixels = rows * width;
  const one = tf.scalar(1, 'int32');
  return tf.customGrad((...args: (tf.Tensor | GradSaveFunction)[]) => {
    const [source, disparity, save] = args as [tf.Tensor2D, tf.Tensor2D, GradSaveFunction];
    const columns = tf.range(0, width).tile([rows]).reshape([pixels, 1]);
    const x = columns.sub(disparity);
    const inside = x
      .greaterEqual(0)
      .logicalAnd(x.lessEqual(width - 1))
      .toFloat();
    const x0 = x.floor().clipByValue(0, width - 2);
    const fraction = x.sub(x0);
    const rowStarts = tf.range(0, pixels, width, 'int32').reshape([rows, 1]).tile([1, width]).reshape([pixels]);
    const first = rowStarts.add(x0.reshape([pixels]).toInt());
    const near = source.gather(first as tf.Tensor1D);
    const slope = source
      .gather(first.add(one) as tf.Tensor1D)
      .sub(near)
      .mul(inside);
    const value = near.mul(inside).add(slope.mul(fraction));
    save([slope, inside, fraction, first]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [slope, inside, fraction, first] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const passed = dy.mul(inside);
      const toSecond = passed.mul(fraction);
      const toFirst = passed.sub(toSecond);
      const second = first.add(one) as tf.Tensor1D;
      const toSource = tf
        .unsortedSegmentSum(toFirst, first, pixels)
        .add(tf.unsortedSegmentSum(toSecond, second, pixels));
      return [toSource, dy.mul(slope).sum(1, true).neg()];
    };
    return { value, gradFunc };
  });
}

type GradSaveFunction = (tensors: tf.Tensor[]) => void;
