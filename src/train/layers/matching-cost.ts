import { tf } from '../tensorflow/tf.js';
import { Correlation1d, correlate1d } from './correlation-1d.js';

// Axes: B batch, H rows, W columns, C channels, K displacements.

/** Keeps the length of a feature vector above 0 where an image is black. */
const smallestNorm = 1e-3;

/**
 * One-sided correlation of features that are first centred over channels and brought to length 1: the cosine of the
 * angle between left and right features, -1..1, for each displacement, far to none; 0 outside the image. Untrained
 * features already tell matches from non-matches by it, because neither brightness nor contrast enters.
 * @returns [B,H,W,K], K = maxDisplacement + 1.
 */
export function cosineSimilarity1d(
  left_BHWC: tf.Tensor4D,
  right_BHWC: tf.Tensor4D,
  maxDisplacement: number,
): tf.Tensor4D {
  return tf.tidy(() => {
    const channels = left_BHWC.shape[3];
    const similarity = correlate1d(unitLength(left_BHWC), unitLength(right_BHWC), maxDisplacement);
    return similarity.mul(channels) as tf.Tensor4D;
  });
}

/** Feature vectors centred over channels and brought to length 1. */
export function unitLength(features_BHWC: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const centred = features_BHWC.sub(features_BHWC.mean(3, true));
    const norm = centred
      .square()
      .sum(3, true)
      .add(smallestNorm * smallestNorm)
      .sqrt();
    return centred.div(norm) as tf.Tensor4D;
  });
}

/** `cosineSimilarity1d` as a layer of two inputs. */
export class CosineSimilarity1d extends Correlation1d {
  static override readonly className = 'CosineSimilarity1d';

  protected override compare(left_BHWC: tf.Tensor4D, right_BHWC: tf.Tensor4D): tf.Tensor4D {
    return cosineSimilarity1d(left_BHWC, right_BHWC, this.maxDisplacement);
  }
}

/**
 * Disparity from matching scores: the mean displacement under the softmax of the scores, in units of `step` a
 * displacement. Kendall et al., End-to-End Learning of Geometry and Context for Deep Stereo Regression, ICCV 2017, (1).
 * Scores [B,H,W,K] run from far displacement to none, as the correlations give them.
 */
export class SoftArgmaxDisparity extends tf.layers.Layer {
  static readonly className = 'SoftArgmaxDisparity';
  readonly step: number;
  /** The displacement that counts as 0, where scores stand for offsets to both sides. */
  readonly zero: number;

  constructor(config: { readonly name?: string; readonly step: number; readonly zero?: number }) {
    super({ ...config });
    this.step = config.step;
    this.zero = config.zero ?? 0;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...(inputShape as tf.Shape).slice(0, 3), 1];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const scores = single(inputs) as tf.Tensor4D;
      const [batch, height, width, count] = scores.shape;
      const values: tf.Tensor2D = tf
        .range(count - 1, -1, -1)
        .sub(this.zero)
        .mul(this.step)
        .reshape([count, 1]);
      const shares: tf.Tensor2D = tf.softmax(scores).reshape([batch * height * width, count]);
      return shares.matMul(values).reshape([batch, height, width, 1]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), step: this.step, zero: this.zero };
  }
}

/** Multiplies by a fixed number: brings cosines to the range of logits. */
export class ConstantGain extends tf.layers.Layer {
  static readonly className = 'ConstantGain';
  readonly gain: number;

  constructor(config: { readonly name?: string; readonly gain: number }) {
    super({ ...config });
    this.gain = config.gain;
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return inputShape as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return single(inputs).mul(this.gain);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), gain: this.gain };
  }
}

/** The input of a layer that has one. */
function single(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

for (const layer of [CosineSimilarity1d, SoftArgmaxDisparity, ConstantGain]) {
  tf.serialization.registerClass(layer as unknown as tf.serialization.SerializableConstructor<tf.layers.Layer>);
}
