import { lsimLoss, mirror } from '../losses/lsim.js';
import { applyNetwork } from '../networks/network.js';
import { tf } from '../tensorflow/tf.js';
import type { StageLoss } from './method.js';

/** Both passes go through the network at once, one behind the other in the batch: their weights are the same. */
export function studentLoss(images: 'both' | 'left'): StageLoss {
  return ({ model, entry, widthPx }, { left, right }) =>
    () => {
      const outputFactorPx = entry.outputFactorPx(widthPx);
      const seen = images === 'left' ? left : tf.concat([left, mirror(right)]);
      const heads = applyNetwork(model, entry, [seen], { training: true }).slice(0, entry.scales);
      if (images === 'left') return lsimLoss({ left, right, leftHeads: heads, outputFactorPx });
      const halves = heads.map((head) => tf.split(head, 2) as [tf.Tensor4D, tf.Tensor4D]);
      return lsimLoss({
        left,
        right,
        leftHeads: halves.map(([own]) => own),
        mirroredRightHeads: halves.map(([, mirrored]) => mirrored),
        outputFactorPx,
      });
    };
}
