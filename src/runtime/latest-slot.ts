/**
 * What waits between two stages that run at their own pace. `newest-wins`: a full slot loses its oldest item to a new
 * one, so whoever takes gets the latest and age stays bounded (capacity 1 = one frame a camera). `hold-back`: nothing is
 * lost; the writer must look at `isFull` and stop, and may go over the capacity by what it had already read.
 */
export class LatestSlot<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  readonly #overflow: 'newest-wins' | 'hold-back';

  constructor(capacity: number, overflow: 'newest-wins' | 'hold-back') {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  get length(): number {
    return this.#items.length;
  }

  get isFull(): boolean {
    return this.#items.length >= this.#capacity;
  }

  /** Adds an item. @returns the item that was lost for it, if any. */
  put(item: T): T | undefined {
    const lost = this.#overflow === 'newest-wins' && this.isFull ? this.#items.shift() : undefined;
    this.#items.push(item);
    return lost;
  }

  /** Removes the oldest item that is still here. */
  take(): T | undefined {
    return this.#items.shift();
  }

  /** Empties the slot. @returns how many items were lost. */
  clear(): number {
    return this.#items.splice(0).length;
  }
}
