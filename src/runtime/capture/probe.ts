import { assert } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import { assertElements, probeText } from './elements.js';
import type { VideoCaps } from './gdp.js';
import { installedElements } from './installed-elements.js';
import { CaptureProcess, captureError } from './process.js';
import {
  describeSource,
  type GstSource,
  isGstSource,
  isLive,
  kindOf,
  type Source,
  type SourceInfo,
} from './sources/index.js';

/** Opening a file and decoding its first image may take this long, also on a slow card with a cold plug-in registry. */
const probeTimeoutMs = 30_000;
/** The largest decoded image taken from a file: 16384x16384 in 4:2:0. */
const imageLimitBytes = 16384 * 16384 * 1.5;

/**
 * Finds out image size and rate of a source. A video or network camera is opened for its first frame, a folder for its
 * first image; local cameras and the test image are what the settings say.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `VIDEO_INVALID`, `DATA_EMPTY`, `IMAGE_INVALID`,
 *   `MACHINE_LACKS`, `CAPTURE_FAILED`.
 */
export async function probeSource(source: Source): Promise<SourceInfo> {
  return kindOf(source).probe(source, async () => {
    assert(isGstSource(source), `${describeSource(source)}: has no pipeline to open`);
    return probeImages(source);
  });
}

async function probeImages(source: GstSource): Promise<SourceInfo> {
  const { width, height, fps, text } = await firstCaps(source);
  if (!(width > 0 && height > 0)) {
    throw new CyclopsError(
      'VIDEO_INVALID',
      `${describeSource(source)}: images of unknown size (${text.slice(0, 200)})`,
    );
  }
  return { width, height, fps };
}

async function firstCaps(source: GstSource): Promise<VideoCaps> {
  const elements = await installedElements();
  const launch = probeText(source, elements);
  assertElements(source, launch, elements);
  let caps: VideoCaps | undefined;
  let hasImage = false;
  const probe = CaptureProcess.start(
    { kind: 'gst', launch, loop: false },
    {
      onCaps: (found) => {
        caps ??= found;
      },
      // An image begins: there are caps, and there are images. Its bytes are not needed.
      takeBuffer: () => {
        hasImage = true;
        void probe.stop();
        return new Uint8Array(1);
      },
      onImage: () => undefined,
      onWarning: () => undefined,
    },
    { bufferLimitBytes: imageLimitBytes, startTimeoutMs: probeTimeoutMs, stallTimeoutMs: probeTimeoutMs },
  );
  const outcome = await probe.outcome;
  if (caps !== undefined && hasImage) return caps;
  if (outcome.kind === 'fault') throw captureError(outcome, source);
  const code = isLive(source) ? 'CAPTURE_FAILED' : 'VIDEO_INVALID';
  throw new CyclopsError(code, `${describeSource(source)}: no images in it`);
}
