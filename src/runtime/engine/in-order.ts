/** Hands the results of work that goes on at once out in the order in which the work was put in. */
export class InOrder {
  #settled: Promise<unknown> = Promise.resolve();

  /** Settles when everything that was put in so far has settled; never rejects. */
  get settled(): Promise<unknown> {
    return this.#settled;
  }

  /** @returns what `work` gives, once all that was put in before it has settled. */
  async put<T>(work: Promise<T>): Promise<T> {
    const before = this.#settled;
    this.#settled = Promise.allSettled([before, work]);
    await before;
    return work;
  }
}
