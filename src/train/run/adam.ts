import { assert } from '../../base/assert.js';
import { tf } from '../tensorflow/tf.js';

/** Settings of Adam (Kingma and Ba 2015); the defaults of `createAdam` are those of Guo et al. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Both moment estimates, every variable's values one after another in the order of the variables. */
export interface AdamState {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/** Adam over a fixed list of variables. */
export interface Adam {
  /**
   * One update of all variables. Gradients whose global L2 norm is above `clipNorm` (0 = never) are scaled down to it.
   * @param step the number of this update, from 1: the bias correction depends on it and on nothing else.
   * @returns the norm before clipping, a scalar the caller disposes of. It is not finite if any gradient is not.
   */
  apply(gradients: readonly tf.Tensor[], step: number, learningRate: number, clipNorm: number): tf.Scalar;
  state(): Promise<AdamState>;
  dispose(): void;
}

/**
 * Adam on one flat vector of all parameters. tfjs' own costs some 15 kernel calls a variable, which on a GPU takes as
 * long as the network, and does not restore its bias correction to the last bit; here it is 20 calls in all, and the
 * state is two vectors. Algebra: with c1 = 1 - beta1^t, c2 = sqrt(1 - beta2^t),
 * (m / c1) / (sqrt(v) / c2 + eps) = (c2 / c1) m / (sqrt(v) + c2 eps).
 */
export function createAdam(variables: readonly tf.Variable[], options: AdamOptions = {}, state?: AdamState): Adam {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const sizes = variables.map((variable) => variable.size);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  if (state !== undefined) {
    assert(state.firstMoment.length === count && state.secondMoment.length === count, 'Adam state fits the variables');
  }
  const first = flatVariable(state?.firstMoment, count);
  const second = flatVariable(state?.secondMoment, count);

  return {
    apply(gradients, step, learningRate, clipNorm) {
      assert(gradients.length === variables.length, 'one gradient a variable');
      return tf.tidy(() => {
        const raw = tf.concat(gradients.map((gradient) => gradient.flatten()));
        const norm = tf.tidy(() => raw.square().sum().sqrt()) as tf.Scalar;
        const gradient = clipNorm > 0 ? raw.mul(tf.minimum(1, tf.div(clipNorm, norm.add(1e-12)))) : raw;
        // Nested tidies, because each line makes several vectors as long as the network has parameters.
        first.assign(tf.tidy(() => first.add(gradient.sub(first).mul(1 - beta1))));
        second.assign(
          tf.tidy(() =>
            second.add(
              gradient
                .square()
                .sub(second)
                .mul(1 - beta2),
            ),
          ),
        );
        const c2 = Math.sqrt(1 - beta2 ** step);
        const rate = (learningRate * c2) / (1 - beta1 ** step);
        const change = tf.tidy(() => first.mul(rate).div(second.sqrt().add(c2 * epsilon)));
        const parts = tf.split(change, sizes);
        for (const [index, variable] of variables.entries()) {
          variable.assign(tf.tidy(() => variable.sub(parts[index]!.reshape(variable.shape))));
        }
        return norm;
      });
    },
    async state() {
      return {
        firstMoment: (await first.data()) as Float32Array,
        secondMoment: (await second.data()) as Float32Array,
      };
    },
    dispose() {
      first.dispose();
      second.dispose();
    },
  };
}

function flatVariable(values: Float32Array | undefined, count: number): tf.Variable {
  return tf.tidy(() => tf.variable(values === undefined ? tf.zeros([count]) : tf.tensor1d(values), false));
}
