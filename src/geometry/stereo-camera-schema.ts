import { z } from 'zod';

/** A `StereoCamera` in a JSON file: px at its width and height, metres. */
export const stereoCameraSchema = z.strictObject({
  width: z.int().positive(),
  height: z.int().positive(),
  fxPx: z.number().positive(),
  fyPx: z.number().positive(),
  cxPx: z.number(),
  cyPx: z.number(),
  baselineM: z.number().positive(),
  doffsPx: z.number(),
});
