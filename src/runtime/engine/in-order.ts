/** Hands the results of work that goes on at once out in the order in which the work was put in. */
export class InOrder {
  #settled: Promise<void> = Promise.resolve();

  /** Settles when everything that was put in so far has settled; never rejects. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** @returns what `work` gives, once all that was put in before it has settled. */
  async put<T>(work: Promise<T>): Promise<T> {
    const before = this.#settled;
    // Without the last step each promise would hold on to all results so far.
    this.#settled = Promise.allSettled([before, work]).then(() => undefined);
    await before;
    return work;
  }
}
