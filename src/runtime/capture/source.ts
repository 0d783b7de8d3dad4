import { z } from 'zod';

const framesPerSecond = z.number().positive().max(1000);
const pace = z.enum(['real-time', 'fastest']);
const pixels = z.int().min(16).max(16384);

const fileSource = z.strictObject({
  kind: z.literal('file'),
  /** A video file of any container and codec that GStreamer decodes here. */
  path: z.string().min(1),
  /** `fastest` (the default): depth for every frame, the decoder waits; `real-time`: as it was filmed, late frames drop. */
  pace: pace.default('fastest'),
  /** Starts again at the end, until stopped. */
  loop: z.boolean().default(false),
});

const testSource = z.strictObject({
  kind: z.literal('test'),
  /** A pattern of videotestsrc. */
  pattern: z.enum(['ball', 'smpte', 'snow', 'circular', 'gradient', 'checkers-8', 'zone-plate']).default('ball'),
  fps: framesPerSecond.default(30),
  width: pixels.default(1280),
  height: pixels.default(720),
  pace: pace.default('real-time'),
});

const v4l2Source = z.strictObject({
  kind: z.literal('v4l2'),
  /** `/dev/video0`, or better a name under `/dev/v4l/by-id/`, which stays with the camera. */
  device: z.string().regex(/^\/dev\/[\w./:-]+$/, 'expected a device such as /dev/video0'),
  pixelFormat: z.enum(['YUY2', 'MJPG']).default('YUY2'),
  width: pixels.default(1280),
  height: pixels.default(720),
  fps: framesPerSecond.default(30),
});

const imagesSource = z.strictObject({
  kind: z.literal('images'),
  /** A folder of PNG and JPEG pictures, shown in name order; sizes and kinds may be mixed. */
  path: z.string().min(1),
  fps: framesPerSecond.default(10),
  pace: pace.default('fastest'),
  loop: z.boolean().default(false),
});

/** Where pictures come from. */
export const sourceSchema = z.discriminatedUnion('kind', [fileSource, testSource, v4l2Source, imagesSource]);

/** A checked source with its defaults filled in. */
export type Source = z.output<typeof sourceSchema>;

/** What a user may leave out is left out. */
export type SourceInput = z.input<typeof sourceSchema>;

/** Whether the source goes on for ever, so that its end is a fault and worth a restart. */
export function isLive(source: Source): boolean {
  return source.kind === 'test' || source.kind === 'v4l2';
}

/** The source in one word pair, for logs and messages. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'file':
    case 'images':
      return `${source.kind}:${source.path}`;
    case 'v4l2':
      return `v4l2:${source.device}`;
    case 'test':
      return `test:${source.pattern}`;
  }
}
