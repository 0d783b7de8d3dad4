import type { z } from 'zod';
import type { ImageTarget } from '../plan-network-input.js';
import type { ElementPackages } from './decoders.js';
import type { ElementSet } from './installed-elements.js';
import type { CaptureJob } from './messages.js';

/** What must be known of a source before its pipeline can be composed. */
export interface SourceInfo {
  /** Size of the full image, px. */
  readonly width: number;
  readonly height: number;
  /** Nominal frames/s; undefined where the source does not tell. */
  readonly fps: number | undefined;
  /** The files of a source that is a list of files, in the order in which they are shown. */
  readonly paths?: readonly string[];
}

/**
 * Where a frame's timestamp comes from, which says how far it can be trusted:
 * `driver`: the camera's driver, at the exposure or the transfer of the frame;
 * `network`: made here as packets arrive, whatever the way took;
 * `recorded`: the container of a file; `nominal`: counted from the rate in the settings;
 * `generated`: frames are drawn here, and may be finished later than they are due;
 * `unknown`: the user's own elements.
 */
export type TimestampOrigin = 'driver' | 'network' | 'recorded' | 'nominal' | 'generated' | 'unknown';

/** How the command line names a source: `WORD` or `WORD:REST`. */
export interface SourceText {
  /** The words that mean this kind. */
  readonly words: readonly string[];
  /** The text with its variable parts in capitals, as help and errors show it. */
  readonly form: string;
  /** A text that a user might type. */
  readonly example: string;
}

interface AnyKind<Schema extends z.ZodObject> {
  /** The same as the file's name and the literal in the schema. */
  readonly kind: string;
  /**
   * Its settings, strict. Some names are read by everyone: with `pace` a source can wait for the model, with `loop` it
   * starts again at its end, `fps` is its nominal rate.
   */
  readonly schema: Schema;
  readonly text: SourceText;
  /** Settings of a text; `rest` is what follows the word and its colon. Undefined where it does not have the form. */
  parse(rest: string, word: string): z.input<Schema> | undefined;
  /** The source in a few words for logs and messages, as `parse` reads it; without passwords. */
  describe(source: z.output<Schema>): string;
  /** Whether the source goes on for ever, so that its end is a fault and worth a restart. */
  live(source: z.output<Schema>): boolean;
  readonly timestamps: TimestampOrigin;
  /**
   * Finds out image size and rate.
   * @param open opens the source's pipeline for its first frame; not there for a source without one.
   * @throws CyclopsError where the source is not there, or is not what the settings say.
   */
  probe(source: z.output<Schema>, open: () => Promise<SourceInfo>): Promise<SourceInfo>;
  /** Debian packages of all elements that the source may name (the shared ones, such as `queue`, aside), and of those that `decodebin` adds for usual streams. */
  readonly packages: ElementPackages;
  /** Whether every machine must have its elements: without them `cyclops doctor` reports a gap. */
  readonly isEssential: boolean;
  /** The video file whose camera may be described by a file beside it. */
  videoFile?(source: z.output<Schema>): string;
}

/** A source that is a GStreamer pipeline. */
export interface GstSourceKind<Schema extends z.ZodObject = z.ZodObject> extends AnyKind<Schema> {
  /**
   * The launch text from the source up to raw video, as parts between exclamation marks; the memory is whatever the
   * decoder leaves it in. A live source ends in `leakyQueue`.
   */
  elements(source: z.output<Schema>, installed: ElementSet): string[];
  /** Who decides on the image's size. Where it is the sender, another size later is refused and planned anew. */
  readonly imageSize: 'settings' | 'sender';
  /**
   * Whether frames are in NVIDIA's memory, or go there to be resized by hardware: always; where the machine has
   * nvvidconv; or never, and then nothing in the pipeline depends on the machine, and its elements are not listed first.
   */
  readonly nvidiaMemory: 'always' | 'where-installed' | 'never';
  /** Whether, played in real time, it has an element named `doorName` that can pass only key frames. */
  readonly canKeepToKeyFrames?: boolean;
  /** The part of the launch text that is the user's own: any element may stand there. */
  ownText?(source: z.output<Schema>): string;
}

/** A source that is read by a capture process without GStreamer. */
export interface JobSourceKind<Schema extends z.ZodObject = z.ZodObject> extends AnyKind<Schema> {
  /** The work of its capture process. */
  job(source: z.output<Schema>, info: SourceInfo, target: ImageTarget): CaptureJob;
}

/** One kind of source: everything that the rest of cyclops must know of it. */
export type SourceKind = GstSourceKind | JobSourceKind;
