import { tf } from '../tensorflow/tf.js';
import { type WarpOptions, warpHorizontal } from './warp-horizontal.js';

/**
 * `warpHorizontal` for a source that goes on with zeros beyond its sides: between the last column and one column
 * further out the result fades to 0 instead of jumping there, and its gradients with it. The sampler of Godard et al.,
 * CVPR 2017, and Goldman et al., CVPRW 2019.
 * @param source_BHWC the right view; for the way from right to left pass the negated disparity.
 * @param disparityPx_BHW1 px at the width of the source.
 */
export function warpWithZeroBorder(
  source_BHWC: tf.Tensor4D,
  disparityPx_BHW1: tf.Tensor4D,
  options: WarpOptions = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = source_BHWC.shape;
    const warped = warpHorizontal(pad(source_BHWC), pad(disparityPx_BHW1), options);
    return warped.slice([0, 0, 1, 0], [batch, height, width, channels]);
  });
}

/** One column of zeros on both sides. */
function pad(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  return map_BHWC.pad([
    [0, 0],
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
}
