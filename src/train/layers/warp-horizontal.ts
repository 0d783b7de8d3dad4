import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

// Axes: B batch, H rows, W columns, C channels; P = B * H * W pixels in one list.

/** How a warp is used. */
export interface WarpOptions {
  /** False where the source is an image or a label: its gradient is then not computed. Default true. */
  readonly sourceGradient?: boolean;
}

/**
 * The left view as seen through the right one: out(y, x) = source(y, x - disparity(y, x)), linear between columns.
 * Where a needed column lies outside, the result and all its gradients are 0, as in Guo et al. (but a coordinate of
 * exactly W - 1 counts as inside). To go from right to left, pass the negated disparity.
 *
 * Gradients with respect to both arguments are exact. At integer coordinates the function of the disparity has a kink;
 * there the slope towards smaller disparity is given.
 * @param source_BHWC the right view.
 * @param disparityPx_BHW1 px at the width of the source.
 */
export function warpHorizontal(
  source_BHWC: tf.Tensor4D,
  disparityPx_BHW1: tf.Tensor4D,
  options: WarpOptions = {},
): tf.Tensor4D {
  const [batch, height, width, channels] = source_BHWC.shape;
  assert(
    disparityPx_BHW1.shape.join() === [batch, height, width, 1].join(),
    `warp: disparity of shape ${disparityPx_BHW1.shape} for a source of ${source_BHWC.shape}`,
  );
  return tf.tidy(() => {
    const rows = batch * height;
    const source: tf.Tensor2D = source_BHWC.reshape([rows * width, channels]);
    const disparity: tf.Tensor2D = disparityPx_BHW1.reshape([rows * width, 1]);
    const warped =
      options.sourceGradient === false
        ? warpConstant(source, disparity, rows, width)
        : warpBoth(source, disparity, rows, width);
    return warped.reshape([batch, height, width, channels]);
  });
}

/** What the forward pass finds and the gradients need. */
interface Samples {
  /** [P,C] */
  readonly value: tf.Tensor;
  /** [P,C] change of the value from one source column to the next; meaningless outside. */
  readonly slope: tf.Tensor;
  /** [P,1] 1 where both columns exist. */
  readonly inside: tf.Tensor;
  /** [P,1] position between the two columns. */
  readonly fraction: tf.Tensor;
  /** [P,1] int32, pixel of the left one of the two. */
  readonly first: tf.Tensor;
}

function sample(source: tf.Tensor, disparity: tf.Tensor, rows: number, width: number): Samples {
  const pixels = rows * width;
  const columns = tf.range(0, width).tile([rows]).reshape([pixels, 1]);
  const x = columns.sub(disparity);
  const inside = x
    .greaterEqual(0)
    .logicalAnd(x.lessEqual(width - 1))
    .toFloat();
  // Clipped as an integer, a NaN too becomes a valid index, and shows as NaN in the fraction.
  const column = tf.clipByValue(x.floor().toInt(), 0, width - 2);
  const fraction = x.sub(column.toFloat());
  const rowStarts = tf.range(0, pixels, width, 'int32').reshape([rows, 1]).tile([1, width]).reshape([pixels, 1]);
  const first = rowStarts.add(column);
  // gatherND, not gather: tfjs checks every index of the latter in JavaScript.
  const near = tf.gatherND(source, first);
  const slope = tf.gatherND(source, next(first)).sub(near);
  return { value: near.add(slope.mul(fraction)).mul(inside), slope, inside, fraction, first };
}

function warpBoth(source: tf.Tensor, disparity: tf.Tensor, rows: number, width: number): tf.Tensor {
  const pixels = rows * width;
  const operator = tf.customGrad((...args) => {
    const [from, by, save] = args as unknown as [tf.Tensor, tf.Tensor, (tensors: tf.Tensor[]) => void];
    const { value, slope, inside, fraction, first } = sample(from, by, rows, width);
    save([slope, inside, fraction, first]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [slope, inside, fraction, first] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const passed = dy.mul(inside);
      const toSecond = passed.mul(fraction);
      const scatter = (values: tf.Tensor, to: tf.Tensor) =>
        tf.unsortedSegmentSum(values, to.reshape([pixels]) as tf.Tensor1D, pixels);
      const sourceGradient = scatter(passed.sub(toSecond), first).add(scatter(toSecond, next(first)));
      return [sourceGradient, disparityGradient(dy, slope, inside)];
    };
    return { value, gradFunc };
  });
  return operator(source, disparity);
}

function warpConstant(source: tf.Tensor, disparity: tf.Tensor, rows: number, width: number): tf.Tensor {
  const operator = tf.customGrad((...args) => {
    const [by, save] = args as unknown as [tf.Tensor, (tensors: tf.Tensor[]) => void];
    const { value, slope, inside } = sample(source, by, rows, width);
    save([slope, inside]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => [disparityGradient(dy, saved[0]!, saved[1]!)];
    return { value, gradFunc };
  });
  return operator(disparity);
}

function disparityGradient(dy: tf.Tensor, slope: tf.Tensor, inside: tf.Tensor): tf.Tensor {
  return dy.mul(slope).sum(1, true).mul(inside).neg();
}

function next(pixel: tf.Tensor): tf.Tensor {
  return pixel.add(tf.scalar(1, 'int32'));
}
