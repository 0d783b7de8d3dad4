import type { MonotonicNs } from '../base/clock.js';
import type { Intrinsics } from '../geometry/camera.js';
import type { FloatMap } from '../geometry/raster.js';
import type { ChannelOrder } from '../model-package/schema.js';

export { bytesPerPixel } from '../model-package/schema.js';

/** Byte order of one pixel: the model package's own words. */
export type PixelFormat = ChannelOrder;

/** How frames are taken from a source: `fastest` = every frame, as quickly as they can be computed. */
export type Pace = 'real-time' | 'fastest';

/** What the values of a depth map are: metres, or relative inverse depth, 0 far .. 1 near, without a unit. */
export type DepthUnit = 'metres' | 'relative-inverse-depth';

/**
 * How a capture time was obtained, best first: `sensor` = the driver's own stamp of the exposure, `pts` = the
 * pipeline's presentation time moved onto our clock (clock-offset.ts), `arrival` = when the bytes were here.
 */
export type TimestampQuality = 'sensor' | 'pts' | 'arrival';

/** An image of `height * width` pixels without padding, rows top to bottom, in `format`. Read-only once published. */
export interface InputImage {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly data: Uint8Array;
}

/** What capture hands to the stream: an image at the network's input size, cut to its field of view. */
export interface Frame {
  readonly cameraId: string;
  /** Counts the frames that reached this process, from 0. Gaps between published frames are drops. */
  readonly sequence: number;
  /** Presentation time in the stream, ns; undefined where the source gives none. */
  readonly ptsNs: bigint | undefined;
  readonly captureTime: MonotonicNs;
  readonly arrivalTime: MonotonicNs;
  readonly quality: TimestampQuality;
  readonly image: InputImage;
  /** Frames of the source lost between the previous frame handed on and this one, wherever they were lost. */
  readonly droppedBefore: number;
  /** Pinhole of `image`, px at its size. */
  readonly intrinsics: Intrinsics;
  /** fx_run / fx_train at equal network width (geometry/network-view.ts). */
  readonly depthScale: number;
}

/** When one frame passed each door, CLOCK_MONOTONIC ns, in rising order. */
export interface FrameTimestamps {
  readonly capture: MonotonicNs;
  readonly arrival: MonotonicNs;
  readonly inferStart: MonotonicNs;
  readonly inferEnd: MonotonicNs;
  readonly publish: MonotonicNs;
}

/** `running`, or `degraded` where the self-test missed the golden depth or the camera is being recovered. */
export type ModelState = 'running' | 'degraded';

/**
 * What a stream hands to outputs. The arrays belong to the frame, are never written again, and may be kept, unless
 * everybody who gets frames has said that he does not (`Output.releasesFrames`); a frame that is kept costs its memory
 * (about 4 bytes of depth and 3 of image a pixel).
 */
export interface DepthFrame {
  readonly cameraId: string;
  readonly sequence: number;
  readonly ptsNs: bigint | undefined;
  readonly timestamps: FrameTimestamps;
  readonly quality: TimestampQuality;
  readonly droppedBefore: number;
  /** The image the network saw. */
  readonly image: InputImage;
  /**
   * Depth as the network gave it: metres for the *training* camera, H*W row-major. Metres of this camera are
   * `networkDepth.data[i] * depthScale`: use `metricDepth`. The factor stays apart so that the hot path touches no pixel.
   */
  readonly networkDepth: FloatMap;
  /** How far each pixel of depth may be trusted, 0 to 1; undefined where the model does not tell. */
  readonly confidence?: FloatMap | undefined;
  /** fx_run / fx_train at equal network width (geometry/network-view.ts); exactly 1 where the image was cut to the field of view. */
  readonly depthScale: number;
  /** Pinhole of the depth map (and of `image`), px at its size. */
  readonly intrinsics: Intrinsics;
  readonly state: ModelState;
}

/** What is known of a published frame beside its image and depth. */
export type FrameInfo = Omit<DepthFrame, 'image' | 'networkDepth' | 'confidence'>;

/** Depth along the optical axis of this camera, metres, H*W. Returns the network's own map where the factor is 1. */
export function metricDepth({ networkDepth, depthScale }: Pick<DepthFrame, 'networkDepth' | 'depthScale'>): FloatMap {
  if (depthScale === 1) return networkDepth;
  const { width, height } = networkDepth;
  return { width, height, data: networkDepth.data.map((metres) => metres * depthScale) };
}
