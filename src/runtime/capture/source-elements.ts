import { assertNever } from '../../base/assert.js';
import { type Codec, decoderElements, hasNvidiaVideo } from './decoders.js';
import type { ElementSet } from './installed-elements.js';
import { fraction, quoted } from './launch-text.js';
import { doorName } from './messages.js';
import type { Source } from './source.js';

/** Sources whose pictures come through GStreamer; a folder of images is read by images-child.ts. */
export type GstSource = Exclude<Source, { kind: 'images' }>;

/** Only the number of pictures limits a queue: by bytes or time, a large picture would exceed it by itself. */
export const noOtherLimit = 'max-size-bytes=0 max-size-time=0';

/**
 * What cannot wait (a camera) goes through a queue of one that throws its content away for a newer picture; the source's
 * own frame count then tells how many were lost. One right behind the source, so that a machine too slow to resize every
 * picture does not fall behind the camera; one before the pipe, so that a busy reader does not.
 */
export const leakyQueue = `queue leaky=downstream max-size-buffers=1 ${noOtherLimit}`;

/** Silence of a server for this long is a fault, µs. */
const networkTimeoutUs = 5_000_000;

/** Video in whatever code GStreamer's parsers name; without it the link might be made to the sound. */
const anyVideo = [
  ...['x-h264', 'x-h265', 'mpeg', 'x-vp8', 'x-vp9', 'x-av1', 'x-prores', 'x-dnxhd', 'x-theora', 'x-h263', 'x-divx'],
  ...['x-xvid', 'x-msmpeg', 'x-wmv', 'x-flash-video', 'x-dv', 'x-huffyuv', 'x-ffv', 'x-cineform', 'x-raw'],
].map((name) => `video/${name}`);

/**
 * Before the decoder of a file that plays in real time: a door with two ways, all pictures (`src_0`, as it starts) or key
 * frames alone (`src_1`). Only what is dropped before it is decoded saves time, and behind a gap only a key frame can be
 * decoded whole.
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

/** From the source up to raw video, in whatever memory its decoder leaves it. */
export function sourceElements(source: GstSource, elements: ElementSet): string[] {
  switch (source.kind) {
    case 'file':
      return [
        `filesrc location=${quoted(source.path)}`,
        ...(source.pace === 'real-time' ? [keyFrameDoor] : []),
        'decodebin',
      ];
    case 'test': {
      const isLive = source.pace === 'real-time';
      const picture = [
        `videotestsrc is-live=${isLive} do-timestamp=${isLive} pattern=${source.pattern}`,
        `video/x-raw,format=I420,${sizeAndRate(source)}`,
      ];
      return isLive ? [...picture, leakyQueue] : picture;
    }
    case 'csi': {
      const mode = source.sensorMode === undefined ? '' : ` sensor-mode=${source.sensorMode}`;
      const camera = `nvarguscamerasrc sensor-id=${source.sensorId}${mode}`;
      return [camera, `video/x-raw(memory:NVMM),format=NV12,${sizeAndRate(source)}`, leakyQueue];
    }
    case 'v4l2': {
      const camera = `v4l2src device=${quoted(source.device)}`;
      const { pixelFormat } = source;
      return pixelFormat === 'MJPG'
        ? [camera, `image/jpeg,${sizeAndRate(source)}`, leakyQueue, ...decoderElements('jpeg', elements)]
        : [camera, `video/x-raw,format=${pixelFormat},${sizeAndRate(source)}`, leakyQueue];
    }
    case 'rtsp': {
      const { url, transport, codec, bufferMs } = source;
      const server = `rtspsrc location=${quoted(url)} protocols=${transport} latency=${bufferMs} drop-on-latency=true timeout=${networkTimeoutUs} tcp-timeout=${networkTimeoutUs}`;
      // Only the pictures of a camera that sends sound, too.
      const video = 'application/x-rtp,media=video';
      const decoder = codec === 'auto' ? ['decodebin'] : payloadElements(codec, elements);
      return [server, video, ...decoder, leakyQueue];
    }
    case 'rtp': {
      const { codec, bufferMs } = source;
      const format = `application/x-rtp,media=video,clock-rate=90000,encoding-name=${codec.toUpperCase()}`;
      const jitter = `rtpjitterbuffer latency=${bufferMs} drop-on-latency=true`;
      return [`${receiver(source)} caps=${quoted(format)}`, jitter, ...payloadElements(codec, elements), leakyQueue];
    }
    case 'udp':
      return [`${receiver(source)} caps="video/mpegts,systemstream=true"`, 'decodebin', leakyQueue];
    case 'pipeline':
      return [source.launch.trim(), ...(source.live ? [leakyQueue] : [])];
    default:
      return assertNever(source);
  }
}

/**
 * Whether pictures of this source come in NVIDIA's memory, or shall go there to be resized by hardware. A user's own
 * pipeline may end in either, and nvvidconv takes both; the test picture is ours, and software.
 */
export function isResizedByNvidia(source: GstSource, elements: ElementSet): boolean {
  return source.kind === 'csi' || (source.kind !== 'test' && hasNvidiaVideo(elements));
}

function sizeAndRate({ width, height, fps }: { width: number; height: number; fps: number }): string {
  return `width=${width},height=${height},framerate=${fraction(fps)}`;
}

function payloadElements(codec: Codec, elements: ElementSet): string[] {
  return [`rtp${codec}depay`, ...decoderElements(codec, elements)];
}

/** A socket whose kernel buffer holds a whole key frame: the default of 208 KiB drops parts of large ones. */
function receiver({ address, port }: { address: string; port: number }): string {
  return `udpsrc address=${address} port=${port} buffer-size=2097152`;
}
