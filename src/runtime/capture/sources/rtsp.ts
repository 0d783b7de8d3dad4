import { z } from 'zod';
import { rtpDecoderElements, rtpDecoderPackages } from '../decoders.js';
import { quoted } from '../launch-text.js';
import { leakyQueue } from '../queues.js';
import { sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';
import { withoutPassword } from '../without-password.js';

const schema = z.strictObject({
  kind: z.literal('rtsp'),
  /** `rtsp://host[:port]/path`, with `user:password@` before the host where the camera asks for it; `rtsps` for TLS. */
  url: z.string().regex(/^rtsps?:\/\/[^\s"\\]+$/, 'expected rtsp://HOST/PATH'),
  /** `tcp` loses nothing on its way and passes firewalls; `udp` never waits for what was lost. */
  transport: z.enum(['tcp', 'udp']).default('tcp'),
  /** `auto` takes what the server offers. */
  codec: z.enum(['auto', 'h264', 'h265', 'jpeg']).default('auto'),
  /** Network jitter is evened out over this time, and everything that waits longer is dropped: it bounds the lag. */
  bufferMs: sourceFields.bufferMs,
});

/** Silence of a server for this long is a fault, µs. */
const networkTimeoutUs = 5_000_000;

const decoders = rtpDecoderPackages(['h264', 'h265', 'jpeg']);

/** A network camera that is asked for its stream. */
export const rtsp = {
  kind: 'rtsp',
  schema,
  text: { words: ['rtsp', 'rtsps'], form: 'rtsp://HOST/PATH', example: 'rtsp://10.0.0.5/main' },
  parse: (rest, word) => (/^\/\/./.test(rest) ? { kind: 'rtsp', url: `${word}:${rest}` } : undefined),
  describe: ({ url }) => withoutPassword(url),
  live: () => true,
  timestamps: 'network',
  probe: (_source, open) => open(),
  packages: {
    anywhere: {
      rtspsrc: 'gstreamer1.0-plugins-good',
      decodebin: 'gstreamer1.0-plugins-base',
      ...decoders.anywhere,
    },
    jetson: decoders.jetson,
  },
  isEssential: false,
  elements({ url, transport, codec, bufferMs }, installed) {
    const server = `rtspsrc location=${quoted(url)} protocols=${transport} latency=${bufferMs} drop-on-latency=true timeout=${networkTimeoutUs} tcp-timeout=${networkTimeoutUs}`;
    // Only the video of a camera that sends sound, too.
    const video = 'application/x-rtp,media=video';
    const decoder = codec === 'auto' ? ['decodebin'] : rtpDecoderElements(codec, installed);
    return [server, video, ...decoder, leakyQueue];
  },
  imageSize: 'sender',
  nvidiaMemory: 'where-installed',
} satisfies GstSourceKind<typeof schema>;
