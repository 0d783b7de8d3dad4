import type { Bench } from './measure.js';

/** Cost of the stereo operators against a training step and against their plain formulations. */
export const bench: Bench = {
  name: 'ops',
  question: 'Which share of a teacher training step do the 1-D correlation and the horizontal warp take?',
  async run() {
    const { measureOperators } = await import('./ops/measure-operators.js');
    return measureOperators();
  },
};
