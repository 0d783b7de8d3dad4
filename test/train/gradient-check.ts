import assert from 'node:assert/strict';
import type { Random } from '../../src/base/random.js';
import { tf } from '../../src/train/tensorflow/tf.js';

/** A tensor of normal values, or uniform ones in the given range. */
export function randomTensor(
  random: Random,
  shape: readonly [number, number, number, number],
  range?: readonly [number, number],
): tf.Tensor4D {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from({ length: size }, () => (range ? random.uniform(...range) : random.normal()));
  return tf.tensor4d(values, [...shape]);
}

/** How a gradient is checked. */
export interface GradientCheck {
  readonly random: Random;
  /** Half the distance between the two evaluations. Small against kinks, large against float32's rounding. */
  readonly step?: number;
  /** Largest difference allowed, as a share of the largest gradient. */
  readonly tolerance?: number;
}

/**
 * Compares the gradient of sum(f(x) * w), w random, with central differences at every element of x. The sums are
 * formed in double precision, so that float32 rounds only inside `f`.
 */
export function assertGradient(f: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor4D, check: GradientCheck): void {
  const { random, step = 1e-2, tolerance = 3e-3 } = check;
  const output = f(x);
  const weights = Float32Array.from({ length: output.size }, () => random.normal());
  const dy = tf.tensor(weights, output.shape);
  const gradient = tf.grad((argument) => f(argument as tf.Tensor4D))(x, dy);
  const found = gradient.dataSync<'float32'>();
  tf.dispose([output, dy, gradient]);

  const values = x.dataSync<'float32'>();
  const evaluate = (index: number, delta: number): readonly [Float32Array, number] => {
    const moved = Float32Array.from(values);
    moved[index] = moved[index]! + delta;
    const argument = tf.tensor4d(moved, x.shape);
    const result = f(argument);
    const data = result.dataSync<'float32'>();
    tf.dispose([argument, result]);
    return [data, moved[index]!];
  };
  const expected = values.map((_, index) => {
    const [above, high] = evaluate(index, step);
    const [below, low] = evaluate(index, -step);
    return weights.reduce((sum, weight, i) => sum + weight * (above[i]! - below[i]!), 0) / (high - low);
  });
  const scale = Math.max(...expected.map(Math.abs));
  assert.ok(scale > 1e-3, 'the checked gradient is not simply zero');
  for (const [index, value] of found.entries()) {
    assert.ok(
      Math.abs(value - expected[index]!) <= tolerance * scale,
      `gradient at ${index}: found ${value}, finite differences give ${expected[index]}`,
    );
  }
}
