import type { Writable } from 'node:stream';
import type { z } from 'zod';
import type { Intrinsics } from '../../geometry/camera.js';
import type { DepthFrame, DepthUnit, Pace, PixelFormat } from '../frame.js';

/** What an output may want to know before the first frame. */
export interface StreamInfo {
  readonly cameraId: string;
  readonly modelName: string;
  /** Size of depth map and image, px. */
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly intrinsics: Intrinsics;
  readonly unit: DepthUnit;
  /** Depth range of the model for this camera, metres (the network's range times the depth factor); 0 and 1 of a relative model. */
  readonly minM: number;
  readonly maxM: number;
  /** Nominal rate of the source in frames/s; undefined where it does not say. */
  readonly sourceFps: number | undefined;
  readonly pace: Pace;
}

/**
 * Where depth frames go. An output is simple: it is called for one frame at a time, in order, and never again before
 * its promise settled. The queue in front of it (queue.ts) is the stream's: bounded; in real-time pace it drops and
 * counts, in `fastest` pace it holds the stream back instead.
 */
export interface Output {
  /** For messages and the summary, such as `png16:out/depth`. */
  readonly name: string;
  /**
   * True where a frame's image and depth are not touched after its `publish` settled. Where this holds for every
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

/** Streams of the process that an output may write to. */
export interface OutputStreams {
  /** Written to, never closed. */
  readonly standardOutput: Writable;
}

/**
 * An entry of the table of outputs (index.ts). It has a file of its own, named as it is; what it needs beside that lies in
 * a folder of the same name.
 */
export interface OutputKind<Settings extends { readonly kind: string } = { readonly kind: string }> {
  /** As it stands before the colon of `--output`. */
  readonly name: Settings['kind'];
  /** How it is asked for, argument included: `png16:DIR`, `none`. */
  readonly form: string;
  /** What it writes, as a line of a help text. */
  readonly help: string;
  /** Its settings, strict: `kind` and what else it takes. */
  readonly schema: z.ZodObject & z.ZodType<Settings>;
  /** The setting, a text, that stands behind the colon; absent where nothing does. */
  readonly argument?: Exclude<keyof Settings, 'kind'> & string;
  /** Makes the output; nothing is opened before its `start`. */
  open(settings: Settings, streams: OutputStreams): Output;
}

/** Checks an entry against the contract and keeps its own type. */
export function defineOutput<Schema extends z.ZodObject & z.ZodType<{ readonly kind: string }>>(
  entry: OutputKind<z.output<Schema>> & { readonly schema: Schema },
): OutputKind & { readonly schema: Schema } {
  return entry as never;
}

/** What happened to the frames meant for one output. */
export interface OutputStats {
  readonly name: string;
  readonly written: number;
  readonly dropped: number;
}
