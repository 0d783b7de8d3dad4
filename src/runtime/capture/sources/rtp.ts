import { z } from 'zod';
import { rtpDecoderElements, rtpDecoderPackages } from '../decoders.js';
import { quoted } from '../launch-text.js';
import { leakyQueue } from '../queues.js';
import { sourceFields } from '../source-fields.js';
import type { GstSourceKind } from '../source-kind.js';
import { parseListenAddress, udpReceiver } from '../udp-receiver.js';

const schema = z.strictObject({
  kind: z.literal('rtp'),
  address: sourceFields.listenAddress,
  port: sourceFields.port,
  codec: z.enum(['h264', 'h265', 'jpeg']).default('h264'),
  /** Network jitter is evened out over this time, and everything that waits longer is dropped: it bounds the lag. */
  bufferMs: sourceFields.bufferMs,
});

const decoders = rtpDecoderPackages(['h264', 'h265', 'jpeg']);

/** RTP in plain UDP packets that somebody sends here. */
export const rtp = {
  kind: 'rtp',
  schema,
  text: { words: ['rtp'], form: 'rtp:[ADDRESS:]PORT', example: 'rtp:5600' },
  parse(rest) {
    const from = parseListenAddress(rest);
    return from === undefined ? undefined : { kind: 'rtp', ...from };
  },
  describe: ({ address, port }) => `rtp:${address}:${port}`,
  live: () => true,
  timestamps: 'network',
  probe: (_source, open) => open(),
  packages: {
    anywhere: {
      udpsrc: 'gstreamer1.0-plugins-good',
      rtpjitterbuffer: 'gstreamer1.0-plugins-good',
      ...decoders.anywhere,
    },
    jetson: decoders.jetson,
  },
  isEssential: false,
  elements(source, installed) {
    const { codec, bufferMs } = source;
    const format = `application/x-rtp,media=video,clock-rate=90000,encoding-name=${codec.toUpperCase()}`;
    const jitter = `rtpjitterbuffer latency=${bufferMs} drop-on-latency=true`;
    const decoder = rtpDecoderElements(codec, installed);
    return [`${udpReceiver(source)} caps=${quoted(format)}`, jitter, ...decoder, leakyQueue];
  },
  imageSize: 'sender',
  nvidiaMemory: 'where-installed',
} satisfies GstSourceKind<typeof schema>;
