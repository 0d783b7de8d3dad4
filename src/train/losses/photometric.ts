import { tf } from '../tensorflow/tf.js';
import { ssimDistance } from './ssim.js';

/** Share of SSIM in the photometric error; the rest is L1. */
const ssimShare = 0.85;

/**
 * Photometric loss of Guo et al., ECCV 2018, (5): 0.85 mean(mask ssimDistance) + 0.15 mean(mask |a - b|), both means
 * over all pixels, SSIM without border and its mask cropped by one pixel.
 * @param visible_BHW1 1 where the pixel is seen in the other view.
 */
export function maskedPhotometricLoss(a_BHWC: tf.Tensor4D, b_BHWC: tf.Tensor4D, visible_BHW1: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const [batch, height, width] = visible_BHW1.shape;
    const inner = visible_BHW1.slice([0, 1, 1, 0], [batch, height - 2, width - 2, 1]);
    const structure = ssimDistance(a_BHWC, b_BHWC).mul(inner).mean();
    const colour = a_BHWC.sub(b_BHWC).abs().mul(visible_BHW1).mean();
    return structure.mul(ssimShare).add(colour.mul(1 - ssimShare)) as tf.Scalar;
  });
}
