import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { learningRateAt } from '../../../src/train/config/schedule.js';

describe('learningRateAt', () => {
  const schedule = { base: 1e-4, steps: 50, milestones: [0.4, 35, 0.9], warmupSteps: 0 };

  it('halves after each milestone, given as a share of the steps or as a step', () => {
    const at = (step: number): number => learningRateAt(schedule, step) / 1e-4;
    assert.deepEqual([1, 20, 21, 35, 36, 45, 46, 50].map(at), [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
  });

  it('rises linearly during the warm-up', () => {
    const warm = { ...schedule, warmupSteps: 4 };
    assert.deepEqual(
      [1, 2, 4, 5].map((step) => learningRateAt(warm, step) / 1e-4),
      [0.25, 0.5, 1, 1],
    );
  });

  it('a milestone with its own factor multiplies by it; bare ones halve', () => {
    const own = { base: 1, steps: 100, milestones: [{ at: 10, factor: 0.1 }, 0.5], warmupSteps: 0 };
    assert.equal(learningRateAt(own, 10), 1);
    assert.equal(learningRateAt(own, 11), 0.1);
    assert.equal(learningRateAt(own, 51), 0.05);
  });
});
