import type { Engine } from './engine.js';

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
