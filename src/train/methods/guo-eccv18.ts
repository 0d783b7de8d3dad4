import { assert, assertNever } from '../../base/assert.js';
import { distillationLoss } from '../losses/distillation.js';
import { godardLoss } from '../losses/godard.js';
import type { Loss } from '../losses/loss.js';
import { supervisedLoss } from '../losses/supervised.js';
import { unsupervisedLoss } from '../losses/unsupervised.js';
import { dilateVisible } from '../losses/visibility.js';
import type { BatchTensors, Method, Stage, StageContext } from '../method.js';
import { applyNetwork } from '../network.js';
import { tf } from '../tf.js';

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
      disparityPx: known(batch.disparityLeft),
      ...(hasVisible ? { visible: dilateVisible(batch.visibleLeft) } : {}),
      outputFactorPx: entry.outputFactorPx(config.width),
      sparse: true,
    });
  },
};

/**
 * Stage 2: the stereo network goes on with pairs of the target domain, on equations (4) to (7), on Godard's loss, or on
 * ground truth. Milestones are 5, 7 and 9 of 10 epochs without truth, 100, 140 and 180 of 200 with it.
 */
const finetune: Stage = {
  title: 'stereo teacher, fine-tuned',
  defaults: {
    network: 'dispnet-c',
    supervision: 'none',
    augmentation: 'stereo',
    batch: 4,
    steps: 56_500,
    learningRate: 2e-5,
    milestones: [0.5, 0.7, 0.9],
    warmupSteps: 0,
  },
  frozenView({ frozen, entry, config }, batch) {
    assert(frozen !== undefined && batch.clean !== undefined, 'unsup looks at clean views with the frozen network');
    const { left, right } = batch.clean;
    const outputs = applyNetwork(frozen, entry, [left, right], { training: false });
    return {
      disparityPx: outputs[0]!.relu().mul(entry.outputFactorPx(config.width)),
      visible: outputs[entry.scales]!.sigmoid<tf.Tensor4D>().greaterEqual<tf.Tensor4D>(visibleFrom).toFloat(),
    };
  },
  loss(context, batch, frozen) {
    const { entry, config } = context;
    assert(config.tuning !== undefined, 'a fine-tuning says how');
    switch (config.tuning) {
      case 'unsup': {
        assert(frozen !== undefined && batch.clean !== undefined, 'unsup needs the frozen view and clean images');
        const tie = config.tie ?? 1;
        return unsupervisedLoss({
          disparityHeads: disparityHeads(context, batch),
          outputFactorPx: entry.outputFactorPx(config.width),
          ...batch.clean,
          referencePx: frozen.disparityPx,
          visible: frozen.visible,
          absoluteWeight: 0.05 * tie,
          relativeWeight: 0.1 * tie,
        });
      }
      case 'unsup-godard':
        return godard(context, batch);
      case 'sup100':
      case 'supAll':
        // The visibility head stays as it is: sparse truth says nothing about it.
        return supervisedLoss({
          disparityHeads: disparityHeads(context, batch),
          visibilityLogits: [],
          disparityPx: known(batch.disparityLeft),
          outputFactorPx: entry.outputFactorPx(config.width),
          sparse: true,
        });
      default:
        return assertNever(config.tuning);
    }
  },
};

/** A pixel counts as visible from this probability of the frozen network on. */
const visibleFrom = 0.8;

function disparityHeads({ model, entry }: StageContext, { left, right }: BatchTensors): tf.Tensor4D[] {
  return applyNetwork(model, entry, [left, right], { training: true }).slice(0, entry.scales);
}

/** Godard's loss on both views: the right one's disparity is the left one's of the mirrored, exchanged pair. */
function godard(context: StageContext, batch: BatchTensors): Loss {
  assert(batch.clean !== undefined, 'fine-tuning without truth compares clean images');
  const mirror = (image: tf.Tensor4D): tf.Tensor4D => image.reverse(2);
  const heads = disparityHeads(context, {
    left: tf.concat([batch.left, mirror(batch.right)]),
    right: tf.concat([batch.right, mirror(batch.left)]),
  });
  const halves = heads.map((head) => tf.split(head, 2) as [tf.Tensor4D, tf.Tensor4D]);
  return godardLoss({
    leftHeads: halves.map(([own]) => own),
    rightHeads: halves.map(([, mirrored]) => mirror(mirrored)),
    outputFactorPx: context.entry.outputFactorPx(context.config.width),
    ...batch.clean,
  });
}

/** The disparity a supervised stage learns from. */
function known(disparity: tf.Tensor4D | undefined): tf.Tensor4D {
  assert(disparity !== undefined, 'a supervised stage has disparity');
  return disparity;
}

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
      labelPx: known(batch.disparityLeft),
      ...(confidence === undefined ? {} : { confidence }),
      relativeWeight: config.relativeWeight,
      gradientWeight: config.gradientWeight,
      thinWeight: config.thinWeight ?? 0,
    });
  },
};

/** Guo, Li, Yi, Ren, Wang: Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018. */
export const guoEccv18: Method = {
  name: 'guo-eccv18',
  paper: 'Guo et al., Learning Monocular Depth by Distilling Cross-domain Stereo Networks, ECCV 2018',
  stages: { teacher, finetune, student },
  tunings: {
    // 10 epochs of 22,600 pairs, and 200 epochs of 100 pairs.
    unsup: { supervision: 'none', steps: 56_500 },
    'unsup-godard': { supervision: 'none', steps: 56_500 },
    sup100: { supervision: 'truth', steps: 5_000, pairs: 100 },
    supAll: { supervision: 'truth', steps: 56_500 },
  },
};
