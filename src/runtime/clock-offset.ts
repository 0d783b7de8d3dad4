import type { MonotonicNs } from '../base/clock.js';

/** The minimum is taken over the last one to two of these spans, so that a drifting camera clock is followed. */
const windowNs = 15_000_000_000n;
/** A stream whose PTS jumps by more than this, or goes back, has started anew (file loop, camera reset). */
const jumpNs = 2_000_000_000n;

/**
 * Moves presentation times onto CLOCK_MONOTONIC: capture time = PTS + offset, where the offset is the running minimum of
 * (arrival - PTS). The frame that travelled fastest sets it, so waiting behind others shows as age. What every frame has
 * in common (exposure, read-out, the shortest way here) cannot be seen from inside and is not part of the age.
 */
export class ClockOffset {
  #previousPts: bigint | undefined;
  #windowStart: bigint = 0n;
  #windowMinimum: bigint | undefined;
  #olderMinimum: bigint | undefined;
  readonly #mayJump: boolean;

  /** @param mayJump whether a jump ahead is a new start; in a file it is not, but frames that were left out. */
  constructor(mayJump = true) {
    this.#mayJump = mayJump;
  }

  /** The capture time of one frame; frames must come in the order of arrival. */
  captureTime(ptsNs: bigint, arrival: MonotonicNs): MonotonicNs {
    if (this.#hasJumped(ptsNs)) this.reset();
    this.#previousPts = ptsNs;
    const offset = arrival - ptsNs;
    if (this.#windowMinimum === undefined || arrival - this.#windowStart > windowNs) {
      this.#olderMinimum = this.#windowMinimum;
      this.#windowMinimum = offset;
      this.#windowStart = arrival;
    } else if (offset < this.#windowMinimum) {
      this.#windowMinimum = offset;
    }
    return (ptsNs + least(this.#windowMinimum, this.#olderMinimum)) as MonotonicNs;
  }

  /** Forgets everything: the source was started again. */
  reset(): void {
    this.#previousPts = undefined;
    this.#windowMinimum = undefined;
    this.#olderMinimum = undefined;
  }

  #hasJumped(ptsNs: bigint): boolean {
    if (this.#previousPts === undefined) return false;
    const step = ptsNs - this.#previousPts;
    return step < 0n || (this.#mayJump && step > jumpNs);
  }
}

function least(value: bigint, other: bigint | undefined): bigint {
  if (other === undefined || value < other) return value;
  return other;
}
