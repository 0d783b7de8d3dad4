import { tf } from '../../src/train/tensorflow/tf.js';

// The operators as one writes them first, with gradients left to tfjs: what the project's own are compared with.

/** Correlation as a slice, a product and a mean for each displacement. */
export function plainCorrelation(left: tf.Tensor4D, right: tf.Tensor4D, maxDisplacement: number): tf.Tensor4D {
  return tf.tidy(() => {
    const padded = right.pad([
      [0, 0],
      [0, 0],
      [maxDisplacement, 0],
      [0, 0],
    ]);
    const bands: tf.Tensor4D[] = [];
    for (let k = 0; k <= maxDisplacement; k++) {
      bands.push(left.mul(padded.slice([0, 0, k, 0], left.shape)).mean(3, true));
    }
    return tf.concat(bands, 3);
  });
}

/**
 * Warp as two gathers and a blend; `source` is a constant. The columns to gather are found from `detached`, a copy of
 * the disparity outside the gradient: tfjs cannot differentiate past an index.
 */
export function plainWarp(source: tf.Tensor4D, disparity: tf.Tensor4D, detached: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = source.shape;
    const pixels = batch * height * width;
    const columns = tf
      .range(0, width)
      .tile([batch * height])
      .reshape([pixels, 1]);
    const x = columns.sub(disparity.reshape([pixels, 1]));
    const columnsAt = columns.sub(detached.reshape([pixels, 1]));
    const inside = columnsAt
      .greaterEqual(0)
      .logicalAnd(columnsAt.lessEqual(width - 1))
      .toFloat();
    const x0 = columnsAt.floor().clipByValue(0, width - 2);
    const fraction = x.sub(x0);
    const rows = tf
      .range(0, pixels, width, 'int32')
      .reshape([batch * height, 1])
      .tile([1, width])
      .reshape([pixels]);
    const first = rows.add(x0.toInt().reshape([pixels])) as tf.Tensor1D;
    const flat = source.reshape([pixels, channels]);
    const near = flat.gather(first);
    const far = flat.gather(first.add(tf.scalar(1, 'int32')) as tf.Tensor1D);
    const value = near.mul(tf.scalar(1).sub(fraction)).add(far.mul(fraction)).mul(inside);
    return value.reshape(source.shape) as tf.Tensor4D;
  });
}
