import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '../../base/assert.js';
import { CyclopsError, messageOf, systemCodeOf } from '../../base/errors.js';
import { assertElements, type GstSource, probeText } from './elements.js';
import type { VideoCaps } from './gdp.js';
import { installedElements } from './installed-elements.js';
import { CaptureProcess, captureError } from './process.js';
import { describeSource, isLive, type Source } from './source.js';

/** What must be known of a source before its pipeline can be composed. */
export interface SourceFacts {
  /** Size of the full picture, px. */
  readonly width: number;
  readonly height: number;
  /** Nominal frames/s; undefined where the source does not tell. */
  readonly fps: number | undefined;
  /** The pictures of a folder in name order; empty for other kinds. */
  readonly paths: readonly string[];
}

/** Opening a file and decoding its first picture may take this long, also on a slow card with a cold plug-in registry. */
const probeTimeoutMs = 30_000;
/** The largest decoded picture taken from a file: 16384x16384 in 4:2:0. */
const pictureLimitBytes = 16384 * 16384 * 1.5;

/**
 * Finds out picture size and rate of a source. A video or network camera is opened for its first picture, a folder for its
 * first image; local cameras and the test picture are what the settings say.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `VIDEO_INVALID`, `DATA_EMPTY`, `IMAGE_INVALID`,
 *   `MACHINE_LACKS`, `CAPTURE_FAILED`.
 */
export async function probeSource(source: Source): Promise<SourceFacts> {
  switch (source.kind) {
    case 'test':
    case 'csi':
      return { width: source.width, height: source.height, fps: source.fps, paths: [] };
    case 'v4l2':
      await assertDevice(source.device);
      return { width: source.width, height: source.height, fps: source.fps, paths: [] };
    case 'images':
      return probeFolder(source);
    case 'file':
      await assertFile(source.path);
      return probePictures(source);
    case 'rtsp':
    case 'rtp':
    case 'udp':
    case 'pipeline':
      return probePictures(source);
    default:
      return assertNever(source);
  }
}

async function assertDevice(device: string): Promise<void> {
  const found = await stat(device).catch(() => undefined);
  if (found === undefined) {
    const names = await readdir('/dev').catch(() => []);
    const cameras = names.filter((name) => /^video\d+$/.test(name)).map((name) => `/dev/${name}`);
    throw new CyclopsError(
      'CAPTURE_FAILED',
      `${device}: no such device; cameras of this machine: ${cameras.join(', ') || 'none'}`,
    );
  }
  if (!found.isCharacterDevice()) throw new CyclopsError('CAPTURE_FAILED', `${device}: not a camera device`);
  await access(device, constants.R_OK | constants.W_OK).catch((error: unknown) => {
    throw new CyclopsError('CAPTURE_FAILED', `${device}: cannot be opened; is this user in the group "video"?`, {
      cause: error,
    });
  });
}

async function probeFolder(source: Extract<Source, { kind: 'images' }>): Promise<SourceFacts> {
  const names = await readdir(source.path).catch((error: unknown) => {
    const fault = systemCodeOf(error) === 'ENOENT' ? 'no such folder' : `cannot be listed: ${messageOf(error)}`;
    throw new CyclopsError('FILE_MISSING', `${source.path}: ${fault}`, { cause: error });
  });
  const paths = names
    .filter((name) => /\.(png|jpe?g)$/i.test(name))
    .sort()
    .map((name) => join(source.path, name));
  const first = paths[0];
  if (first === undefined) {
    throw new CyclopsError(
      'DATA_EMPTY',
      `${source.path}: expected PNG or JPEG pictures, found ${names.length} other files`,
    );
  }
  // Loading the codec takes longer than opening a camera, which has no use for it.
  const { readRgb } = await import('../../image/codec.js');
  const { width, height } = await readRgb(first);
  return { width, height, fps: source.fps, paths };
}

async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CyclopsError('FILE_MISSING', `${path}: no such file`);
  if (!found.isFile()) throw new CyclopsError('FILE_UNREADABLE', `${path}: not a file`);
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new CyclopsError('FILE_UNREADABLE', `${path}: may not be read`, { cause: error });
  });
}

async function probePictures(source: GstSource): Promise<SourceFacts> {
  const { width, height, fps, text } = await firstCaps(source);
  if (!(width > 0 && height > 0)) {
    throw new CyclopsError(
      'VIDEO_INVALID',
      `${describeSource(source)}: pictures of unknown size (${text.slice(0, 200)})`,
    );
  }
  return { width, height, fps, paths: [] };
}

async function firstCaps(source: GstSource): Promise<VideoCaps> {
  const elements = await installedElements();
  const launch = probeText(source, elements);
  assertElements(source, launch, elements);
  let caps: VideoCaps | undefined;
  let hasPicture = false;
  const probe = CaptureProcess.start(
    { kind: 'gst', launch, loop: false },
    {
      onCaps: (found) => {
        caps ??= found;
      },
      // A picture begins: there are caps, and there are pictures. Its bytes are not needed.
      takeBuffer: () => {
        hasPicture = true;
        void probe.stop();
        return new Uint8Array(1);
      },
      onPicture: () => undefined,
      onWarning: () => undefined,
    },
    { bufferLimitBytes: pictureLimitBytes, startTimeoutMs: probeTimeoutMs, stallTimeoutMs: probeTimeoutMs },
  );
  const outcome = await probe.outcome;
  if (caps !== undefined && hasPicture) return caps;
  if (outcome.kind === 'fault') throw captureError(outcome, source);
  const code = isLive(source) ? 'CAPTURE_FAILED' : 'VIDEO_INVALID';
  throw new CyclopsError(code, `${describeSource(source)}: no pictures in it`);
}
