import { z } from 'zod';
import { fraction } from './launch-text.js';

/** Settings that sources have in common, so that they mean the same in all of them. */
export const sourceFields = {
  pace: z.enum(['real-time', 'fastest']),
  framesPerSecond: z.number().positive().max(1000),
  pixels: z.int().min(16).max(16384),
  port: z.int().min(1).max(65535),
  /** A local address to listen on, or a multicast group to join. */
  listenAddress: z.ipv4('expected an IPv4 address').default('0.0.0.0'),
  /** Network jitter is evened out over this time, ms. A longer wait is not a live stream any more. */
  bufferMs: z.int().min(0).max(2000).default(100),
} as const;

/** The caps fields that ask for what the settings say. */
export function sizeAndRate({ width, height, fps }: { width: number; height: number; fps: number }): string {
  return `width=${width},height=${height},framerate=${fraction(fps)}`;
}
