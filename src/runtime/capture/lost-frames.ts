import type { BufferTags } from './gdp.js';

/** A jump of the source's own frame count beyond this is a new count, not that many lost frames. */
const countJumpLimit = 100_000n;
/** A pause longer than this is a new start of the stream, not that many lost frames, ns. */
const pauseLimitNs = 2_000_000_000n;
/** Over this many gaps the shortest one is taken for the camera's period. */
const gapsKept = 30;

/**
 * How many frames were lost between one image and the next. The source's own count tells it exactly. Decoders drop that
 * count; then the time between two images tells it, in periods of the camera: the nominal one, or where for a while no
 * gap was as short as that (a dark scene, a variable rate), the shortest that was seen.
 */
export class LostFrames {
  readonly #nominalNs: number | undefined;
  readonly #mayPause: boolean;
  readonly #gapsNs: number[] = [];
  #previousOffset: bigint | undefined;
  #previousPtsNs: bigint | undefined;

  /**
   * @param fps nominal rate of the source, frames/s, where it has one.
   * @param mayPause whether a long gap is a pause of the source; in a file it is not, but so many lost frames.
   */
  constructor(fps: number | undefined, mayPause = true) {
    this.#mayPause = mayPause;
    this.#nominalNs = fps === undefined ? undefined : 1e9 / fps;
  }

  /** Frames lost before this image; images must come in the order of arrival. */
  before({ offset, ptsNs }: Pick<BufferTags, 'offset' | 'ptsNs'>): number {
    const previousOffset = this.#previousOffset;
    const previousPtsNs = this.#previousPtsNs;
    this.#previousOffset = offset;
    this.#previousPtsNs = ptsNs;
    if (offset !== undefined) {
      if (previousOffset === undefined) return 0;
      const step = offset - previousOffset;
      return step > 1n && step < countJumpLimit ? Number(step - 1n) : 0;
    }
    if (ptsNs === undefined || previousPtsNs === undefined) return 0;
    const gapNs = ptsNs - previousPtsNs;
    return gapNs > 0n && (!this.#mayPause || gapNs < pauseLimitNs) ? this.#lostInGap(Number(gapNs)) : 0;
  }

  /** Forgets everything: the source was started again. */
  reset(): void {
    this.#previousOffset = undefined;
    this.#previousPtsNs = undefined;
    this.#gapsNs.length = 0;
  }

  #lostInGap(gapNs: number): number {
    this.#gapsNs.push(gapNs);
    if (this.#gapsNs.length > gapsKept) this.#gapsNs.shift();
    const isSettled = this.#gapsNs.length === gapsKept;
    const shortestNs = Math.min(...this.#gapsNs);
    const nominalNs = this.#nominalNs;
    const isSlower = isSettled && (nominalNs === undefined || (this.#mayPause && shortestNs > nominalNs * 1.5));
    const periodNs = isSlower ? shortestNs : nominalNs;
    return periodNs === undefined ? 0 : Math.max(0, Math.round(gapNs / periodNs) - 1);
  }
}
