import { tf } from '../tf.js';
import { differencesAlongX, differencesAlongY } from './differences.js';

/**
 * Edge-aware smoothness: mean |dx d| exp(-|dx I|) + mean |dy d| exp(-|dy I|), image differences averaged over channels,
 * disparity divided by its mean over the image, so that shrinking it does not pay. Monodepth2.
 * @param disparity_BHW1 above 0. @param image_BHWC 0..1, same size.
 */
export function edgeAwareSmoothness(disparity_BHW1: tf.Tensor4D, image_BHWC: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const normal = disparity_BHW1.div(disparity_BHW1.mean([1, 2], true).add(1e-7)) as tf.Tensor4D;
    const along = (differences: (map: tf.Tensor4D) => tf.Tensor4D): tf.Tensor => {
      const weight = differences(image_BHWC).abs().mean(3, true).neg().exp();
      return differences(normal).abs().mul(weight).mean();
    };
    return along(differencesAlongX).add(along(differencesAlongY)) as tf.Scalar;
  });
}
