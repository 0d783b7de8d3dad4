import { z } from 'zod';
import { configFault } from '../config/config.js';
import { defineStage, type Method } from './method.js';

// Goldman, Hassner, Avidan: Learn Stereo, Infer Mono: Siamese Networks for Self-Supervised, Monocular, Depth Estimation,
// CVPRW 2019. lsim-cvprw19-loss.ts arranges the two passes, ../losses/lsim.ts has the loss.

/** Side of the Gaussian window that images are compared under, at every scale. */
const ssimWindowPx = 11;

/**
 * The only stage: one mono network looks at both images of a pair, at the right one mirrored, and learns from nothing but
 * that each view can be rebuilt from the other. At run time it looks at one image.
 */
const student = defineStage({
  title: 'mono student, self-supervised by stereo pairs',
  networks: { trained: { inputs: 'mono', default: 'mono-lsim', start: 'anew' } },
  settings: z.strictObject({
    images: z.enum(['both', 'left']).default('both').meta({
      help: 'Which views of a pair the network looks at; left = only the left pass, for comparison (ours)',
    }),
  }),
  of: ({ images }) => ({
    needs: { clean: false, target: 'none', rightTarget: 'unused' },
    defaults: {
      augmentation: {
        ...{ swap: 0.5, mirror: 0, cropSide: [1, 1] },
        color: { chance: 0.5, gamma: [0.8, 1.2], brightness: [0.5, 2], channelGain: [0.8, 1.2] },
      },
      batch: 4,
      // 50 epochs of 22,600 pairs; the rate halves after three and four fifths of them.
      steps: 282_500,
      learningRate: 1e-4,
      milestones: [0.6, 0.8],
      warmupSteps: 0,
    },
    check(config, { outputStride, scales }) {
      const coarsest = outputStride * 2 ** (scales - 1);
      for (const side of ['width', 'height'] as const) {
        if (config[side] / coarsest >= ssimWindowPx) continue;
        const least = `${coarsest * ssimWindowPx} for the four scales of ${config.network}`;
        configFault(side, `the window of SSIM needs ${least}, found ${config[side]}`);
      }
    },
    loss: async () => (await import('./lsim-cvprw19-loss.js')).studentLoss(images),
  }),
});

/** Self-supervised from both images of a pair, with one network. */
export const lsimCvprw19: Method = {
  name: 'lsim-cvprw19',
  paper:
    'Goldman et al., Learn Stereo, Infer Mono: Siamese Networks for Self-Supervised, Monocular, Depth Estimation, CVPRW 2019',
  stages: { student },
};
