import { tf } from '../tensorflow/tf.js';

const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/**
 * Structural dissimilarity clamp((1 - SSIM) / 2, 0, 1) of images in 0..1, over 3x3 means, per channel. Without border:
 * [B,H-2,W-2,C], as Guo and Monodepth have it.
 */
export function ssimDistance(a_BHWC: tf.Tensor4D, b_BHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const mean = (map: tf.Tensor): tf.Tensor => tf.avgPool(map as tf.Tensor4D, 3, 1, 'valid');
    const meanA = mean(a_BHWC);
    const meanB = mean(b_BHWC);
    const meanAB = meanA.mul(meanB);
    const meanAA = meanA.square();
    const meanBB = meanB.square();
    const covariance = mean(a_BHWC.mul(b_BHWC)).sub(meanAB);
    const variances = mean(a_BHWC.square().add(b_BHWC.square())).sub(meanAA).sub(meanBB);
    const similar = meanAB.mul(2).add(c1).mul(covariance.mul(2).add(c2));
    const largest = meanAA.add(meanBB).add(c1).mul(variances.add(c2));
    return tf.scalar(1).sub(similar.div(largest)).div(2).clipByValue(0, 1) as tf.Tensor4D;
  });
}
