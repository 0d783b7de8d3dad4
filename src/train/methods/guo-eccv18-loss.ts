import type { BatchData } from '../../data/batch.js';
import { distillationLoss } from '../losses/distillation.js';
import { godardLoss } from '../losses/godard.js';
import { supervisedLoss } from '../losses/supervised.js';
import { unsupervisedLoss } from '../losses/unsupervised.js';
import { dilateVisible, leftRightVisible } from '../losses/visibility.js';
import { applyNetwork } from '../networks/network.js';
import { tf } from '../tensorflow/tf.js';
import { type BatchTensors, needed, type StageContext, type StageLoss } from './method.js';

/** Stage 1: disparity and, where truth tells it, visibility; equations (1) to (3). */
export function teacherLoss(occlusion: 'source' | 'left-right'): StageLoss {
  return ({ model, entry, widthPx }, batch, data) => {
    const visible = visibleTruth(batch, data, occlusion);
    return () => {
      const outputs = applyNetwork(model, entry, [batch.left, batch.right], { training: true });
      return supervisedLoss({
        disparityHeads: outputs.slice(0, entry.scales),
        visibilityLogits: visible === undefined ? [] : outputs.slice(entry.scales),
        disparityPx: needed(batch.disparityLeft),
        ...(visible === undefined ? {} : { visible: dilateVisible(visible) }),
        outputFactorPx: entry.outputFactorPx(widthPx),
        sparse: true,
      });
    };
  };
}

/** A pixel counts as visible from this probability of the network before fine-tuning on. */
const visibleFrom = 0.8;

/** Stage 2 without truth, equations (4) to (7). */
export function unsupervised(regularizationWeight: number): StageLoss {
  return (context, batch) => {
    const { entry, widthPx } = context;
    const clean = needed(batch.clean);
    const before = needed(context.frozen.before);
    const outputs = applyNetwork(before.model, before.entry, [clean.left, clean.right], { training: false });
    const referencePx = outputs[0]!.relu().mul<tf.Tensor4D>(entry.outputFactorPx(widthPx));
    const isVisible = outputs[entry.scales]!.sigmoid<tf.Tensor4D>().greaterEqual<tf.Tensor4D>(visibleFrom);
    const visible = isVisible.toFloat<tf.Tensor4D>();
    return () =>
      unsupervisedLoss({
        disparityHeads: disparityHeads(context, batch),
        outputFactorPx: entry.outputFactorPx(widthPx),
        ...clean,
        referencePx,
        visible,
        absoluteWeight: 0.05 * regularizationWeight,
        relativeWeight: 0.1 * regularizationWeight,
      });
  };
}

/** Godard's loss on both views: the right one's disparity is the left one's of the mirrored, exchanged pair. */
export const godard: StageLoss = (context, batch) => () => {
  const mirror = (image: tf.Tensor4D): tf.Tensor4D => image.reverse(2);
  const heads = disparityHeads(context, {
    left: tf.concat([batch.left, mirror(batch.right)]),
    right: tf.concat([batch.right, mirror(batch.left)]),
  });
  const halves = heads.map((head) => tf.split(head, 2) as [tf.Tensor4D, tf.Tensor4D]);
  return godardLoss({
    leftHeads: halves.map(([own]) => own),
    rightHeads: halves.map(([, mirrored]) => mirror(mirrored)),
    outputFactorPx: context.entry.outputFactorPx(context.widthPx),
    ...needed(batch.clean),
  });
};

/** Stage 2 with truth. */
export const supervised: StageLoss = (context, batch) => () =>
  supervisedLoss({
    disparityHeads: disparityHeads(context, batch),
    visibilityLogits: [],
    disparityPx: needed(batch.disparityLeft),
    outputFactorPx: context.entry.outputFactorPx(context.widthPx),
    sparse: true,
  });

/** Weights of the terms of ours, 0 = the paper. */
export interface StudentSettings {
  readonly useConfidence: boolean;
  readonly relativeWeight: number;
  readonly gradientWeight: number;
  readonly thinWeight: number;
}

/** Stage 3, equation (8). */
export function studentLoss({ useConfidence, ...weights }: StudentSettings): StageLoss {
  return ({ model, entry, widthPx }, batch) => {
    const confidence = useConfidence ? batch.confidenceLeft : undefined;
    return () =>
      distillationLoss({
        outputs: applyNetwork(model, entry, [batch.left], { training: true }),
        outputFactorPx: entry.outputFactorPx(widthPx),
        labelPx: needed(batch.disparityLeft),
        ...(confidence === undefined ? {} : { confidence }),
        ...weights,
      });
  };
}

function disparityHeads({ model, entry }: StageContext, { left, right }: BatchTensors): tf.Tensor4D[] {
  return applyNetwork(model, entry, [left, right], { training: true }).slice(0, entry.scales);
}

/** Ground-truth visibility [B,H,W,1]; undefined where disparity is sparse, which says nothing between its pixels. */
function visibleTruth(
  { disparityLeft, disparityRight, visibleLeft }: BatchTensors,
  data: BatchData,
  occlusion: 'source' | 'left-right',
): tf.Tensor4D | undefined {
  if (disparityLeft === undefined || !isDense(data.disparityLeft)) return undefined;
  if (visibleLeft !== undefined && occlusion === 'source') return visibleLeft;
  if (disparityRight === undefined || !isDense(data.disparityRight)) return undefined;
  return leftRightVisible(disparityLeft, disparityRight);
}

function isDense(disparityPx: Float32Array | undefined): boolean {
  if (disparityPx === undefined) return false;
  let known = 0;
  let looked = 0;
  for (let i = 0; i < disparityPx.length; i += 13) {
    looked++;
    if (disparityPx[i]! > 0) known++;
  }
  return known * 2 >= looked;
}
