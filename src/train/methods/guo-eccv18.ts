import { z } from 'zod';
import type { Augmentation } from '../../data/augment.js';
import { configFault, lossWeight } from '../config/config.js';
import { defineStage, type Method, type StageDefaults } from './method.js';

// Guo, Li, Yi, Ren, Wang: Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018. Equation
// numbers are the paper's; ranges and schedules are those of the authors' code. guo-eccv18-loss.ts has the losses.

const colorRanges = (): Omit<Augmentation['color'], 'chance'> => ({
  gamma: [0.8, 1.2],
  brightness: [0.8, 1.2],
  channelGain: [0.95, 1.05],
});

/** Crops of 0.65 to 1, colours always changed. */
const stereoAugmentation: Augmentation = {
  ...{ swap: 0.5, mirror: 0, cropSide: [0.65, 1] },
  color: { chance: 1, ...colorRanges() },
};

/** Whole images (the vertical position is what one view goes by); each view may be mirrored on its own. */
const monoAugmentation: Augmentation = {
  ...{ swap: 0.5, mirror: 0.5, cropSide: [1, 1] },
  color: { chance: 0.5, ...colorRanges() },
};

/**
 * Stage 1: the stereo network learns matching and visibility on a synthetic world with ground truth, equations (1) to
 * (3). Milestones are 25, 35 and 45 of 50 epochs.
 */
const teacher = defineStage({
  title: 'stereo teacher',
  networks: { trained: { inputs: 'stereo', default: 'dispnet-c', start: 'anew' } },
  settings: z.strictObject({
    occlusion: z.enum(['source', 'left-right']).default('source').meta({
      help: 'Ground-truth visibility: of the data, or from both true disparities (equation 1)',
    }),
  }),
  of: ({ occlusion }) => ({
    needs: { clean: false, target: 'truth', rightTarget: occlusion === 'left-right' ? 'required' : 'optional' },
    defaults: {
      augmentation: stereoAugmentation,
      batch: 4,
      steps: 20_000,
      learningRate: 1e-4,
      milestones: [0.5, 0.7, 0.9],
      warmupSteps: 0,
    },
    loss: async () => (await import('./guo-eccv18-loss.js')).teacherLoss(occlusion),
  }),
});

/** Stage 2: milestones are 5, 7 and 9 of 10 epochs without truth, 100, 140 and 180 of 200 with it. */
const finetuneDefaults: StageDefaults = {
  augmentation: stereoAugmentation,
  batch: 4,
  // 10 epochs of 22,600 pairs.
  steps: 56_500,
  learningRate: 2e-5,
  milestones: [0.5, 0.7, 0.9],
  warmupSteps: 0,
};

const finetuned = { inputs: 'stereo', default: 'dispnet-c', start: 'checkpoint' } as const;

/**
 * Stage 2 without truth, equations (4) to (7): the views are compared where both see the same, and two L1 terms hold on to
 * the network before fine-tuning.
 */
const finetuneUnsup = defineStage({
  title: 'stereo teacher, fine-tuned without truth',
  networks: { trained: finetuned, frozen: { before: { inputs: 'stereo', from: 'init' } } },
  settings: z.strictObject({
    regularizationWeight: lossWeight.default(1).meta({
      help: "Factor on both L1 terms to the network before fine-tuning; 0.5 = the authors' code",
    }),
  }),
  of: ({ regularizationWeight }) => ({
    needs: { clean: true, target: 'none', rightTarget: 'unused' },
    defaults: finetuneDefaults,
    check({ network }, entry) {
      if (!entry.visibility) configFault('network', `the loss needs a visibility head, ${network} has none`);
    },
    loss: async () => (await import('./guo-eccv18-loss.js')).unsupervised(regularizationWeight),
  }),
});

/** The paper's baseline for stage 2: Godard's loss on both views, without masks or regularization. */
const finetuneGodard = defineStage({
  title: "stereo teacher, fine-tuned on Godard's loss",
  networks: { trained: finetuned },
  settings: z.strictObject({}),
  of: () => ({
    needs: { clean: true, target: 'none', rightTarget: 'unused' },
    defaults: finetuneDefaults,
    loss: async () => (await import('./guo-eccv18-loss.js')).godard,
  }),
});

/** Stage 2 with truth. The visibility head stays as it is: sparse truth says nothing about it. */
function finetuneSupervised(title: string, own: Partial<StageDefaults>) {
  return defineStage({
    title,
    networks: { trained: finetuned },
    settings: z.strictObject({}),
    of: () => ({
      needs: { clean: false, target: 'truth', rightTarget: 'unused' },
      defaults: { ...finetuneDefaults, ...own },
      loss: async () => (await import('./guo-eccv18-loss.js')).supervised,
    }),
  });
}

/**
 * Stage 3: the mono network learns the teacher's disparity, equation (8); milestones 20, 35 and 45 of 50 epochs. The
 * confidence weights and the terms of ours are off unless the configuration asks for them.
 */
const student = defineStage({
  title: 'mono student',
  networks: { trained: { inputs: 'mono', default: 'mono-edge', start: 'anew' } },
  settings: z.strictObject({
    supervision: z.enum(['labels', 'truth']).default('labels').meta({
      help: "What it learns from: a teacher's labels, or the ground truth itself",
    }),
    useConfidence: z.boolean().default(false).meta({ help: "Weigh each pixel with its label's confidence (ours)" }),
    relativeWeight: lossWeight.default(0).meta({ help: 'Weight of the relative error term (ours)' }),
    gradientWeight: lossWeight.default(0).meta({ help: 'Weight of the gradient term (ours)' }),
    thinWeight: lossWeight.default(0).meta({ help: 'How much more thin near structures count (ours)' }),
  }),
  of: (settings) => ({
    needs: { clean: false, target: settings.supervision, rightTarget: 'unused' },
    defaults: {
      augmentation: monoAugmentation,
      batch: 4,
      steps: 20_000,
      learningRate: 1e-4,
      milestones: [0.4, 0.7, 0.9],
      warmupSteps: 0,
    },
    check({ network }, entry) {
      if (settings.relativeWeight > 0 && !entry.positive) {
        const text = `needs a network whose output is never negative, ${network} has a linear one`;
        configFault('settings.relativeWeight', text);
      }
    },
    loss: async () => (await import('./guo-eccv18-loss.js')).studentLoss(settings),
  }),
});

/** The core method: distil a stereo matching network into a mono network. */
export const guoEccv18: Method = {
  name: 'guo-eccv18',
  paper: 'Guo et al., Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018',
  stages: {
    teacher,
    'finetune-unsup': finetuneUnsup,
    'finetune-godard': finetuneGodard,
    // 200 epochs of 100 pairs.
    'finetune-sup100': finetuneSupervised('stereo teacher, fine-tuned on 100 pairs', { steps: 5_000, pairs: 100 }),
    'finetune-supall': finetuneSupervised('stereo teacher, fine-tuned on truth', {}),
    student,
  },
};
