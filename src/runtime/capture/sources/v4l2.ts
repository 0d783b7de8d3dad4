import { access, constants, readdir, stat } from 'node:fs/promises';
import { z } from 'zod';
import { CyclopsError } from '../../../base/errors.js';
import { decoderElements, decoderPackages } from '../decoders.js';
import { quoted } from '../launch-text.js';
import { leakyQueue } from '../queues.js';
import { sizeAndRate, sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';

const schema = z.strictObject({
  kind: z.literal('v4l2'),
  /** `/dev/video0`, or better a name under `/dev/v4l/by-id/`, which stays with the camera. */
  device: z.string().regex(/^\/dev\/[\w./:-]+$/, 'expected a device such as /dev/video0'),
  /** MJPG is what USB cameras need for more than about 640x480 at 30/s. */
  pixelFormat: z.enum(['YUY2', 'UYVY', 'NV12', 'MJPG']).default('YUY2'),
  width: sourceFields.pixels.default(1280),
  height: sourceFields.pixels.default(720),
  fps: sourceFields.framesPerSecond.default(30),
});

const jpeg = decoderPackages(['jpeg']);

/** A USB camera or capture card, by Video4Linux. */
export const v4l2 = {
  kind: 'v4l2',
  schema,
  text: { words: ['v4l2'], form: 'v4l2:DEVICE', example: 'v4l2:/dev/video0' },
  parse: (rest) => (rest === '' ? undefined : { kind: 'v4l2', device: rest }),
  describe: ({ device }) => `v4l2:${device}`,
  live: () => true,
  timestamps: 'driver',
  async probe({ device, width, height, fps }) {
    await assertDevice(device);
    return { width, height, fps };
  },
  packages: { anywhere: { v4l2src: 'gstreamer1.0-plugins-good', ...jpeg.anywhere }, jetson: jpeg.jetson },
  isEssential: true,
  elements(source, installed) {
    const camera = `v4l2src device=${quoted(source.device)}`;
    const { pixelFormat } = source;
    return pixelFormat === 'MJPG'
      ? [camera, `image/jpeg,${sizeAndRate(source)}`, leakyQueue, ...decoderElements('jpeg', installed)]
      : [camera, `video/x-raw,format=${pixelFormat},${sizeAndRate(source)}`, leakyQueue];
  },
  imageSize: 'settings',
  nvidiaMemory: 'where-installed',
} satisfies GstSourceKind<typeof schema>;

async function assertDevice(device: string): Promise<void> {
  const found = await stat(device).catch(() => undefined);
  if (found === undefined) {
    const names = await readdir('/dev').catch(() => []);
    const cameras = names.filter((name) => /^video\d+$/.test(name)).map((name) => `/dev/${name}`);
    throw new CyclopsError(
      'CAPTURE_FAILED',
      `${device}: no such device; cameras of this machine: ${cameras.join(', ') || 'none'}`,
    );
  }
  if (!found.isCharacterDevice()) throw new CyclopsError('CAPTURE_FAILED', `${device}: not a camera device`);
  await access(device, constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw new CyclopsError('CAPTURE_FAILED', `${device}: cannot be opened; is this user in the group "video"?`, {
      cause: error,
    });
  });
}
