import type { Output } from './output.js';

/** Computes depth and throws it away: for measuring. */
export function noOutput(): Output {
  return {
    name: 'none',
    releasesFrames: true,
    start: async () => undefined,
    publish: () => undefined,
    stop: async () => undefined,
  };
}
