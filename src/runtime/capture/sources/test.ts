import { z } from 'zod';
import { leakyQueue } from '../queues.js';
import { sizeAndRate, sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';

const patterns = ['ball', 'smpte', 'snow', 'circular', 'gradient', 'checkers-8', 'zone-plate'] as const;

const schema = z.strictObject({
  kind: z.literal('test'),
  /** A pattern of videotestsrc. */
  pattern: z.enum(patterns).default('ball'),
  fps: sourceFields.framesPerSecond.default(30),
  width: sourceFields.pixels.default(1280),
  height: sourceFields.pixels.default(720),
  pace: sourceFields.pace.default('real-time'),
});

/** GStreamer's test image, drawn here. */
export const test = {
  kind: 'test',
  schema,
  text: { words: ['test'], form: 'test', example: 'test:smpte' },
  // Another name is refused by the schema, with the names there are.
  parse: (rest) => ({ kind: 'test', ...(rest === '' ? {} : { pattern: rest as (typeof patterns)[number] }) }),
  describe: ({ pattern }) => `test:${pattern}`,
  live: () => true,
  timestamps: 'generated',
  probe: async ({ width, height, fps }) => ({ width, height, fps }),
  packages: { anywhere: { videotestsrc: 'gstreamer1.0-plugins-base' }, jetson: {} },
  isEssential: true,
  elements(source) {
    const isLive = source.pace === 'real-time';
    const image = [
      `videotestsrc is-live=${isLive} do-timestamp=${isLive} pattern=${source.pattern}`,
      `video/x-raw,format=I420,${sizeAndRate(source)}`,
    ];
    return isLive ? [...image, leakyQueue] : image;
  },
  imageSize: 'settings',
  nvidiaMemory: 'never',
} satisfies GstSourceKind<typeof schema>;
