import type { CropWindow } from '../../geometry/network-view.js';
import type { PixelFormat } from '../frame.js';

/** A GStreamer pipeline for child.ts: a launch text that ends in `gdppay ! fdsink`. */
export interface GstJob {
  readonly kind: 'gst';
  readonly launch: string;
  /** At the end, play it again through the same pipe. */
  readonly loop: boolean;
}

/** A folder of images for images-child.ts. */
export interface ImagesJob {
  readonly kind: 'image-files';
  readonly paths: readonly string[];
  /** Size of the first image, which `crop` belongs to; images of another size are cut in the same shares. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly crop: CropWindow;
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly fps: number;
  readonly pace: 'real-time' | 'fastest';
  readonly loop: boolean;
}

/** The work of one capture process. */
export type CaptureJob = GstJob | ImagesJob;

/** What the parent tells a capture process. */
export type ToChild =
  | { readonly type: 'start'; readonly job: CaptureJob }
  /** Until the end of the file, decode its key frames alone. */
  | { readonly type: 'key-frames' }
  | { readonly type: 'stop' };

/** Name of the element in the pipeline of a file that lets all images through, or key frames alone. */
export const doorName = 'door';

/** What kind of fault ended a capture: it decides on error code, exit code and whether to try again. */
export type FaultReason =
  | 'missing-element'
  | 'missing-decoder'
  | 'no-video'
  | 'bad-image'
  /** Images of another size or kind than the pipeline was composed for. */
  | 'format'
  | 'stream';

/** What a capture process tells its parent. Images do not go this way, but through the pipe. */
export type FromChild =
  /** Ready for a job. */
  | { readonly type: 'loaded' }
  /** The source has ended, and everything it gave is in the pipe. */
  | { readonly type: 'end' }
  | { readonly type: 'warning'; readonly message: string }
  | {
      readonly type: 'fault';
      readonly reason: FaultReason;
      readonly message: string;
      /** The GStreamer element that is not installed. */
      readonly element?: string;
    };

/** The file descriptor of the pipe for images in a capture process: after stdin, stdout, stderr and the messages. */
export const imagesFd = 4;
