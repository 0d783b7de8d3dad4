import { z } from 'zod';
import { leakyQueue } from '../queues.js';
import type { GstSourceKind } from '../source-kind.js';
import { withoutPassword } from '../without-password.js';

const schema = z.strictObject({
  kind: z.literal('pipeline'),
  /** A GStreamer launch text that ends in raw video; cropping, resizing and the pipe are put behind it. */
  launch: z.string().min(1).max(10_000),
  /** Live: late frames are dropped, and it is restarted where it fails. Else it waits, and ends at its end. */
  live: z.boolean().default(true),
});

/** A GStreamer pipeline of the user's own. */
export const pipeline = {
  kind: 'pipeline',
  schema,
  text: { words: ['pipeline'], form: 'pipeline:TEXT', example: 'pipeline:tcpclientsrc host=10.0.0.5 ! decodebin' },
  parse: (rest) => (rest.trim() === '' ? undefined : { kind: 'pipeline', launch: rest }),
  describe: ({ launch }) => `pipeline:${withoutPassword(launch).slice(0, 60)}`,
  live: ({ live }) => live,
  timestamps: 'unknown',
  probe: (_source, open) => open(),
  packages: { anywhere: {}, jetson: {} },
  isEssential: true,
  elements: ({ launch, live }) => [launch.trim(), ...(live ? [leakyQueue] : [])],
  imageSize: 'sender',
  // nvvidconv takes the frames out of either memory.
  nvidiaMemory: 'where-installed',
  ownText: ({ launch }) => launch.trim(),
} satisfies GstSourceKind<typeof schema>;
