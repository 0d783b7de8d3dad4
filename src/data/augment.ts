import { z } from 'zod';
import type { Random } from '../base/random.js';
import type { StereoCamera } from '../geometry/camera.js';
import { cropIntrinsics, scaleIntrinsics } from '../geometry/camera.js';
import type { FloatMap, MaskMap, RgbImage } from '../geometry/raster.js';
import type { Region } from '../image/resize.js';
import {
  resizeArea,
  resizeDisparity,
  resizeMapBilinear,
  resizeMaskNearest,
  scatterDisparity,
} from '../image/resize.js';
import type { StereoSample } from './sample.js';

/** From, to. */
const range = z.tuple([z.number().positive().max(10), z.number().positive().max(10)]);
const chance = z.number().min(0).max(1);

/** The form of `Augmentation`. */
export const augmentationSchema = z.strictObject({
  /** Probability that both views are mirrored and exchanged: the flip that keeps a stereo pair valid. */
  swap: chance,
  /** Probability that each view is mirrored without exchanging them: only for networks that see one view. */
  mirror: chance,
  /** Side of the crop as a share of the image's; its place is uniform. 1 to 1 = whole images. */
  cropSide: z.tuple([z.number().positive().max(1), z.number().positive().max(1)]),
  /** One colour change for both views: value^gamma * brightness * gain of the channel, clipped to 0..1. */
  color: z.strictObject({ chance, gamma: range, brightness: range, channelGain: range }),
});

/** From what each sample's random changes are drawn; every training stage has its own ranges. */
export type Augmentation = z.output<typeof augmentationSchema>;

/** A colour change: value^gamma * gain of its channel, clipped to 0..1. */
export interface ColorChange {
  readonly gamma: number;
  readonly gains: readonly [red: number, green: number, blue: number];
}

/** Everything that was drawn for one sample: applying it is a pure function. */
export interface AugmentationPlan {
  /** Mirror both views and exchange them: the flip that keeps a stereo pair valid. */
  readonly swap: boolean;
  /** Mirror each view without exchanging them: only for networks that see one view. */
  readonly mirror: boolean;
  /** The part of the images that is kept, as shares of width and height. */
  readonly crop: { readonly side: number; readonly x: number; readonly y: number };
  readonly color: ColorChange | undefined;
  /** Our own: a small change of the right view alone, as two real cameras never expose quite alike. */
  readonly rightColor: ColorChange | undefined;
}

/**
 * Draws the changes of one sample; `none` = no change. The number of draws never depends on the sample.
 * @param rightJitter strength of the right view's own colour change, 0 = none, 0.1 = gamma, brightness within 10 %.
 */
export function drawAugmentation(
  augmentation: Augmentation | 'none',
  random: Random,
  rightJitter = 0,
): AugmentationPlan {
  if (augmentation === 'none') {
    return { swap: false, mirror: false, crop: { side: 1, x: 0, y: 0 }, color: undefined, rightColor: undefined };
  }
  const swap = random.chance(augmentation.swap);
  const mirror = random.chance(augmentation.mirror);
  const crop = { side: random.uniform(...augmentation.cropSide), x: random.uniform(), y: random.uniform() };
  const color = drawColor(random, augmentation.color);
  const hasColor = random.chance(augmentation.color.chance);
  const rightColor = drawColor(random, {
    gamma: around1(rightJitter),
    brightness: around1(rightJitter),
    channelGain: around1(rightJitter / 4),
  });
  return {
    swap,
    mirror,
    crop,
    color: hasColor ? color : undefined,
    rightColor: rightJitter > 0 ? rightColor : undefined,
  };
}

function around1(spread: number): [number, number] {
  return [1 - spread, 1 + spread];
}

function drawColor(random: Random, ranges: Omit<Augmentation['color'], 'chance'>): ColorChange {
  const gamma = random.uniform(...ranges.gamma);
  const brightness = random.uniform(...ranges.brightness);
  const gain = (): number => brightness * random.uniform(...ranges.channelGain);
  return { gamma, gains: [gain(), gain(), gain()] };
}

/** One view's maps of a training sample at network size, all H*W, absent where the source has none. */
export interface TrainingMaps {
  readonly disparity?: FloatMap;
  readonly visible?: MaskMap;
  readonly confidence?: FloatMap;
}

/** A sample at network size, geometry changed, colours not yet. */
export interface TrainingSample {
  readonly left: RgbImage;
  readonly right: RgbImage;
  readonly leftMaps: TrainingMaps;
  readonly rightMaps: TrainingMaps;
  readonly camera: StereoCamera;
}

/**
 * Applies the geometric part of a plan: crop, resize to `width` x `height` (images by area; disparity times the width
 * ratio), swap, mirror. A swap is left out where the right view has no disparity while the left one has.
 */
export function transformSample(
  sample: StereoSample,
  plan: AugmentationPlan,
  width: number,
  height: number,
): TrainingSample {
  const canSwap = sample.disparityRight !== undefined || sample.disparityLeft === undefined;
  const swap = plan.swap && canSwap;
  const region = regionOf(sample.left, plan.crop);
  const isFlipped = swap !== plan.mirror;
  const image = (source: RgbImage): RgbImage => {
    const resized = isSame(source, region, width, height) ? source : resizeArea(source, width, height, region);
    return isFlipped ? flipImage(resized) : resized;
  };
  const maps = (view: 'Left' | 'Right'): TrainingMaps =>
    transformMaps(
      {
        disparity: sample[`disparity${view}`],
        visible: sample[`visible${view}`],
        confidence: sample[`confidence${view}`],
      },
      region,
      width,
      height,
      isFlipped,
    );
  return {
    left: image(swap ? sample.right : sample.left),
    right: image(swap ? sample.left : sample.right),
    leftMaps: maps(swap ? 'Right' : 'Left'),
    rightMaps: maps(swap ? 'Left' : 'Right'),
    camera: transformCamera(sample.camera, region, width, height, swap, isFlipped),
  };
}

function regionOf(image: RgbImage, crop: AugmentationPlan['crop']): Region {
  const width = Math.max(1, Math.round(image.width * crop.side));
  const height = Math.max(1, Math.round(image.height * crop.side));
  return {
    x: Math.round((image.width - width) * crop.x),
    y: Math.round((image.height - height) * crop.y),
    width,
    height,
  };
}

function isSame(image: RgbImage, region: Region, width: number, height: number): boolean {
  return image.width === width && image.height === height && region.width === width && region.height === height;
}

function transformMaps(
  maps: { disparity: FloatMap | undefined; visible: MaskMap | undefined; confidence: FloatMap | undefined },
  region: Region,
  width: number,
  height: number,
  isFlipped: boolean,
): TrainingMaps {
  const { disparity, visible, confidence } = maps;
  const flip = <T extends FloatMap | MaskMap>(map: T): T => (isFlipped ? flipMap(map) : map);
  return {
    ...(disparity === undefined ? {} : { disparity: flip(transformDisparity(disparity, region, width, height)) }),
    ...(visible === undefined ? {} : { visible: flip(resizeMaskNearest(visible, width, height, region)) }),
    ...(confidence === undefined ? {} : { confidence: flip(resizeMapBilinear(confidence, width, height, region)) }),
  };
}

function transformDisparity(map: FloatMap, region: Region, width: number, height: number): FloatMap {
  return isSparse(map) ? scatterDisparity(map, width, height, region) : resizeDisparity(map, width, height, region);
}

/** Whether less than half of a map is known (lidar covers 12 to 25 %, rendered and estimated maps nearly all). */
export function isSparse(map: FloatMap): boolean {
  let known = 0;
  let looked = 0;
  for (let i = 0; i < map.data.length; i += 7) {
    looked++;
    if (!Number.isNaN(map.data[i]!)) known++;
  }
  return known * 2 < looked;
}

/** The left camera of what `transformSample` returns; mirrored, the principal point moves to width - 1 - cx. */
function transformCamera(
  camera: StereoCamera,
  region: Region,
  width: number,
  height: number,
  swap: boolean,
  isFlipped: boolean,
): StereoCamera {
  const leading = swap ? { ...camera, cxPx: camera.cxPx + camera.doffsPx } : camera;
  const scaled = scaleIntrinsics(
    cropIntrinsics(leading, region.x, region.y, region.width, region.height),
    width,
    height,
  );
  return isFlipped ? { ...scaled, cxPx: width - 1 - scaled.cxPx } : scaled;
}

/** An image mirrored left to right. */
export function flipImage(image: RgbImage): RgbImage {
  const { width, height, data } = image;
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    let from = (y * width + width - 1) * 3;
    let to = y * width * 3;
    for (let x = 0; x < width; x++) {
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
      from -= 3;
      to += 3;
    }
  }
  return { width, height, data: out };
}

/** A map or mask mirrored left to right, values unchanged. */
export function flipMap<T extends FloatMap | MaskMap>(map: T): T {
  const data = map.data.slice();
  for (let y = 0; y < map.height; y++) data.subarray(y * map.width, (y + 1) * map.width).reverse();
  return { ...map, data };
}

/**
 * Writes an image as floats 0..1 (RGB, interleaved) after a colour change; a table of 256 values a channel makes the
 * change as cheap as the copy.
 */
export function writeColors(image: RgbImage, change: ColorChange | undefined, out: Float32Array): void {
  const [red, green, blue] = [0, 1, 2].map((channel) => colorTable(change, channel)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const { data } = image;
  for (let i = 0; i < data.length; i += 3) {
    out[i] = red[data[i]!]!;
    out[i + 1] = green[data[i + 1]!]!;
    out[i + 2] = blue[data[i + 2]!]!;
  }
}

function colorTable(change: ColorChange | undefined, channel: number): Float32Array {
  const gamma = change?.gamma ?? 1;
  const gain = change?.gains[channel] ?? 1;
  return Float32Array.from({ length: 256 }, (_, value) => Math.min(1, Math.max(0, (value / 255) ** gamma * gain)));
}

/** The right view's colours: its own small change first, then the pair's, as one change. */
export function combineColors(
  first: ColorChange | undefined,
  second: ColorChange | undefined,
): ColorChange | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const { gamma } = second;
  const gain = (channel: 0 | 1 | 2): number => first.gains[channel] ** gamma * second.gains[channel];
  return { gamma: first.gamma * gamma, gains: [gain(0), gain(1), gain(2)] };
}
