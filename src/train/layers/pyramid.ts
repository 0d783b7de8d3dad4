import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

/**
 * Halves the sides by taking the largest of 2x2: for disparity, where it keeps sparse values and prefers the nearer
 * surface. Values stay in px of the full size. Unknown must be 0, the smallest. Sides must be even.
 */
export function halveByMax(map_BHW1: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = map_BHW1.shape;
  assert(height % 2 === 0 && width % 2 === 0, `halve by maximum: even sides, found ${width}x${height}`);
  // First rows, then columns: several times as fast as TensorFlow's pooling, which is made for many channels.
  return tf.tidy(() => {
    const rows = map_BHW1.reshape([(batch * height) / 2, 2, width]).max(1);
    return rows
      .reshape([(batch * height * width) / 4, 2])
      .max(1)
      .reshape([batch, height / 2, width / 2, 1]);
  });
}

/** Halves the sides by the mean of 2x2: for images and masks. */
export function halveByMean(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(map_BHWC, 2, 2, 'valid');
}

/** `levels` maps, the first one the map itself, each next one half its sides. */
export function pyramid(map: tf.Tensor4D, levels: number, halve: (map: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D[] {
  const maps = [map];
  for (let level = 1; level < levels; level++) maps.push(halve(maps[level - 1]!));
  return maps;
}

/**
 * Resizes bilinearly with half-pixel centres, as the exporter's graph and OpenCV do; differentiable. Values are kept:
 * scale disparities yourself.
 */
export function resizeBilinear(map_BHWC: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, h, w] = map_BHWC.shape;
  return h === height && w === width ? map_BHWC : tf.image.resizeBilinear(map_BHWC, [height, width], false, true);
}
