/** State of a generator: four 32-bit words, JSON-safe. */
export type RandomState = readonly [number, number, number, number];

/**
 * Seeded pseudo-random numbers (sfc32): the same seed gives the same numbers on every machine, and the state can be
 * saved, so a resumed run draws what an uninterrupted one would have drawn.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  private constructor(state: RandomState) {
    [this.#a, this.#b, this.#c, this.#counter] = state;
  }

  /** A generator for a seed and, optionally, a label that separates independent uses of one seed. */
  static fromSeed(seed: number, label: string | number = ''): Random {
    let hash = 2166136261 ^ seed;
    for (const char of `${seed}/${label}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
    const random = new Random([hash | 0, (hash ^ 0x9e3779b9) | 0, Math.imul(seed | 0, 0x85ebca6b), 1]);
    for (let i = 0; i < 15; i++) random.nextUint32();
    return random;
  }

  static fromState(state: RandomState): Random {
    return new Random(state);
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  nextUint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.nextUint32() / 4294967296);
  }

  /** Uniform integer in [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Normal distribution (Box-Muller, one value a call). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** One element of a non-empty list. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new Error('assertion failed: pick from an empty list');
    return item;
  }

  /** The numbers 0 .. count-1 in random order (Fisher-Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }
}
