import { CyclopsError } from '../../base/errors.js';
import type { ImageTarget } from '../plan-network-input.js';
import { hasNvidiaVideo } from './decoders.js';
import { remedyFor } from './element-packages.js';
import type { ElementSet } from './installed-elements.js';
import { elementNames } from './launch-text.js';
import { imagesFd } from './messages.js';
import { leakyQueue, noOtherLimit } from './queues.js';
import { describeSource, type GstSource, isLive, kindOf, paceOf } from './sources/index.js';

/**
 * The launch text of a capture pipeline: source, crop, resize, colour, one-deep queue, GDP into the pipe; a pure function
 * of the settings and of what is installed, so that a Jetson's pipeline can be looked at anywhere.
 */
export function pipelineText(source: GstSource, target: ImageTarget, elements: ElementSet): string {
  const { width, format } = target;
  if (format === 'RGB' && width % 4 !== 0) {
    throw new CyclopsError(
      'MODEL_INVALID',
      `model input width: expected a multiple of 4 (rows of RGB images are padded to 4 bytes), found ${width}`,
    );
  }
  const resize = isResizedByNvidia(source, elements) ? nvidiaResizeElements : softwareResizeElements;
  return [
    ...kindOf(source).elements(source, elements),
    ...sizeGuard(source, target),
    ...resize(target),
    ...paceElements(source),
    'gdppay',
    `fdsink fd=${imagesFd} sync=false`,
  ].join(' ! ');
}

/** The launch text that only tells size and rate of a source's images: its first packet is enough. */
export function probeText(source: GstSource, elements: ElementSet): string {
  const download = isResizedByNvidia(source, elements) ? ['nvvidconv'] : [];
  return [
    ...kindOf(source).elements(source, elements),
    ...download,
    'video/x-raw',
    'gdppay',
    `fdsink fd=${imagesFd} sync=false`,
  ].join(' ! ');
}

/**
 * Says all at once which elements of a launch text are missing.
 * @throws CyclopsError `MACHINE_LACKS` naming the elements and their Debian packages.
 */
export function assertElements(source: GstSource, launch: string, elements: ElementSet): void {
  // In a user's own text anything may stand; GStreamer says what it does not know.
  const ours = launch.replace(kindOf(source).ownText?.(source) ?? '', '');
  const missing = [...new Set(elementNames(ours))].filter((name) => !elements.has(name));
  if (missing.length === 0) return;
  const list = missing.map((name) => `the GStreamer element "${name}" is not installed${remedyFor(name)}`);
  throw new CyclopsError('MACHINE_LACKS', `${describeSource(source)}: ${list.join('; ')}`);
}

/** Whether frames are resized by NVIDIA's hardware: also those that have to go to its memory first. */
function isResizedByNvidia(source: GstSource, elements: ElementSet): boolean {
  const { nvidiaMemory } = kindOf(source);
  return nvidiaMemory === 'always' || (nvidiaMemory === 'where-installed' && hasNvidiaVideo(elements));
}

/** Where the size is the sender's choice, another one is refused: the crop, and so the metres, belong to this one. */
function sizeGuard(source: GstSource, { sourceWidth, sourceHeight }: ImageTarget): string[] {
  if (kindOf(source).imageSize === 'settings') return [];
  return [`video/x-raw(ANY),width=${sourceWidth},height=${sourceHeight}`];
}

/**
 * Resizing comes before the colour conversion, because that is cheaper on the smaller image. `bilinear2` averages over
 * all source pixels when it shrinks, like the resizing of training images does; plain `bilinear` aliases.
 */
function softwareResizeElements(target: ImageTarget): string[] {
  const { width, height, format } = target;
  return [
    ...softwareCropElements(target),
    'videoscale method=bilinear2 add-borders=false',
    `video/x-raw,width=${width},height=${height}`,
    'videoconvert',
    `video/x-raw,format=${format}`,
  ];
}

function softwareCropElements(target: ImageTarget): string[] {
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

/** nvvidconv's slowest filter, the one that looks at more than four source pixels when it shrinks. */
const nvidiaBestFilter = 5;

/**
 * nvvidconv cuts, resizes and converts in one go, in hardware, and downloads the small result; its crop takes the edges of
 * the rectangle, all 0 meaning none. It cannot pad and does not make RGB, so both are left to software on the small image.
 */
function nvidiaResizeElements(target: ImageTarget): string[] {
  const { width, height, format, crop, sourceWidth, sourceHeight } = target;
  const top = Math.max(0, crop.y);
  const bottom = Math.min(sourceHeight, crop.y + crop.height);
  const isCut = crop.x !== 0 || crop.width !== sourceWidth || top !== 0 || bottom !== sourceHeight;
  const edges = isCut ? ` left=${crop.x} right=${crop.x + crop.width} top=${top} bottom=${bottom}` : '';
  const rowsAbove = even(((top - crop.y) * height) / crop.height);
  const rowsBelow = even(((crop.y + crop.height - bottom) * height) / crop.height);
  const isPadded = rowsAbove > 0 || rowsBelow > 0;
  const hardwareFormat = format === 'RGB' ? 'RGBA' : format;
  return [
    `nvvidconv interpolation-method=${nvidiaBestFilter}${edges}`,
    `video/x-raw,format=${hardwareFormat},width=${width},height=${height - rowsAbove - rowsBelow}`,
    ...(isPadded ? [`videobox fill=black top=-${rowsAbove} bottom=-${rowsBelow}`] : []),
    ...(format === 'RGB' ? ['videoconvert', 'video/x-raw,format=RGB'] : []),
  ];
}

function even(value: number): number {
  return Math.round(value / 2) * 2;
}

/**
 * A file can wait, and has no leak: in real time it is played by the clock, and the newest-wins slot of the pipeline drops
 * and counts; where every frame counts, the full pipe holds the decoder.
 */
function paceElements(source: GstSource): string[] {
  const isRealTime = paceOf(source) === 'real-time';
  if (isRealTime && isLive(source)) return [leakyQueue];
  return [`queue max-size-buffers=2 ${noOtherLimit}`, ...(isRealTime ? ['identity sync=true'] : [])];
}
