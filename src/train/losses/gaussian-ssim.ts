import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

// Axes: B batch, H rows, W columns, C channels.

/** Side and standard deviation of the window of Wang et al., Image Quality Assessment, 2004; px. */
const ssimWindowPx = 11;
const sigmaPx = 1.5;

const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/**
 * Structural dissimilarity clamp((1 - SSIM) / 2, 0, 1) of images in 0..1 under an 11x11 Gaussian window of sigma 1.5,
 * without border. SSIM is averaged over all pixels and channels of an image before it is clamped, as TensorFlow's own
 * `image.ssim` has it; `ssimDistance` is the one of 3x3 means, clamped pixel by pixel.
 * @param b_BHWC the image compared with: its gradient is computed only if something it depends on is trained.
 * @returns [B], one distance an image.
 */
export function gaussianSsimDistance(a_BHWC: tf.Tensor4D, b_BHWC: tf.Tensor4D): tf.Tensor1D {
  const [, height, width] = a_BHWC.shape;
  assert(
    Math.min(height, width) >= ssimWindowPx,
    `SSIM: expected at least ${ssimWindowPx} px a side, found ${width}x${height}`,
  );
  return tf.tidy(() => {
    // Maps that share a call are windowed in one; those of b alone stay apart, as they need no gradient.
    const [meanA, meanAA, meanAB] = windowed([a_BHWC, a_BHWC.square(), a_BHWC.mul(b_BHWC)]) as Three;
    const [meanB, meanBB] = windowed([b_BHWC, b_BHWC.square()]) as Two;
    const productOfMeans = meanA.mul(meanB);
    const squaresOfMeans = meanA.square().add(meanB.square());
    const luminance = productOfMeans.mul(2).add(c1).div(squaresOfMeans.add(c1));
    const covariance = meanAB.sub(productOfMeans);
    const variances = meanAA.add(meanBB).sub(squaresOfMeans);
    const structure = covariance.mul(2).add(c2).div(variances.add(c2));
    const ssim = luminance.mul(structure).mean([1, 2, 3]);
    return tf.scalar(1).sub(ssim).div(2).clipByValue(0, 1) as tf.Tensor1D;
  });
}

type Two = [tf.Tensor4D, tf.Tensor4D];
type Three = [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

/** Weighted means of maps of one shape, each [B,H-10,W-10,C]. */
function windowed(maps_BHWC: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  const joined = tf.concat([...maps_BHWC], 3);
  const weights = gaussianWeights();
  const kernel = (height: number, width: number): tf.Tensor4D =>
    tf.tensor4d(weights, [height, width, 1, 1]).tile([1, 1, joined.shape[3], 1]);
  const alongY = tf.depthwiseConv2d(joined, kernel(ssimWindowPx, 1), 1, 'valid');
  return tf.split(tf.depthwiseConv2d(alongY, kernel(1, ssimWindowPx), 1, 'valid'), maps_BHWC.length, 3);
}

/** The window along one axis; they add up to 1. */
function gaussianWeights(): Float32Array {
  const centre = (ssimWindowPx - 1) / 2;
  const values = Array.from({ length: ssimWindowPx }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * sigmaPx ** 2)));
  const sum = values.reduce((total, value) => total + value, 0);
  return Float32Array.from(values, (value) => value / sum);
}
