import { halveByMax } from '../layers/pyramid.js';
import { tf } from '../tensorflow/tf.js';

/** Disparity that counts as nothing, px: labels of the sky and the far end of a street differ by about this much. */
const unsurePx = 4;

/** A step of disparity that labels of one surface have as well, and one that is surely another thing; shares. */
const noise = 0.05;
const sure = 0.25;

/** Side of the square that a structure must hold to count as not thin, px of the halved map. */
const windowPx = 16;

/**
 * How surely a pixel belongs to something thin in front of something else: a pole, a sign, a person. It takes the share
 * of its disparity (plus 4 px) that a morphological opening by a square of 32 px of the full size takes away: 0.05 and
 * less give 0, 0.25 and more give 1. At 640 px of KITTI's field of view a trunk at 12 m stands 0.75 before a wall at
 * 16 m; surfaces, flat or slanted, and pixels of unknown disparity give 0.
 *
 * @param disparityPx [B,H,W,1], 0 = unknown; even sides. @returns [B,H,W,1], 0 to 1
 */
export function thinness(disparityPx: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = disparityPx.shape;
    const halved = halveByMax(disparityPx); // a quarter of the work
    const isKnown = halved.greater(0);
    // Unknown pixels must not look like a far background.
    const negated = tf.where(isKnown, halved.neg(), tf.zerosLike(halved).sub(unknownPx)) as tf.Tensor4D;
    const eroded = slidingMax(slidingMax(negated, 1, 'ahead'), 2, 'ahead').neg<tf.Tensor4D>();
    const opened = slidingMax(slidingMax(eroded, 1, 'behind'), 2, 'behind').minimum(halved);
    const share = halved.sub(opened).div(halved.add(unsurePx));
    const sureness = share
      .sub(noise)
      .div(sure - noise)
      .clipByValue(0, 1);
    return tf.image.resizeNearestNeighbor(sureness as tf.Tensor4D, [height, width]);
  });
}

/** More than any disparity. */
const unknownPx = 1e6;

/** Largest of the `windowPx` values that begin (or end) at each place along an axis; fewer at the border. */
function slidingMax(map: tf.Tensor4D, axis: 1 | 2, direction: 'ahead' | 'behind'): tf.Tensor4D {
  let largest = map;
  for (let step = 1; step < windowPx; step *= 2) {
    const size = [...largest.shape] as [number, number, number, number];
    if (step >= size[axis]) break;
    const begin: [number, number, number, number] = [0, 0, 0, 0];
    const padding: [number, number][] = [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    size[axis] -= step;
    if (direction === 'ahead') begin[axis] = step;
    padding[axis] = direction === 'ahead' ? [0, step] : [step, 0];
    largest = largest.maximum(tf.pad(largest.slice(begin, size), padding, -2 * unknownPx));
  }
  return largest;
}
