import { tf } from '../tensorflow/tf.js';

/** A loss and what it consists of. Every tensor is a scalar the caller owns. */
export type Loss = {
  readonly total: tf.Scalar;
  /** Weighted terms by name; they add up to `total`. */
  readonly terms: { readonly [name: string]: tf.Scalar };
};

/** The loss that is the sum of its terms. Call it inside a tidy that returns the result. */
export function sumOfTerms(terms: Loss['terms']): Loss {
  return { total: tf.addN(Object.values(terms)) as tf.Scalar, terms };
}

/** Mean of `values` over all elements, each counted with its weight; 0 where all weights are 0. */
export function weightedMean(values: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  // The floor only matters without any valid element: the sum above it is 0 then.
  return values.mul(weights).sum().div(weights.sum().maximum(1e-6)) as tf.Scalar;
}

/** Weight of scale s in all multi-scale sums of Guo et al.: 2^-s, s = 0 the finest. */
export function scaleWeight(scale: number): number {
  return 2 ** -scale;
}
