/** One of the two cameras of a rig. */
export type Side = 'left' | 'right';

/** Two items that belong together, and how many stood alone before them. */
export interface Match<T> {
  readonly left: T;
  readonly right: T;
  /** Time of the right item less that of the left one, ns. */
  readonly skewNs: bigint;
}

interface Timed<T> {
  readonly timeNs: bigint;
  readonly item: T;
}

/** The other one. */
export function otherSide(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}

/**
 * Pairs two streams by time. Of two neighbours within the tolerance the nearer one is taken; what is certain to stay alone
 * is given back. Where the tolerance is below half the period of the cameras, there is never more than one candidate.
 */
export class PairMatcher<T> {
  readonly #toleranceNs: bigint;
  readonly #limit: number;
  readonly #waiting = { left: [] as Timed<T>[], right: [] as Timed<T>[] };
  readonly #unmatched = { left: 0, right: 0 };

  /** @param limit items kept a side while the other one is silent; more than that push the oldest out. */
  constructor(toleranceNs: bigint, limit: number) {
    this.#toleranceNs = toleranceNs;
    this.#limit = limit;
  }

  /** Items so far that had no partner. */
  get unmatched(): Readonly<Record<Side, number>> {
    return this.#unmatched;
  }

  /** Items of one side that wait for the other one. */
  waiting(side: Side): number {
    return this.#waiting[side].length;
  }

  /**
   * Adds an item; each side's times must rise.
   * @param onMatch called for each pair that is complete now, in the order of time.
   * @param onAlone called for each item that stays without a partner.
   */
  push(
    side: Side,
    timeNs: bigint,
    item: T,
    onMatch: (match: Match<T>) => void,
    onAlone: (item: T, side: Side) => void,
  ): void {
    const queue = this.#waiting[side];
    queue.push({ timeNs, item });
    this.#match(onMatch, onAlone);
    while (queue.length > this.#limit) this.#dropFirst(side, onAlone);
  }

  /** Takes out all that waits: one side has ended, and what the other has beyond that is not its loss. */
  clear(onItem: (item: T, side: Side) => void): void {
    for (const side of ['left', 'right'] as const) {
      for (const { item } of this.#waiting[side].splice(0)) onItem(item, side);
    }
  }

  #match(onMatch: (match: Match<T>) => void, onAlone: (item: T, side: Side) => void): void {
    const { left, right } = this.#waiting;
    while (left.length > 0 && right.length > 0) {
      const skewNs = right[0]!.timeNs - left[0]!.timeNs;
      const earlier: Side = skewNs > 0n ? 'left' : 'right';
      const distance = magnitude(skewNs);
      const next = this.#waiting[earlier][1];
      const later = this.#waiting[otherSide(earlier)][0]!;
      const isNextNearer = next !== undefined && magnitude(next.timeNs - later.timeNs) < distance;
      if (distance > this.#toleranceNs || isNextNearer) {
        this.#dropFirst(earlier, onAlone);
      } else {
        onMatch({ left: left.shift()!.item, right: right.shift()!.item, skewNs });
      }
    }
  }

  #dropFirst(side: Side, onAlone: (item: T, side: Side) => void): void {
    this.#unmatched[side]++;
    onAlone(this.#waiting[side].shift()!.item, side);
  }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
