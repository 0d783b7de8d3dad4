import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readModelPackage } from '../../../src/model-package/read.js';
import { planCapture } from '../../../src/runtime/capture/plan.js';
import { CaptureSupervisor } from '../../../src/runtime/capture/supervisor.js';
import { streamConfigSchema } from '../../../src/runtime/config.js';
import type { Frame } from '../../../src/runtime/frame.js';
import { writeClip } from '../../support/clip.js';
import { childrenOf, quietLog } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

const [frames, fps, keyFrameEvery] = [120, 25, 10];

/** Plays a clip in real time, sound and all; every image takes `decodeMs` longer to decode than it does. */
async function played(folder: string, decodeMs: number): Promise<readonly Frame[]> {
  const clip = join(folder, 'clip.mp4');
  await writeClip(clip, { frames, fps, keyFrameEvery, sound: true });
  await writeTinyPackage(join(folder, 'model'), { width: 64, height: 32 });
  const model = await readModelPackage(join(folder, 'model'));
  const config = streamConfigSchema.parse({
    model: model.folder,
    camera: { source: { kind: 'file', path: clip, pace: 'real-time' } },
  });
  const plan = await planCapture(config, model.package);
  assert.ok(plan.job.kind === 'gst');
  const launch = plan.job.launch.replace(' decodebin ', ` decodebin ! identity sleep-time=${decodeMs * 1000} `);
  assert.notEqual(launch, plan.job.launch);
  const { camera, capture } = config;
  const seen: Frame[] = [];
  const supervisor = new CaptureSupervisor(
    {
      cameraId: camera.id,
      source: camera.source,
      plan: { ...plan, job: { ...plan.job, launch } },
      replan: async () => plan,
      width: 64,
      height: 32,
      format: 'RGB',
      ...capture,
    },
    (frame) => seen.push(frame),
    quietLog,
  );
  await supervisor.done;
  assert.deepEqual(await childrenOf(), []);
  return seen;
}

function imageNumber({ ptsNs }: Frame): number {
  return Math.round((Number(ptsNs) * fps) / 1e9);
}

test('a file that cannot be decoded in real time: key frames alone from some place on, and every lost image counted', async (t) => {
  // Three times slower than the clip plays: without dropping, the last image would be 9 s late.
  const seen = await played(await temporaryFolder(t), 120);
  const first = imageNumber(seen[0]!);
  const numbers = seen.map((frame) => imageNumber(frame) - first);
  const lost = seen.map((frame) => frame.droppedBefore);
  const firstLoss = lost.findIndex((count) => count > 0);
  assert.ok(firstLoss > 0, `${seen.length} images, none lost`);
  for (const number of numbers.slice(firstLoss)) assert.equal(number % keyFrameEvery, 0, numbers.join(' '));
  assert.equal(
    numbers.at(-1)! + 1,
    seen.length + lost.reduce((sum, count) => sum + count, 0),
    'every image up to the last is here or counted',
  );
  assert.equal(numbers.at(-1), frames - keyFrameEvery, 'it plays to its end');
  const lagMs = seen.map(({ arrivalTime, captureTime }) => Number(arrivalTime - captureTime) / 1e6);
  assert.ok(lagMs.at(-1)! < Math.max(...lagMs), `it catches up with its clock: ${lagMs.map(Math.round).join(' ')}`);
});
