import { CyclopsError } from '../../base/errors.js';
import type { DepthFrame, Pace } from '../frame.js';
import { LatestSlot } from '../latest-slot.js';
import type { Output, OutputStats } from './output.js';

/** Frames that may wait for one output: enough to ride out one slow write, few enough to be worth little memory. */
const queueCapacity = 4;
/** A stream that was asked to end waits this long for an output that takes nothing: a pipe whose reader does not read. */
const hurryMs = 10_000;

/** What a queue tells the stream. */
export interface QueueEvents {
  /** A full queue has room again. */
  onRoom(): void;
  /** A frame was written or dropped; where the output failed, no more of these come. */
  onDone(frame: DepthFrame): void;
  /** The first error of the output, once; the queue then takes nothing more. */
  onFailure(error: unknown): void;
}

/** The way from the stream to one output: a bounded queue, the one loop that calls the output, and its end. */
export class OutputQueue {
  readonly #output: Output;
  readonly #waiting: LatestSlot<DepthFrame>;
  readonly #events: QueueEvents;
  #working: Promise<void> | undefined;
  readonly #givenUp: Promise<never>;
  #giveUp: (error: CyclopsError) => void = () => undefined;
  #hurryTimer: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #isClosed = false;
  #written = 0;
  #dropped = 0;

  constructor(output: Output, pace: Pace, events: QueueEvents) {
    this.#output = output;
    this.#waiting = new LatestSlot(queueCapacity, pace === 'real-time' ? 'newest-wins' : 'hold-back');
    this.#events = events;
    this.#givenUp = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.#givenUp.catch(() => undefined);
  }

  get isFull(): boolean {
    return this.#waiting.isFull;
  }

  get stats(): OutputStats {
    return { name: this.#output.name, written: this.#written, dropped: this.#dropped };
  }

  /** Takes a frame; in real-time pace a full queue loses its oldest one. Returns at once. */
  offer(frame: DepthFrame): void {
    if (this.#hasFailed) return;
    const lost = this.#waiting.put(frame);
    if (lost !== undefined) {
      this.#dropped++;
      this.#events.onDone(lost);
    }
    this.#working ??= this.#work();
  }

  /** The stream was asked to end: an output that is not closed after a while is given up. */
  hurry(): void {
    if (this.#isClosed) return;
    this.#hurryTimer ??= setTimeout(() => {
      this.#hasFailed = true;
      this.#dropped += this.#waiting.clear();
      this.#giveUp(new CyclopsError('WRITE_FAILED', `${this.#output.name}: nothing was taken for ${hurryMs / 1000} s`));
    }, hurryMs);
  }

  /**
   * Writes what was offered, then closes the output.
   * @throws the output's error on closing; CyclopsError `WRITE_FAILED` where it had to be given up.
   */
  async close(): Promise<void> {
    const closing = async () => {
      await this.#working;
      await this.#output.stop();
    };
    await Promise.race([closing(), this.#givenUp]).finally(() => {
      this.#isClosed = true;
      clearTimeout(this.#hurryTimer);
    });
  }

  async #work(): Promise<void> {
    // After the current turn: the next inference is started first.
    await Promise.resolve();
    try {
      for (let frame = this.#waiting.take(); frame !== undefined; frame = this.#waiting.take()) {
        this.#events.onRoom();
        await this.#output.publish(frame);
        this.#written++;
        this.#events.onDone(frame);
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#dropped += this.#waiting.clear() + 1;
      this.#events.onFailure(error);
    } finally {
      this.#working = undefined;
    }
  }
}
