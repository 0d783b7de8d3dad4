import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAdam } from '../../../src/train/run/adam.js';
import { tf } from '../../../src/train/tensorflow/tf.js';

/** Minimises a skewed quadratic with both optimizers' update rule; returns the values after each step. */
function run(
  update: (variables: tf.Variable[], gradients: tf.Tensor[], step: number) => void,
  steps: number,
): number[] {
  const variables = [
    tf.variable(
      tf.tensor2d([
        [1, -2],
        [0.5, 3],
      ]),
    ),
    tf.variable(tf.tensor1d([4, -1])),
  ];
  const values: number[] = [];
  for (let step = 1; step <= steps; step++) {
    tf.tidy(() => {
      const gradients = [
        variables[0]!.mul(
          tf.tensor2d([
            [1, 10],
            [0.1, 2],
          ]),
        ),
        variables[1]!.mul(3),
      ];
      update(variables, gradients, step);
    });
    for (const variable of variables) values.push(...variable.dataSync());
  }
  tf.dispose(variables);
  return values;
}

describe('createAdam', () => {
  it("makes the steps that tfjs' own makes", () => {
    const reference = tf.train.adam(0.05, 0.9, 0.999, 1e-8);
    const expected = run((variables, gradients) => {
      reference.applyGradients(variables.map((variable, i) => ({ name: variable.name, tensor: gradients[i]! })));
    }, 30);
    let adam: ReturnType<typeof createAdam> | undefined;
    const found = run((variables, gradients, step) => {
      adam ??= createAdam(variables);
      adam.apply(gradients, step, 0.05, 0);
    }, 30);
    for (const [index, value] of found.entries()) {
      assert.ok(
        Math.abs(value - expected[index]!) < 2e-5,
        `value ${index}: expected ${expected[index]}, found ${value}`,
      );
    }
  });

  it('goes on bit for bit from a saved state', async () => {
    const variables: tf.Variable[] = [tf.variable(tf.tensor1d([1, 2, 3])), tf.variable(tf.scalar(5))];
    const step = (adam: ReturnType<typeof createAdam>, number: number): void =>
      tf.tidy(() => {
        adam.apply(
          variables.map((variable) => variable.square().sub(1)),
          number,
          0.01,
          0,
        );
      });
    const first = createAdam(variables);
    for (let number = 1; number <= 3; number++) step(first, number);
    const saved = variables.map((variable) => variable.clone());
    const state = await first.state();
    const copy = { firstMoment: state.firstMoment.slice(), secondMoment: state.secondMoment.slice() };
    for (let number = 4; number <= 6; number++) step(first, number);
    const expected = variables.map((variable) => [...variable.dataSync()]);

    for (const [index, variable] of variables.entries()) variable.assign(saved[index]!);
    const second = createAdam(variables, {}, copy);
    for (let number = 4; number <= 6; number++) step(second, number);
    assert.deepEqual(
      variables.map((variable) => [...variable.dataSync()]),
      expected,
    );
  });

  it('returns the gradient norm, and clips to it where asked', async () => {
    const variables = [tf.variable(tf.tensor1d([0, 0])), tf.variable(tf.scalar(0))];
    const adam = createAdam(variables);
    const norm = adam.apply([tf.tensor1d([3, 0]), tf.scalar(4)], 1, 0.1, 1);
    assert.equal(norm.dataSync()[0], 5);
    const { firstMoment } = await adam.state();
    assert.ok(Math.abs(firstMoment[0]! - 0.1 * 0.6) < 1e-6 && Math.abs(firstMoment[2]! - 0.1 * 0.8) < 1e-6);
  });

  it('gives a norm that is not finite if one gradient is not', () => {
    const variables = [tf.variable(tf.tensor1d([0, 0])), tf.variable(tf.scalar(0))];
    const adam = createAdam(variables);
    assert.ok(Number.isNaN(adam.apply([tf.tensor1d([1, Number.NaN]), tf.scalar(4)], 1, 0.1, 0).dataSync()[0]));
  });

  it('leaves no tensor behind', () => {
    const variables = [tf.variable(tf.tensor1d([0, 0]))];
    const adam = createAdam(variables);
    const gradient = tf.tensor1d([1, 2]);
    adam.apply([gradient], 1, 0.1, 1).dispose();
    const before = tf.memory().numTensors;
    for (let step = 2; step < 6; step++) adam.apply([gradient], step, 0.1, 1).dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
