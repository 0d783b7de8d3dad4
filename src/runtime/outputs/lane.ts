import type { DepthFrame } from '../frame.js';
import { LatestSlot } from '../latest-slot.js';
import type { Output, OutputStats, Pace } from './output.js';

/** Frames that may wait for one output: enough to ride out one slow write, few enough to be worth little memory. */
const laneCapacity = 4;

/** The way from the pipeline to one output: a bounded queue and the one loop that calls the output. */
export class OutputLane {
  readonly #output: Output;
  readonly #queue: LatestSlot<DepthFrame>;
  readonly #onRoom: () => void;
  readonly #onFailure: (error: unknown) => void;
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #written = 0;
  #dropped = 0;

  /**
   * @param onRoom called whenever a full lane has room again.
   * @param onFailure called once, with the first error of the output; the lane then takes nothing more.
   */
  constructor(output: Output, pace: Pace, onRoom: () => void, onFailure: (error: unknown) => void) {
    this.#output = output;
    this.#queue = new LatestSlot(laneCapacity, pace === 'real-time' ? 'newest-wins' : 'hold-back');
    this.#onRoom = onRoom;
    this.#onFailure = onFailure;
  }

  get isFull(): boolean {
    return this.#queue.isFull;
  }

  get stats(): OutputStats {
    return { name: this.#output.name, written: this.#written, dropped: this.#dropped };
  }

  /** Takes a frame; in real-time pace a full lane loses its oldest one. Returns at once. */
  offer(frame: DepthFrame): void {
    if (this.#hasFailed) return;
    if (this.#queue.put(frame) !== undefined) this.#dropped++;
    this.#working ??= this.#work();
  }

  /** Resolves when everything offered was written (or lost to a failure). */
  async drain(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // After the current turn: the next inference is started first.
    await Promise.resolve();
    try {
      for (let frame = this.#queue.take(); frame !== undefined; frame = this.#queue.take()) {
        this.#onRoom();
        await this.#output.publish(frame);
        this.#written++;
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#dropped += this.#queue.clear() + 1;
      this.#onFailure(error);
    } finally {
      this.#working = undefined;
    }
  }
}
