import { distillationLoss } from '../losses/distillation.js';
import { supervisedLoss } from '../losses/supervised.js';
import { dilateVisible } from '../losses/visibility.js';
import type { Method, Stage } from '../method.js';
import { applyNetwork } from '../network.js';

/**
 * Stage 1: the stereo network learns matching and visibility on a synthetic world with ground truth, equations (1) to
 * (3). Milestones are 25, 35 and 45 of 50 epochs in the authors' code.
 */
const teacher: Stage = {
  title: 'stereo teacher',
  defaults: {
    network: 'dispnet-c',
    supervision: 'truth',
    augmentation: 'stereo',
    batch: 4,
    steps: 20_000,
    learningRate: 1e-4,
    milestones: [0.5, 0.7, 0.9],
    warmupSteps: 0,
  },
  loss({ model, entry, config }, batch) {
    const outputs = applyNetwork(model, entry, [batch.left, batch.right], { training: true });
    const hasVisible = batch.visibleLeft !== undefined;
    return supervisedLoss({
      disparityHeads: outputs.slice(0, entry.scales),
      visibilityLogits: hasVisible ? outputs.slice(entry.scales) : [],
      disparityPx: batch.disparityLeft,
      ...(hasVisible ? { visible: dilateVisible(batch.visibleLeft) } : {}),
      outputFactorPx: entry.outputFactorPx(config.width),
      sparse: true,
    });
  },
};

/**
 * Stage 3: the mono network learns the teacher's disparity, equation (8); milestones 20, 35 and 45 of 50 epochs. The
 * confidence weights and the two terms of ours are off unless the configuration asks for them.
 */
const student: Stage = {
  title: 'mono student',
  defaults: {
    network: 'mono-edge',
    supervision: 'labels',
    augmentation: 'mono',
    batch: 4,
    steps: 20_000,
    learningRate: 1e-4,
    milestones: [0.4, 0.7, 0.9],
    warmupSteps: 0,
  },
  loss({ model, entry, config }, batch) {
    const confidence = config.useConfidence ? batch.confidenceLeft : undefined;
    return distillationLoss({
      outputs: applyNetwork(model, entry, [batch.left], { training: true }),
      outputFactorPx: entry.outputFactorPx(config.width),
      labelPx: batch.disparityLeft,
      ...(confidence === undefined ? {} : { confidence }),
      relativeWeight: config.relativeWeight,
      gradientWeight: config.gradientWeight,
    });
  },
};

/** Guo, Li, Yi, Ren, Wang: Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018. */
export const guoEccv18: Method = {
  name: 'guo-eccv18',
  paper: 'Guo et al., Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018',
  stages: { teacher, student },
};
