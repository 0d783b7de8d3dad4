import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';
import { unitLength } from './matching-cost.js';

// Axes: B batch, H rows, W columns, C channels, R radius of the window; P = B * H * W pixels in one list, T = 2R + 2.

/**
 * Cosine similarities in a window around a first estimate of the disparity: w[j](y, x) = similarity of left(y, x) and
 * right(y, x - d(y, x) - (R - j)), j = 0 .. 2R, so from far displacement to near, linear between columns, 0 outside the
 * image. Only the wanted similarities are computed, not a whole volume. Gradients of all three are exact, except at whole
 * columns, where the interpolation has a kink.
 * @param disparityPx_BHW1 px at the width of the features.
 * @returns [B,H,W,2R+1].
 */
export function similarityWindow(
  left_BHWC: tf.Tensor4D,
  right_BHWC: tf.Tensor4D,
  disparityPx_BHW1: tf.Tensor4D,
  radius: number,
): tf.Tensor4D {
  const [batch, height, width, channels] = left_BHWC.shape;
  assert(left_BHWC.shape.join() === right_BHWC.shape.join(), 'similarity window: both views have one shape');
  assert(
    disparityPx_BHW1.shape.join() === [batch, height, width, 1].join(),
    `similarity window: disparity of shape ${disparityPx_BHW1.shape} for features of ${left_BHWC.shape}`,
  );
  const rows = batch * height;
  const pixels = rows * width;
  const taken = 2 * radius + 2;
  // A window wholly outside is moved to just outside; enough zeros on both sides that it too can be read.
  const beyond = radius + 1;
  const margin = 2 * radius + 2;
  const reach = width + 2 * margin;
  return tf.tidy(() => {
    const columns = tf.range(0, width).tile([rows]).reshape([pixels, 1]);
    const centre = tf.clipByValue(columns.sub(disparityPx_BHW1.reshape([pixels, 1])), -beyond, width - 1 + beyond);
    const first = centre.floor();
    const fraction = centre.sub(first);
    const rowStarts = tf
      .range(0, rows * reach, reach, 'int32')
      .reshape([rows, 1])
      .tile([1, width]);
    const offsets = tf.range(margin - radius, margin - radius + taken, 1, 'int32').reshape([1, taken]);
    const indices = first
      .toInt()
      .add(rowStarts.reshape([pixels, 1]))
      .add(offsets);
    const right = unitLength(right_BHWC)
      .reshape([rows, width, channels])
      .pad([
        [0, 0],
        [margin, margin],
        [0, 0],
      ]);
    const candidates: tf.Tensor3D = takeRows(
      right.reshape([rows * reach, channels]),
      indices.reshape([pixels * taken, 1]),
    ).reshape([pixels, taken, channels]);
    // A product of small matrices is several times faster than multiplying and summing.
    const left: tf.Tensor3D = unitLength(left_BHWC).reshape([pixels, channels, 1]);
    const similarities: tf.Tensor2D = tf.matMul(candidates, left).reshape([pixels, taken]);
    const lower = similarities.slice([0, 0], [pixels, taken - 1]);
    const upper = similarities.slice([0, 1], [pixels, taken - 1]);
    return lower.add(upper.sub(lower).mul(fraction)).reshape([batch, height, width, taken - 1]);
  });
}

/** Rows of a matrix by index, with the gradient that tfjs lacks for gatherND. Indices [N,1]. */
function takeRows(matrix: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  const [count] = matrix.shape;
  const operator = tf.customGrad((...args) => {
    const [from, save] = args as unknown as [tf.Tensor, (tensors: tf.Tensor[]) => void];
    save([indices]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.unsortedSegmentSum(dy, saved[0]!.reshape([-1]) as tf.Tensor1D, count!);
    return { value: tf.gatherND(from, indices), gradFunc };
  });
  return operator(matrix);
}

/** What a `SimilarityWindow` layer is made of. */
export interface SimilarityWindowConfig {
  readonly name?: string;
  /** Displacements on each side of the estimate. */
  readonly radius: number;
  /** px of the features' width that one unit of the estimate means. */
  readonly unitPx: number;
}

/** `similarityWindow` as a layer of three inputs: left and right features, and the estimate in units of `unitPx`. */
export class SimilarityWindow extends tf.layers.Layer {
  static readonly className = 'SimilarityWindow';
  readonly radius: number;
  readonly unitPx: number;

  constructor(config: SimilarityWindowConfig) {
    super({ ...config });
    this.radius = config.radius;
    this.unitPx = config.unitPx;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first] = inputShape as tf.Shape[];
    assert(Array.isArray(first), 'similarity window: a list of three shapes');
    return [...first.slice(0, 3), 2 * this.radius + 1];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [left, right, estimate] = inputs as tf.Tensor4D[];
    assert(left !== undefined && right !== undefined && estimate !== undefined, 'similarity window: three inputs');
    return tf.tidy(() => similarityWindow(left, right, estimate.mul(this.unitPx), this.radius));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), radius: this.radius, unitPx: this.unitPx };
  }
}

tf.serialization.registerClass(
  SimilarityWindow as unknown as tf.serialization.SerializableConstructor<SimilarityWindow>,
);
