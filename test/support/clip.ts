import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a generated video looks like. */
export interface ClipOptions {
  readonly frames?: number;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  /** Adds a sound track. */
  readonly sound?: boolean;
  /** Images from one key frame to the next; the encoder's choice unless given. */
  readonly keyFrameEvery?: number;
}

/** Writes a small H.264 video of GStreamer's moving test image. */
export async function writeClip(path: string, options: ClipOptions = {}): Promise<void> {
  const { frames = 12, width = 160, height = 90, fps = 25, sound = false, keyFrameEvery = 0 } = options;
  const video = `videotestsrc num-buffers=${frames} pattern=ball ! video/x-raw,width=${width},height=${height},framerate=${fps}/1 ! x264enc speed-preset=ultrafast key-int-max=${keyFrameEvery} ! h264parse ! mux.`;
  const audio = sound ? 'audiotestsrc num-buffers=20 ! avenc_aac ! aacparse ! mux.' : '';
  await gst(`mp4mux name=mux ! filesink location=${path} ${video} ${audio}`);
}

/** Runs a pipeline to its end. */
export async function gst(launch: string): Promise<void> {
  await promisify(execFile)('gst-launch-1.0', ['-q', ...launch.trim().split(/\s+/)], { timeout: 60_000 });
}
