import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type CamerasConfigInput,
  camerasConfigSchema,
  type FrameInfo,
  type RunningCameras,
  startCameras,
} from '../../src/runtime/index.js';
import { writeClip } from '../support/clip.js';
import { childrenOf, KeepingOutput, quietLog, until } from '../support/stream.js';
import { writeTinyPackage } from '../support/tiny-package.js';

let folder = '';
let model = '';
let heavy = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-cameras-'));
  model = join(folder, 'model');
  heavy = join(folder, 'heavy');
  await writeTinyPackage(model, { width: 64, height: 32 });
  await writeTinyPackage(heavy, { width: 256, height: 128, features: 40, layers: 6 });
});
after(() => rm(folder, { recursive: true, force: true }));

const live = { kind: 'test', width: 160, height: 90, fps: 25 } as const;

async function run(
  config: Omit<CamerasConfigInput, 'model'> & { model?: string },
  outputs: Readonly<Record<string, KeepingOutput>> = {},
): Promise<RunningCameras> {
  const parsed = camerasConfigSchema.parse({ model, engine: { threads: 1 }, ...config });
  return startCameras(parsed, ({ id }) => (outputs[id] === undefined ? [] : [outputs[id]]), quietLog);
}

test('cameras faster than the network get the same share of it, and each the newest frame of its own', async () => {
  const published: FrameInfo[] = [];
  const running = await run({
    model: heavy,
    cameras: [
      { id: 'fast', source: { ...live, fps: 120 } },
      { id: 'slow', source: { ...live, fps: 60 } },
    ],
  });
  running.onPublish((facts) => published.push(facts));
  const of = (id: string) => published.filter(({ cameraId }) => cameraId === id);
  await until(() => of('fast').length >= 2 && of('slow').length >= 2, 'both cameras');
  const from = published.length;
  await until(() => published.length >= from + 20, 'twenty frames');
  await running.stop();
  const results = await running.done;
  const shares = published.slice(from, from + 20);
  const fast = shares.filter(({ cameraId }) => cameraId === 'fast').length;
  // By turns, but for a camera that this machine let be late; by arrival, the faster one would have two thirds.
  assert.ok(fast >= 6 && fast <= 14, `${fast} of 20 frames of the faster camera`);
  for (const { id, summary, state } of results) {
    assert.equal(state, 'ended');
    const { latency, stream } = summary!;
    assert.equal(stream.cameraId, id);
    assert.ok(latency.dropped > 0, `${id} lost nothing`);
    // Every frame that arrived and was not published is in the count of the one after it.
    const frames = of(id);
    for (const [index, { sequence, droppedBefore }] of frames.entries()) {
      const skipped = index === 0 ? sequence : sequence - frames[index - 1]!.sequence - 1;
      assert.ok(droppedBefore >= skipped, `${id} ${sequence}: ${droppedBefore} dropped, ${skipped} skipped`);
    }
  }
  assert.deepEqual(await childrenOf(), []);
});

test('a camera that is killed comes back, one that is not there fails; the others never stop', async () => {
  const outputs = { good: new KeepingOutput(), bad: new KeepingOutput() };
  const running = await run(
    {
      cameras: [
        { id: 'good', source: live },
        { id: 'bad', source: live },
        { id: 'gone', source: { kind: 'v4l2', device: '/dev/cyclops-no-such-camera' } },
        { id: 'broken', source: { kind: 'file', path: join(folder, 'no-such-file.mp4') } },
      ],
      capture: { restartWaitMs: 1, restartLimit: 3 },
    },
    outputs,
  );
  const [good, bad, gone] = running.cameras;
  await until(() => outputs.good.frames.length >= 3 && outputs.bad.frames.length >= 3, 'both cameras');
  await until(() => gone!.state === 'failed', 'the camera that is not there to be given up');
  const killed = bad!.capturePid!;
  process.kill(killed, 'SIGKILL');
  await until(() => bad!.capturePid !== undefined && bad!.capturePid !== killed, 'the restart');
  const [goodBefore, badBefore] = [outputs.good.frames.length, outputs.bad.frames.length];
  await until(() => outputs.good.frames.length >= goodBefore + 3, 'the good camera');
  await until(() => outputs.bad.frames.length >= badBefore + 3, 'the camera that was killed');
  assert.equal(good!.state, 'running');
  await running.stop();
  const results = await running.done;
  assert.deepEqual(
    results.map(({ id, state }) => `${id} ${state}`),
    ['good ended', 'bad ended', 'gone failed', 'broken failed'],
  );
  assert.deepEqual(
    results.map(({ summary }) => summary?.restarts),
    [0, 1, undefined, undefined],
  );
  assert.deepEqual(results[1]!.summary!.faults, { crash: 1 });
  assert.match(String(results[2]!.error), /no such device/);
  assert.match(String(results[3]!.error), /no such file/);
  assert.ok(outputs.good.frames.every(({ cameraId, state }) => cameraId === 'good' && state === 'running'));
  assert.deepEqual([outputs.good.stops, outputs.bad.stops], [1, 1]);
  assert.deepEqual(await childrenOf(), []);
});

test('a video of which every frame counts, beside a camera; a failing output ends its camera only', async () => {
  const clip = join(folder, 'clip.mp4');
  await writeClip(clip, { frames: 12 });
  const failing = new KeepingOutput(async () => {
    throw new Error('the disk is on fire');
  });
  const outputs = { video: new KeepingOutput(), camera: new KeepingOutput(), failing };
  const running = await run(
    {
      cameras: [
        { id: 'video', source: { kind: 'file', path: clip }, horizontalFovDeg: 60 },
        { id: 'camera', source: live, horizontalFovDeg: 30 },
        { id: 'failing', source: live },
      ],
    },
    outputs,
  );
  await until(() => running.cameras[0]!.state === 'ended', 'the end of the video');
  await until(() => running.cameras[2]!.state === 'failed', 'the failure');
  const before = outputs.camera.frames.length;
  await until(() => outputs.camera.frames.length >= before + 3, 'the camera to go on');
  await running.stop();
  const [video, camera, last] = await running.done;
  assert.equal(video!.summary!.latency.frames, 12);
  assert.deepEqual([video!.summary!.end, camera!.summary!.end], ['source', 'stopped']);
  assert.match(String(last!.error), /the disk is on fire/);
  // Each camera has its own optics.
  const scales = [outputs.video, outputs.camera].map(({ frames }) => frames[0]!.depthScale);
  assert.ok(scales[1]! > scales[0]! * 1.5, String(scales));
});

test('what is wrong with a list of cameras is said before anything runs', async () => {
  const source = { kind: 'test' } as const;
  const cases: readonly [cameras: object[], expected: RegExp][] = [
    [[], />=1|at least 1|Too small/i],
    [[{ source }], /id/],
    [
      [
        { id: 'a', source },
        { id: 'a', source },
      ],
      /an id of its own/,
    ],
    [[{ id: 'a', source, fxPx: 100, horizontalFovDeg: 60 }], /only one of calibration/],
    [
      [
        { id: 'a', source, outputs: [`png16:${join(folder, 'depth')}`] },
        { id: 'b', source, outputs: [`png16:${join(folder, 'depth')}`] },
      ],
      /the output of one camera/,
    ],
    [
      [
        { id: 'a', source, outputs: [{ kind: 'video', path: 'depth.mp4' }] },
        { id: 'b', source, outputs: ['video:depth.mp4'] },
      ],
      /the output of one camera/,
    ],
    [[{ id: 'a', source, outputs: ['avi:x'] }], /expected ndjson, png16:DIR, video:FILE\.mp4 or none/],
    [[{ id: 'a', source, outputs: [{ kind: 'png16' }] }], /folder/],
  ];
  for (const [cameras, expected] of cases) {
    assert.match(camerasConfigSchema.safeParse({ model, cameras }).error?.message ?? 'accepted', expected);
  }
  assert.deepEqual(await readdir(folder).then((names) => names.includes('depth')), false);
});
