import type { DepthFrame, Pace } from './frame.js';
import { LatestSlot } from './latest-slot.js';
import type { Output, StreamInfo } from './outputs/output.js';

/**
 * The output behind `for await`: one frame waits for the loop. In real-time pace a newer frame takes its place, and what
 * was lost is counted into the next frame's `droppedBefore`; in `fastest` pace the stream is held back until the frame was
 * taken, so that nothing is lost.
 */
export class FrameIteratorOutput implements Output {
  readonly name = 'iterator';
  readonly #slot = new LatestSlot<DepthFrame>(1, 'newest-wins');
  #pace: Pace = 'real-time';
  #lost = 0;
  #isOver = false;
  #onTaken: () => void = () => undefined;
  #onChange: () => void = () => undefined;

  async start({ pace }: StreamInfo): Promise<void> {
    this.#pace = pace;
  }

  publish(frame: DepthFrame): void | Promise<void> {
    if (this.#isOver) return;
    const lost = this.#slot.put(frame);
    if (lost !== undefined) this.#lost += lost.droppedBefore + 1;
    this.#onChange();
    if (this.#pace === 'real-time' || this.#slot.length === 0) return;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  /** No more frames come; the one that waits is still given. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#onChange();
  }

  /** Gives up the frame that waits, and those to come. */
  discard(): void {
    this.#isOver = true;
    this.#slot.clear();
    this.#onTaken();
    this.#onChange();
  }

  /** The next frame, as soon as there is one; undefined at the end. One call at a time. */
  async next(): Promise<DepthFrame | undefined> {
    while (this.#slot.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    const frame = this.#slot.take();
    this.#onTaken();
    if (frame === undefined || this.#lost === 0) return frame;
    const droppedBefore = frame.droppedBefore + this.#lost;
    this.#lost = 0;
    return { ...frame, droppedBefore };
  }
}
