import { assert } from '../base/assert.js';
import type { LoadedModelPackage } from '../model-package/read.js';
import type { GstJob } from '../runtime/capture/messages.js';
import { planCapture } from '../runtime/capture/plan.js';
import { CaptureProcess, captureError } from '../runtime/capture/process.js';
import type { Source } from '../runtime/capture/sources/index.js';
import { treeUsage } from './process-usage.js';

/** CPU time of stretches of a capture pipeline. */
export interface CaptureUsage {
  readonly frames: number;
  readonly cpuS: number;
}

/**
 * What a source costs by itself: its capture pipeline as the stream runs it (decode, cut, resize, colour), as fast as it
 * goes, but of each image only four pixels come out, so that frames can be counted and nothing of cyclops is in it.
 * @returns undefined for a folder of images, which cyclops reads itself.
 * @throws CyclopsError of the source.
 */
export async function measureCapture(
  source: Source,
  model: LoadedModelPackage,
  settings: { readonly warmUpFrames: number; readonly frames: number; readonly signal?: AbortSignal },
): Promise<CaptureUsage | undefined> {
  const { job } = await planCapture({ camera: { id: 'camera', source } }, model.package);
  if (job.kind !== 'gst') return undefined;
  const { width, height } = model.package.input;
  const last = settings.warmUpFrames + settings.frames;
  let seen = 0;
  let startCpuS = 0;
  let cpuS = 0;
  const image = new Uint8Array(countedBytesLimit);
  const capture = CaptureProcess.start(
    countingJob(job, width, height),
    {
      onCaps: () => undefined,
      takeBuffer: (length) => image.subarray(0, length),
      onImage: () => {
        seen++;
        if (seen === settings.warmUpFrames) startCpuS = treeUsage(capture.pid).cpuS;
        if (seen === last) {
          cpuS = treeUsage(capture.pid).cpuS - startCpuS;
          void capture.stop();
        }
      },
      onWarning: () => undefined,
    },
    { bufferLimitBytes: countedBytesLimit, startTimeoutMs: 30_000, stallTimeoutMs: 30_000 },
  );
  const stop = () => void capture.stop();
  settings.signal?.addEventListener('abort', stop, { once: true });
  const outcome = await capture.outcome;
  settings.signal?.removeEventListener('abort', stop);
  settings.signal?.throwIfAborted();
  if (seen < last) {
    const early = { kind: 'fault', reason: 'stream', message: `ended after ${seen} of ${last} frames` } as const;
    throw captureError(outcome.kind === 'fault' ? outcome : early, source);
  }
  return { frames: settings.frames, cpuS };
}

/** Four pixels of four bytes. */
const countedBytesLimit = 16;

function countingJob(job: GstJob, width: number, height: number): GstJob {
  const tail = / ! gdppay ! (?=fdsink [^!]*$)/;
  assert(tail.test(job.launch), `a capture pipeline ends in gdppay ! fdsink: ${job.launch}`);
  const cut = `videocrop right=${width - 4} bottom=${height - 1}`;
  return { ...job, launch: job.launch.replace(tail, ` ! ${cut} ! gdppay ! `) };
}
