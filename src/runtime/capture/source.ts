import { z } from 'zod';

const framesPerSecond = z.number().positive().max(1000);
const pace = z.enum(['real-time', 'fastest']);
const pixels = z.int().min(16).max(16384);
const port = z.int().min(1).max(65535);
/** A longer wait than this is not a live picture any more. */
const bufferMs = z.int().min(0).max(2000);

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
  /** MJPG is what USB cameras need for more than about 640x480 at 30/s. */
  pixelFormat: z.enum(['YUY2', 'UYVY', 'NV12', 'MJPG']).default('YUY2'),
  width: pixels.default(1280),
  height: pixels.default(720),
  fps: framesPerSecond.default(30),
});

const csiSource = z.strictObject({
  kind: z.literal('csi'),
  /** Number of the camera connector, as nvarguscamerasrc counts them. */
  sensorId: z.int().min(0).max(15).default(0),
  /** One of the sensor's own modes; the driver's choice for size and rate unless given. */
  sensorMode: z.int().min(0).max(63).optional(),
  width: pixels.default(1920),
  height: pixels.default(1080),
  fps: framesPerSecond.default(30),
});

const rtspSource = z.strictObject({
  kind: z.literal('rtsp'),
  /** `rtsp://host[:port]/path`, with `user:password@` before the host where the camera asks for it; `rtsps` for TLS. */
  url: z.string().regex(/^rtsps?:\/\/[^\s"\\]+$/, 'expected rtsp://HOST/PATH'),
  /** `tcp` loses nothing on its way and passes firewalls; `udp` never waits for what was lost. */
  transport: z.enum(['tcp', 'udp']).default('tcp'),
  /** `auto` takes what the server offers. */
  codec: z.enum(['auto', 'h264', 'h265', 'jpeg']).default('auto'),
  /** Network jitter is evened out over this time, and everything that waits longer is dropped: it bounds the lag. */
  bufferMs: bufferMs.default(100),
});

const rtpSource = z.strictObject({
  kind: z.literal('rtp'),
  /** Local address to listen on, or a multicast group to join. */
  address: z.ipv4().default('0.0.0.0'),
  port,
  codec: z.enum(['h264', 'h265', 'jpeg']).default('h264'),
  bufferMs: bufferMs.default(100),
});

const udpSource = z.strictObject({
  kind: z.literal('udp'),
  /** An MPEG transport stream in plain UDP packets; same address and port as for rtp. */
  address: z.ipv4().default('0.0.0.0'),
  port,
});

const pipelineSource = z.strictObject({
  kind: z.literal('pipeline'),
  /** A GStreamer launch text that ends in raw video; cutting, resizing and the pipe are put behind it. */
  launch: z.string().min(1).max(10_000),
  /** Live: late pictures are dropped, and it is restarted where it fails. Else it waits, and ends at its end. */
  live: z.boolean().default(true),
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
export const sourceSchema = z.discriminatedUnion('kind', [
  csiSource,
  v4l2Source,
  rtspSource,
  rtpSource,
  udpSource,
  fileSource,
  imagesSource,
  testSource,
  pipelineSource,
]);

/** A checked source with its defaults filled in. */
export type Source = z.output<typeof sourceSchema>;

/** What a user may leave out is left out. */
export type SourceInput = z.input<typeof sourceSchema>;

/** Whether the source goes on for ever, so that its end is a fault and worth a restart. */
export function isLive(source: Source): boolean {
  if (source.kind === 'pipeline') return source.live;
  return source.kind !== 'file' && source.kind !== 'images';
}

/** Whether pictures come when they are due (late ones drop), or as fast as they are taken. */
export function paceOf(source: Source): z.output<typeof pace> {
  if ('pace' in source) return source.pace;
  return isLive(source) ? 'real-time' : 'fastest';
}

/** The source in one word pair, for logs and messages; passwords are left out. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'file':
    case 'images':
      return `${source.kind}:${source.path}`;
    case 'v4l2':
      return `v4l2:${source.device}`;
    case 'csi':
      return `csi:${source.sensorId}`;
    case 'rtsp':
      return withoutPassword(source.url);
    case 'rtp':
    case 'udp':
      return `${source.kind}:${source.address}:${source.port}`;
    case 'test':
      return `test:${source.pattern}`;
    case 'pipeline':
      return `pipeline:${source.launch.slice(0, 60)}`;
  }
}

/** A text in which the passwords of addresses are replaced by ***. */
export function withoutPassword(text: string): string {
  return text.replace(/(rtsps?:\/\/[^\s:/@]*):[^\s/]*@/g, '$1:***@');
}
