import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

// Axes: B batch, H rows, W columns, C channels, K displacements.

/**
 * One-sided correlation of rectified features: c[k](y, x) = mean over channels of
 * left(y, x) * right(y, x - (maxDisplacement - k)), k = 0 .. maxDisplacement, and 0 where that column lies outside.
 * Channels run from far displacement to none. Guo et al., ECCV 2018, 2.1.
 *
 * A row of all left against all right columns is one matrix product; the wanted band of its diagonals is cut out by
 * reading the product with rows one element longer, which moves row x by x columns. Gradients follow from these steps
 * and are exact.
 * @returns [B,H,W,K], K = maxDisplacement + 1.
 */
export function correlate1d(left_BHWC: tf.Tensor4D, right_BHWC: tf.Tensor4D, maxDisplacement: number): tf.Tensor4D {
  const [batch, height, width, channels] = left_BHWC.shape;
  assert(left_BHWC.shape.join() === right_BHWC.shape.join(), 'correlation: both views have one shape');
  return tf.tidy(() => {
    const rows = batch * height;
    const reach = width + maxDisplacement;
    const left: tf.Tensor3D = left_BHWC.reshape([rows, width, channels]);
    const right: tf.Tensor3D = right_BHWC.reshape([rows, width, channels]);
    const shifted = right.pad([
      [0, 0],
      [maxDisplacement, 0],
      [0, 0],
    ]);
    const products = tf.matMul(left.mul(1 / channels), shifted, false, true);
    const flat: tf.Tensor2D = products.reshape([rows, width * reach]);
    const longer = flat.pad([
      [0, 0],
      [0, width],
    ]);
    const skewed: tf.Tensor3D = longer.reshape([rows, width, reach + 1]);
    const band = skewed.slice([0, 0, 0], [rows, width, maxDisplacement + 1]);
    return band.reshape([batch, height, width, maxDisplacement + 1]);
  });
}

/** What a `Correlation1d` layer is made of. */
export interface Correlation1dConfig {
  readonly name?: string;
  /** Largest displacement, columns. */
  readonly maxDisplacement: number;
}

/** `correlate1d` as a layer of two inputs, so that a stereo network can be saved and loaded. */
export class Correlation1d extends tf.layers.Layer {
  static readonly className: string = 'Correlation1d';
  readonly maxDisplacement: number;

  constructor(config: Correlation1dConfig) {
    super({ ...config });
    this.maxDisplacement = config.maxDisplacement;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [first] = inputShape as tf.Shape[];
    assert(Array.isArray(first), 'correlation: a list of two shapes');
    return [...first.slice(0, 3), this.maxDisplacement + 1];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [left, right] = inputs as tf.Tensor4D[];
    assert(left !== undefined && right !== undefined, 'correlation: two inputs');
    return this.compare(left, right);
  }

  /** How both views are compared: [B,H,W,C] twice to [B,H,W,K]. */
  protected compare(left_BHWC: tf.Tensor4D, right_BHWC: tf.Tensor4D): tf.Tensor4D {
    return correlate1d(left_BHWC, right_BHWC, this.maxDisplacement);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), maxDisplacement: this.maxDisplacement };
  }
}

tf.serialization.registerClass(Correlation1d as unknown as tf.serialization.SerializableConstructor<Correlation1d>);
