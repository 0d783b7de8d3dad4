import type { tf } from '../tensorflow/tf.js';

/** Differences between horizontal neighbours: right minus left, [B,H,W-1,C]. */
export function differencesAlongX(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = map_BHWC.shape;
  const size: [number, number, number, number] = [batch, height, width - 1, channels];
  return map_BHWC.slice([0, 0, 1, 0], size).sub(map_BHWC.slice([0, 0, 0, 0], size));
}

/** Differences between vertical neighbours: lower minus upper, [B,H-1,W,C]. */
export function differencesAlongY(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = map_BHWC.shape;
  const size: [number, number, number, number] = [batch, height - 1, width, channels];
  return map_BHWC.slice([0, 1, 0, 0], size).sub(map_BHWC.slice([0, 0, 0, 0], size));
}
