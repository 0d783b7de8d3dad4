import { assertNever } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import type { PixelFormat } from '../frame.js';
import type { CropWindow } from '../metric-scale.js';
import { picturesFd } from './messages.js';
import type { Source } from './source.js';

/** Sources whose pictures come through GStreamer; a folder of images is read by images-child.ts. */
export type GstSource = Exclude<Source, { kind: 'images' }>;

/** Only the number of pictures limits a queue: by bytes or time, a large picture would exceed it by itself. */
const noOtherLimit = 'max-size-bytes=0 max-size-time=0';

/**
 * What cannot wait (a camera) goes through a queue of one that throws its content away for a newer picture; the source's
 * own frame count then tells how many were lost. One right behind the source, so that a machine too slow to resize every
 * picture does not fall behind the camera; one before the pipe, so that a busy reader does not.
 */
const leakyQueue = `queue leaky=downstream max-size-buffers=1 ${noOtherLimit}`;

/** What the pipeline shall deliver. */
export interface PictureTarget {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  /** Part of the source's picture to take; rows outside of it become black. */
  readonly crop: CropWindow;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/**
 * The launch text of a capture pipeline: source, crop, resize, colour, one-deep queue, GDP into the pipe. Resizing comes
 * before the colour conversion, because that is cheaper on the smaller picture. `bilinear2` averages over all source
 * pixels when it shrinks, like the resizing of training images does; plain `bilinear` aliases.
 */
export function pipelineText(source: GstSource, target: PictureTarget): string {
  const { width, height, format } = target;
  if (format === 'RGB' && width % 4 !== 0) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `model input width: expected a multiple of 4 (rows of RGB pictures are padded to 4 bytes), found ${width}`,
    );
  }
  return [
    ...sourceElements(source),
    ...cropElements(target),
    'videoscale method=bilinear2 add-borders=false',
    `video/x-raw,width=${width},height=${height}`,
    'videoconvert',
    `video/x-raw,format=${format}`,
    ...paceElements(source),
    'gdppay',
    `fdsink fd=${picturesFd} sync=false`,
  ].join(' ! ');
}

/** The launch text that only tells size and rate of a file's pictures: its first packet is enough. */
export function probeText(source: GstSource): string {
  return [...sourceElements(source), 'video/x-raw', 'gdppay', `fdsink fd=${picturesFd} sync=false`].join(' ! ');
}

function sourceElements(source: GstSource): string[] {
  switch (source.kind) {
    case 'file':
      return [`filesrc location=${quoted(source.path)}`, 'decodebin'];
    case 'test': {
      const size = `width=${source.width},height=${source.height},framerate=${fraction(source.fps)}`;
      const isLive = source.pace === 'real-time';
      const picture = [
        `videotestsrc is-live=${isLive} do-timestamp=${isLive} pattern=${source.pattern}`,
        `video/x-raw,format=I420,${size}`,
      ];
      return isLive ? [...picture, leakyQueue] : picture;
    }
    case 'v4l2': {
      const size = `width=${source.width},height=${source.height},framerate=${fraction(source.fps)}`;
      const camera = `v4l2src device=${quoted(source.device)}`;
      return source.pixelFormat === 'MJPG'
        ? [camera, `image/jpeg,${size}`, leakyQueue, 'jpegdec']
        : [camera, `video/x-raw,format=YUY2,${size}`, leakyQueue];
    }
    default:
      return assertNever(source);
  }
}

function cropElements(target: PictureTarget): string[] {
  const { crop, sourceWidth, sourceHeight } = target;
  const left = crop.x;
  const right = sourceWidth - crop.x - crop.width;
  const top = crop.y;
  const bottom = sourceHeight - crop.y - crop.height;
  if (left === 0 && right === 0 && top === 0 && bottom === 0) return [];
  // Negative borders of videobox are added, black; videocrop only cuts, but without touching the pixels.
  const element = top < 0 || bottom < 0 ? 'videobox fill=black' : 'videocrop';
  return [`${element} left=${left} right=${right} top=${top} bottom=${bottom}`];
}

/**
 * A file can wait, and has no leak: in real time it is played by the clock, and the newest-wins slot of the pipeline drops
 * and counts; where every frame counts, the full pipe holds the decoder.
 */
function paceElements(source: GstSource): string[] {
  if (source.kind === 'v4l2' || (source.kind === 'test' && source.pace === 'real-time')) return [leakyQueue];
  const clock = source.kind === 'file' && source.pace === 'real-time' ? ['identity sync=true'] : [];
  return [`queue max-size-buffers=2 ${noOtherLimit}`, ...clock];
}

/** A value inside a launch text: quoted, so that no character of a path can end it or add an element. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A rate as GStreamer writes it: 30/1, 30000/1001 for 29.97. */
function fraction(fps: number): string {
  if (Number.isInteger(fps)) return `${fps}/1`;
  const ntsc = Math.round(fps * 1.001);
  if (Math.abs((ntsc * 1000) / 1001 - fps) < 0.005) return `${ntsc * 1000}/1001`;
  return `${Math.round(fps * 1000)}/1000`;
}

const packageOfElement: Readonly<Record<string, string>> = {
  gdppay: 'gstreamer1.0-plugins-bad',
  fdsink: 'libgstreamer1.0-0',
  filesrc: 'libgstreamer1.0-0',
  queue: 'libgstreamer1.0-0',
  identity: 'libgstreamer1.0-0',
  decodebin: 'gstreamer1.0-plugins-base',
  videotestsrc: 'gstreamer1.0-plugins-base',
  videoscale: 'gstreamer1.0-plugins-base',
  videoconvert: 'gstreamer1.0-plugins-base',
  videobox: 'gstreamer1.0-plugins-good',
  videocrop: 'gstreamer1.0-plugins-good',
  v4l2src: 'gstreamer1.0-plugins-good',
  jpegdec: 'gstreamer1.0-plugins-good',
};

/** The Debian package of a GStreamer element the pipelines use. */
export function debianPackageOf(element: string): string | undefined {
  return packageOfElement[element];
}

/** Every element that a capture pipeline may use, with its Debian package. */
export const captureElements: Readonly<Record<string, string>> = packageOfElement;
