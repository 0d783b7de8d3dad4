import { assert } from '../../base/assert.js';

/** Bins on either side of zero: fine enough that the coarsest scale of interest (1/128 of the range) has 16 of them. */
const binsPerSide = 2048;

/**
 * Counts of a tensor's numbers over [-limit, limit], filled in one pass over data of unknown range: where a number
 * lies beyond, the limit doubles and bins merge in pairs, so memory stays bounded and nothing is read twice.
 */
export class Histogram {
  /** 2 * binsPerSide counts; zero lies between the two halves, and belongs to the upper one. */
  #counts = new Float64Array(2 * binsPerSide);
  #limit = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** Smallest and largest number seen; +Infinity and -Infinity before the first. */
  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get count(): number {
    return this.#count;
  }

  /** Width of a bin. */
  get step(): number {
    return this.#limit / binsPerSide;
  }

  /** Counts from -limit to limit. */
  get counts(): Readonly<Float64Array> {
    return this.#counts;
  }

  /** Counts of magnitudes from 0 on, up to the bin that holds the largest. */
  magnitudes(): Float64Array {
    const used = Math.min(binsPerSide, Math.floor(Math.max(-this.#min, this.#max) / this.step) + 1);
    return Float64Array.from(
      { length: used },
      (_, bin) => this.#counts[binsPerSide + bin]! + this.#counts[binsPerSide - 1 - bin]!,
    );
  }

  /** Adds numbers, all finite. @throws an assertion error otherwise: callers check, and know the tensor's name. */
  add(data: Float32Array): void {
    let min = this.#min;
    let max = this.#max;
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      assert(Number.isFinite(value), 'a histogram takes finite numbers only');
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min = min;
    this.#max = max;
    this.#reach(Math.max(-min, max));
    const perStep = binsPerSide / this.#limit;
    const last = 2 * binsPerSide - 1;
    for (let i = 0; i < data.length; i++) {
      const bin = Math.floor(data[i]! * perStep) + binsPerSide;
      this.#counts[Math.min(bin, last)]!++;
    }
    this.#count += data.length;
  }

  #reach(magnitude: number): void {
    // Powers of two: doubling merges whole bins, and the order in which frames come does not matter.
    if (this.#limit === 0) this.#limit = 2 ** Math.ceil(Math.log2(Math.max(magnitude, 1e-30)));
    while (this.#limit < magnitude) {
      const merged = new Float64Array(2 * binsPerSide);
      for (let bin = 0; bin < 2 * binsPerSide; bin++) merged[binsPerSide / 2 + (bin >> 1)]! += this.#counts[bin]!;
      this.#counts = merged;
      this.#limit *= 2;
    }
  }
}
