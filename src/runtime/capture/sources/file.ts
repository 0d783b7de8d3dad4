import { access, constants, stat } from 'node:fs/promises';
import { z } from 'zod';
import { CyclopsError } from '../../../base/errors.js';
import { quoted } from '../launch-text.js';
import { doorName } from '../messages.js';
import { noOtherLimit } from '../queues.js';
import { sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';

const schema = z.strictObject({
  kind: z.literal('file'),
  /** A video file of any container and codec that GStreamer decodes here. */
  path: z.string().min(1),
  /** `fastest` (the default): depth for every frame, the decoder waits; `real-time`: as it was filmed, late frames drop. */
  pace: sourceFields.pace.default('fastest'),
  /** Starts again at the end, until stopped. */
  loop: z.boolean().default(false),
});

/** A video file. */
export const file = {
  kind: 'file',
  schema,
  text: { words: ['file'], form: 'file:PATH', example: 'file:drive.mp4' },
  parse: (rest) => (rest === '' ? undefined : { kind: 'file', path: rest }),
  describe: ({ path }) => `file:${path}`,
  live: () => false,
  timestamps: 'recorded',
  async probe({ path }, open) {
    await assertFile(path);
    return open();
  },
  packages: {
    anywhere: {
      filesrc: 'libgstreamer1.0-0',
      'output-selector': 'libgstreamer1.0-0',
      funnel: 'libgstreamer1.0-0',
      parsebin: 'gstreamer1.0-plugins-base',
      decodebin: 'gstreamer1.0-plugins-base',
    },
    jetson: {},
  },
  isEssential: true,
  elements: ({ path, pace }) => [
    `filesrc location=${quoted(path)}`,
    ...(pace === 'real-time' ? [keyFrameDoor] : []),
    'decodebin',
  ],
  imageSize: 'sender',
  nvidiaMemory: 'where-installed',
  canKeepToKeyFrames: true,
} satisfies GstSourceKind<typeof schema>;

/** Video in whatever code GStreamer's parsers name; without it the link might be made to the sound. */
const anyVideo = [
  ...['x-h264', 'x-h265', 'mpeg', 'x-vp8', 'x-vp9', 'x-av1', 'x-prores', 'x-dnxhd', 'x-theora', 'x-h263', 'x-divx'],
  ...['x-xvid', 'x-msmpeg', 'x-wmv', 'x-flash-video', 'x-dv', 'x-huffyuv', 'x-ffv', 'x-cineform', 'x-raw'],
].map((name) => `video/${name}`);

/**
 * Before the decoder of a file that plays in real time: an output-selector that passes all frames (`src_0`, as it starts)
 * or only key frames (`src_1`). Only what is dropped before it is decoded saves time, and behind a gap only a key frame
 * can be decoded whole.
 */
const keyFrameDoor = [
  'parsebin',
  [...anyVideo, 'image/jpeg'].join(';'),
  `queue max-size-buffers=3 ${noOtherLimit}`,
  `output-selector name=${doorName}  ${doorName}.`,
  `funnel name=${doorName}s  ${doorName}.`,
  'identity drop-buffer-flags=delta-unit',
  `${doorName}s.  ${doorName}s.`,
].join(' ! ');

async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CyclopsError('FILE_MISSING', `${path}: no such file`);
  if (!found.isFile()) throw new CyclopsError('FILE_UNREADABLE', `${path}: not a file`);
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new CyclopsError('FILE_UNREADABLE', `${path}: may not be read`, { cause: error });
  });
}
