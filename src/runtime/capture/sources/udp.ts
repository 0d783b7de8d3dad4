import { z } from 'zod';
import { decoderPackages } from '../decoders.js';
import { leakyQueue } from '../queues.js';
import { sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';
import { parseListenAddress, udpReceiver } from '../udp-receiver.js';

const schema = z.strictObject({
  kind: z.literal('udp'),
  address: sourceFields.listenAddress,
  port: sourceFields.port,
});

/** An MPEG transport stream in plain UDP packets. */
export const udp = {
  kind: 'udp',
  schema,
  text: { words: ['udp'], form: 'udp:[ADDRESS:]PORT', example: 'udp:5600' },
  parse(rest) {
    const from = parseListenAddress(rest);
    return from === undefined ? undefined : { kind: 'udp', ...from };
  },
  describe: ({ address, port }) => `udp:${address}:${port}`,
  live: () => true,
  timestamps: 'network',
  probe: (_source, open) => open(),
  packages: {
    anywhere: {
      udpsrc: 'gstreamer1.0-plugins-good',
      decodebin: 'gstreamer1.0-plugins-base',
      tsdemux: 'gstreamer1.0-plugins-bad',
      ...decoderPackages(['h264', 'h265']).anywhere,
    },
    jetson: {},
  },
  isEssential: false,
  elements: (source) => [`${udpReceiver(source)} caps="video/mpegts,systemstream=true"`, 'decodebin', leakyQueue],
  imageSize: 'sender',
  nvidiaMemory: 'where-installed',
} satisfies GstSourceKind<typeof schema>;
