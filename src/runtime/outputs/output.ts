import type { Intrinsics } from '../../geometry/camera.js';
import type { Pace } from '../capture/sources/index.js';
import type { DepthFrame, PixelFormat } from '../frame.js';

/** What the values of a depth map are. */
export type DepthUnit = 'metres' | 'nearness';

/** What an output may want to know before the first frame. */
export interface StreamInfo {
  readonly cameraId: string;
  readonly modelName: string;
  /** Size of depth map and picture, px. */
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly intrinsics: Intrinsics;
  /** What a value of the depth map is: metres, or nearness (0 far .. 1 near, without a unit) of a relative model. */
  readonly unit: DepthUnit;
  /** Depth range of the model for this camera, metres (the network's range times the depth factor); 0 and 1 for nearness. */
  readonly minM: number;
  readonly maxM: number;
  /** Nominal rate of the source in frames/s; undefined where it does not say. */
  readonly sourceFps: number | undefined;
  readonly pace: Pace;
}

/**
 * Where depth frames go. An output is simple: it is called for one frame at a time, in order, and never again before
 * its promise settled. The queue in front of it (lane.ts) is the pipeline's: bounded; in real-time pace it drops and
 * counts, in `fastest` pace it holds the stream back instead.
 */
export interface Output {
  /** For messages and the summary, such as `png16:out/depth`. */
  readonly name: string;
  /**
   * True where a frame's picture and depth are not touched after its `publish` settled. Where this holds for every
   * output of a stream, their memory is used again for later frames: no garbage, and no pauses to collect it.
   */
  readonly releasesFrames?: boolean;
  /** Opens files, starts encoders. Called once, before any frame. */
  start(info: StreamInfo): Promise<void>;
  /** Writes one frame. A rejection ends the run with that error. */
  publish(frame: DepthFrame): void | Promise<void>;
  /** Flushes and closes; called once, after the last `publish` settled, also when the run failed. @throws what was not written after all. */
  stop(): Promise<void>;
}

/** What happened to the frames meant for one output. */
export interface OutputStats {
  readonly name: string;
  readonly written: number;
  readonly dropped: number;
}
