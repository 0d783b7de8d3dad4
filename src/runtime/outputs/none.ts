import { z } from 'zod';
import { defineOutput, type Output } from './output.js';

/** The entry of the table. */
export const none = defineOutput({
  name: 'none',
  form: 'none',
  help: 'nothing: compute depth and throw it away',
  schema: z.strictObject({ kind: z.literal('none') }),
  open: () => noOutput(),
});

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
