import type { RenderedPair } from '../../../src/data/synthetic/render-pair.js';

/**
 * An independent notion of visibility: follow a left pixel to the right image and its disparity back. Returns on how
 * many pixels the renderer's mask says the same. Within one pixel of a depth edge either answer is right.
 */
export function leftRightVisibility(pair: RenderedPair): { readonly agree: number; readonly count: number } {
  const { width, height } = pair.left;
  const left = pair.disparityLeft.data;
  const right = pair.disparityRight.data;
  let agree = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const match = x - left[i]!;
      const at = Math.floor(match);
      let consistent = false;
      let inconsistent = false;
      for (const column of [at - 1, at, at + 1, at + 2]) {
        if (column < 0 || column >= width) {
          inconsistent = true;
          continue;
        }
        const difference = Math.abs(right[y * width + column]! - left[i]!);
        if (difference < 1) consistent = true;
        else inconsistent = true;
      }
      const seen = pair.visibleLeft.data[i] === 1;
      if ((seen && consistent) || (!seen && inconsistent)) agree++;
    }
  }
  return { agree, count: width * height };
}
