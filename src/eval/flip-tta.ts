import { flipImage, flipMap } from '../data/augment.js';
import type { Predict } from './evaluate.js';

/** The outer twentieth of each side comes from one prediction alone, a ramp of as much follows. */
const edgeShare = 0.05;

/**
 * Flip test-time augmentation, as Godard et al. 2017 do it: the network looks at the image and at its mirror image, and both
 * answers are averaged; near the left edge the second one counts, near the right edge the first, as each is blind there. For
 * networks that look at one image; it doubles their cost.
 */
export function withFlipTta(predict: Predict): Predict {
  return async (sample) => {
    const { right: _, ...view } = sample;
    const { camera } = sample;
    const own = await predict(view);
    const mirrored = flipMap(
      await predict({
        ...view,
        left: flipImage(sample.left),
        camera: { ...camera, cxPx: camera.width - 1 - camera.cxPx },
      }),
    );
    const { width, height } = own;
    const data = new Float32Array(own.data.length);
    for (let x = 0; x < width; x++) {
      const toLeft = edgeWeight(x / (width - 1));
      const toRight = edgeWeight(1 - x / (width - 1));
      for (let i = x; i < data.length; i += width) {
        const a = own.data[i]!;
        const b = mirrored.data[i]!;
        // Where one of them gave nothing, the other speaks alone.
        if (Number.isNaN(a) || Number.isNaN(b)) data[i] = Number.isNaN(a) ? b : a;
        else data[i] = toRight * a + toLeft * b + (1 - toLeft - toRight) * ((a + b) / 2);
      }
    }
    return { width, height, data };
  };
}

/** 1 at the edge, from 5 % of the width on falling to 0 at 10 %: l(x) = 1 - clip(20 (x - 0.05), 0, 1). */
function edgeWeight(share: number): number {
  return 1 - Math.min(1, Math.max(0, (share - edgeShare) / edgeShare));
}
