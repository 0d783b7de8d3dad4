/** One stream's place at an engine that several streams share. */
export interface Turn {
  /** Takes a place in the engine. Where none is free, the stream waits for its turn, and is called when that comes. */
  take(): boolean;
  /** Gives the place back, and so the turn to whoever waits longest. */
  giveBack(): void;
}

/** The turn of a stream that has an engine for itself. */
export const ownTurn: Turn = { take: () => true, giveBack: () => undefined };

/**
 * Shares an engine fairly: whoever has a frame and finds no free place waits in line, once, whatever comes in the meantime.
 * So streams that always have a frame take turns, one frame each, and one that is slow or silent costs the others nothing.
 * A frame is not handed over when it starts to wait but when its turn has come: then it is the newest.
 */
export class EngineTurns {
  readonly #places: number;
  readonly #line: (() => void)[] = [];
  #taken = 0;

  /** @param places frames that the engine works on at once. */
  constructor(places: number) {
    this.#places = places;
  }

  /** @param onTurn called when a place is free for this stream, which takes it at once or not at all. */
  join(onTurn: () => void): Turn {
    return {
      take: () => {
        if (this.#taken < this.#places) {
          this.#taken++;
          return true;
        }
        if (!this.#line.includes(onTurn)) this.#line.push(onTurn);
        return false;
      },
      giveBack: () => {
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
