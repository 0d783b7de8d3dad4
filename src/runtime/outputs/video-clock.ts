import type { DepthFrame } from '../frame.js';

/**
 * Time stamps for a video, ns since its first picture: the source's own (PTS), else the capture times. They always
 * rise: where the source starts again (a loop, a camera's restart), the next picture follows after one nominal frame.
 */
export function createVideoClock(fps: number): (frame: Pick<DepthFrame, 'ptsNs' | 'stamps'>) => bigint {
  const nominalNs = BigInt(Math.round(1e9 / fps));
  let offsetNs: bigint | undefined;
  let lastNs = -nominalNs;
  return ({ ptsNs, stamps }) => {
    const sourceNs = ptsNs ?? stamps.capture;
    offsetNs ??= sourceNs;
    if (sourceNs - offsetNs <= lastNs) offsetNs = sourceNs - lastNs - nominalNs;
    lastNs = sourceNs - offsetNs;
    return lastNs;
  };
}
