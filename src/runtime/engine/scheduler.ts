import type { Engine } from './engine.js';

/** One stream's place at an engine that several streams share. */
export interface EngineAccess {
  /** Takes a place in the engine. Where none is free, the stream waits in line, and is called when one is. */
  acquire(): boolean;
  /** Gives the place back, to whoever waits longest. */
  release(): void;
}

/** Access of a stream that has an engine for itself. */
export const exclusiveAccess: EngineAccess = { acquire: () => true, release: () => undefined };

/**
 * Shares an engine fairly: whoever has a frame and finds no free place waits in line, once, whatever comes in the meantime.
 * So streams that always have a frame get one frame each in a round, and one that is slow or silent costs the others nothing.
 * A frame is not handed over when it starts to wait but when a place is free: then it is the newest.
 */
export class EngineScheduler {
  readonly #places: number;
  readonly #line: (() => void)[] = [];
  #taken = 0;

  /** @param places frames that the engine works on at once. */
  constructor(places: number) {
    this.#places = places;
  }

  /** @param onFree called when a place is free for this stream, which takes it at once or not at all. */
  join(onFree: () => void): EngineAccess {
    return {
      acquire: () => {
        if (this.#taken < this.#places) {
          this.#taken++;
          return true;
        }
        if (!this.#line.includes(onFree)) this.#line.push(onFree);
        return false;
      },
      release: () => {
        this.#taken--;
        while (this.#taken < this.#places) {
          const next = this.#line.shift();
          if (next === undefined) break;
          next();
        }
      },
    };
  }
}

/** The same engine for one of several streams, which neither ends nor cancels what is not its own. */
export function sharedEngine(engine: Engine): Engine {
  return {
    info: engine.info,
    infer: (input, depthM) => engine.infer(input, depthM),
    runBare: (input, count) => engine.runBare(input, count),
    cancel: () => undefined,
    close: async () => undefined,
  };
}

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
