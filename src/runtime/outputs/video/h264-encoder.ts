import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { CyclopsError, systemCodeOf } from '../../../base/errors.js';
import { removeLeftovers, renameSynced, temporaryNameFor, writeErrorFor } from '../../../base/files.js';
import type { RgbImage } from '../../../geometry/raster.js';
import type { DepthFrame } from '../../frame.js';
import { gdpBufferHeader, gdpStart, writeParts } from './gdp-writer.js';

/**
 * H.264 encoders in the order of preference, with settings for an image that people look at: constant quality, and no
 * frames that refer to later ones, so that time timestamps pass as they are. One thread: inference needs the other cores.
 */
const encoders = [
  {
    element: 'x264enc',
    launch: 'x264enc pass=qual quantizer=20 speed-preset=veryfast bframes=0 key-int-max=60 threads=1',
  },
  { element: 'openh264enc', launch: 'openh264enc rate-control=quality bitrate=8000000 gop-size=60 complexity=low' },
] as const;

/** Name of the first H.264 encoder of ours that is installed. @throws CyclopsError `MACHINE_LACKS`. */
export async function chooseEncoder(): Promise<(typeof encoders)[number]> {
  for (const encoder of encoders) {
    if (await isInstalled(encoder.element)) return encoder;
  }
  throw new CyclopsError(
    'MACHINE_LACKS',
    'video output: no H.264 encoder: expected x264enc (apt-get install gstreamer1.0-plugins-ugly gstreamer1.0-tools) or openh264enc (gstreamer1.0-plugins-bad)',
  );
}

async function isInstalled(element: string): Promise<boolean> {
  return promisify(execFile)('gst-inspect-1.0', ['--exists', element]).then(
    () => true,
    () => false,
  );
}

/** What an encoder has to know beforehand. Sizes are even. */
export interface EncoderOptions {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Nominal rate; the images' own time timestamps decide. */
  readonly fps: number;
}

/**
 * Writes images with their time timestamps to an H.264 MP4 file: a GStreamer process of its own, at low priority, fed
 * through a pipe. The file appears under its name only when it is complete.
 */
export class H264Encoder {
  readonly #options: EncoderOptions;
  readonly #temporaryPath: string;
  readonly #child: ChildProcessByStdio<Writable, null, Readable>;
  readonly #exit: Promise<number | null>;
  #errorText = '';
  #hasStarted = false;

  private constructor(options: EncoderOptions, temporaryPath: string, launch: string) {
    this.#options = options;
    this.#temporaryPath = temporaryPath;
    const pipeline = `fdsrc fd=0 ! gdpdepay ! videoconvert ! video/x-raw,format=I420 ! ${launch} ! h264parse ! mp4mux ! filesink`;
    // A group of its own: Ctrl-C ends the stream, and the encoder then finishes the file when its pipe closes.
    this.#child = spawn('gst-launch-1.0', ['-q', ...pipeline.split(' '), `location=${temporaryPath}`], {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    this.#exit = once(this.#child, 'close').then(
      ([code]) => code as number | null,
      (error: unknown) => {
        this.#errorText = systemCodeOf(error) === 'ENOENT' ? 'gst-launch-1.0 is not installed' : String(error);
        return null;
      },
    );
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(0, 4000);
    });
    // A broken pipe shows as the process's exit, which carries the reason.
    this.#child.stdin.on('error', () => undefined);
    // Only the administrator may raise a priority, and we may run at a lower one already.
    if (this.#child.pid !== undefined && getPriority() < 10) setPriority(this.#child.pid, 10);
  }

  /** Starts the encoder. @throws CyclopsError `MACHINE_LACKS`, or those of writing a file. */
  static async open(options: EncoderOptions): Promise<H264Encoder> {
    const { launch } = await chooseEncoder();
    await mkdir(dirname(options.path), { recursive: true }).catch((error: unknown) => {
      throw writeErrorFor(options.path, error);
    });
    await removeLeftovers(options.path);
    return new H264Encoder(options, temporaryNameFor(options.path), launch);
  }

  /**
   * Adds an image. Resolves when the encoder takes the next one: its bytes may be overwritten then.
   * @param ptsNs time since the first image, ns; rising.
   * @throws CyclopsError `WRITE_FAILED` where the encoder has ended.
   */
  async write(image: RgbImage, ptsNs: bigint): Promise<void> {
    const { width, height, fps } = this.#options;
    const parts: Uint8Array[] = [];
    if (!this.#hasStarted) {
      const rate = `framerate=(fraction)${Math.round(fps * 1000)}/1000`;
      parts.push(
        ...gdpStart(
          `video/x-raw, format=(string)RGB, width=(int)${width}, height=(int)${height}, ${rate}, ` +
            'interlace-mode=(string)progressive, pixel-aspect-ratio=(fraction)1/1',
        ),
      );
      this.#hasStarted = true;
    }
    const rows = withPaddedRows(image);
    parts.push(gdpBufferHeader(rows.length, ptsNs, BigInt(Math.round(1e9 / fps))), rows);
    if (this.#child.exitCode !== null || !this.#child.stdin.writable) throw await this.#failure();
    await writeParts(this.#child.stdin, parts);
    if (this.#child.exitCode !== null || this.#child.stdin.destroyed) throw await this.#failure();
  }

  /** Ends the file, waits for the muxer, and gives the file its name. Without an image no file is left. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const code = await this.#exit;
    if (!this.#hasStarted) {
      await rm(this.#temporaryPath, { force: true });
      return;
    }
    if (code !== 0 || this.#errorText.includes('ERROR')) throw await this.#failure();
    await renameSynced(this.#temporaryPath, this.#options.path);
  }

  async #failure(): Promise<CyclopsError> {
    this.#child.stdin.destroy();
    await this.#exit;
    await rm(this.#temporaryPath, { force: true });
    const reason = this.#errorText.split('\n').find((line) => line.trim() !== '') ?? 'the encoder ended early';
    const isFull = /no space left|resource-error-no-space-left/i.test(this.#errorText);
    return new CyclopsError(
      isFull ? 'DISK_FULL' : 'WRITE_FAILED',
      `${this.#options.path}: the video cannot be written: ${reason}`,
      { details: { encoder: this.#errorText } },
    );
  }
}

/** GStreamer pads rows of RGB to whole words of 4 bytes; a width that is a multiple of 4 needs no copy. */
function withPaddedRows({ width, height, data }: RgbImage): Uint8Array {
  const rowBytes = width * 3;
  const stride = Math.ceil(rowBytes / 4) * 4;
  if (stride === rowBytes) return data;
  const padded = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) padded.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), row * stride);
  return padded;
}

/**
 * Time timestamps for a video, ns since its first image: the source's own (PTS), else the capture times. They always
 * rise: where the source starts again (a loop, a camera's restart), the next image follows after one nominal frame.
 */
export function createVideoClock(fps: number): (frame: Pick<DepthFrame, 'ptsNs' | 'timestamps'>) => bigint {
  const nominalNs = BigInt(Math.round(1e9 / fps));
  let offsetNs: bigint | undefined;
  let lastNs = -nominalNs;
  return ({ ptsNs, timestamps }) => {
    const sourceNs = ptsNs ?? timestamps.capture;
    offsetNs ??= sourceNs;
    if (sourceNs - offsetNs <= lastNs) offsetNs = sourceNs - lastNs - nominalNs;
    lastNs = sourceNs - offsetNs;
    return lastNs;
  };
}
