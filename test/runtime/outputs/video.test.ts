import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { MonotonicNs } from '../../../src/base/clock.js';
import { isCyclopsError } from '../../../src/base/errors.js';
import type { RgbImage } from '../../../src/geometry/raster.js';
import { createFloatMap, createRgbImage } from '../../../src/geometry/raster.js';
import { colorAt, depthPosition } from '../../../src/image/colormap.js';
import type { DepthFrame } from '../../../src/runtime/frame.js';
import type { StreamInfo } from '../../../src/runtime/outputs/output.js';
import { colorRange, createComposer } from '../../../src/runtime/outputs/video/compose.js';
import { createVideoClock } from '../../../src/runtime/outputs/video/h264-encoder.js';
import { VideoOutput } from '../../../src/runtime/outputs/video.js';

const width = 640;
const height = 96;
const info: StreamInfo = {
  unit: 'metres',
  cameraId: 'front',
  modelName: 'two-walls',
  width,
  height,
  format: 'RGB',
  intrinsics: { width, height, fxPx: 400, fyPx: 400, cxPx: 320, cyPx: 48 },
  minM: 1,
  maxM: 100,
  sourceFps: 10,
  pace: 'fastest',
};

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-video-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A green image with depth of 3 m in its left half and 60 m in its right half. */
function wallsFrame(sequence: number, ptsNs: bigint): DepthFrame {
  const image = createRgbImage(width, height);
  for (let i = 1; i < image.data.length; i += 3) image.data[i] = 160;
  const networkDepth = createFloatMap(width, height, 3);
  for (let i = 0; i < networkDepth.data.length; i++) if (i % width >= width / 2) networkDepth.data[i] = 60;
  const at = (ms: number) => (ptsNs + BigInt(ms) * 1_000_000n) as MonotonicNs;
  return {
    cameraId: 'front',
    sequence,
    ptsNs,
    timestamps: { capture: at(0), arrival: at(1), inferStart: at(2), inferEnd: at(30), publish: at(31) },
    quality: 'pts',
    droppedBefore: 0,
    image: { ...image, format: 'RGB' },
    networkDepth,
    depthScale: 1,
    intrinsics: info.intrinsics,
    state: 'running',
  };
}

/** Decodes a video with GStreamer: its images, and the time stamp of each, s. */
async function decode(path: string): Promise<{ images: RgbImage[]; timesS: number[]; format: string }> {
  const composer = createComposer({ width, height, range: colorRange(1, 100), depthFactor: 1 });
  const launch = 'qtdemux ! h264parse ! avdec_h264 ! identity name=seen silent=false ! fakesink';
  const { stdout: log } = await promisify(execFile)('gst-launch-1.0', [
    '-v',
    'filesrc',
    `location=${path}`,
    '!',
    ...launch.split(' '),
  ]);
  const timesS = [...log.matchAll(/last-message = chain.*?pts: 0:(\d\d):([\d.]+)/g)].map(
    (m) => Number(m[1]) * 60 + Number(m[2]),
  );
  const format = /avdec_h264.*src: caps = video\/x-raw, format=\(string\)(\w+)/.exec(log)?.[1] ?? '';
  const { stdout } = await promisify(execFile)(
    'gst-launch-1.0',
    [
      '-q',
      'filesrc',
      `location=${path}`,
      '!',
      ...'qtdemux ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=RGB ! fdsink'.split(' '),
    ],
    { encoding: 'buffer', maxBuffer: 1 << 28 },
  );
  const bytes = composer.width * composer.height * 3;
  assert.equal(
    stdout.length % bytes,
    0,
    `${stdout.length} bytes are whole images of ${composer.width}x${composer.height}`,
  );
  const images = Array.from({ length: stdout.length / bytes }, (_, index) => ({
    width: composer.width,
    height: composer.height,
    data: stdout.subarray(index * bytes, (index + 1) * bytes),
  }));
  return { images, timesS, format };
}

function pixel(image: RgbImage, x: number, y: number): readonly number[] {
  return [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
}

function assertNear(actual: readonly number[], expected: readonly number[], within: number): void {
  const far = actual.some((value, index) => Math.abs(value - expected[index]!) > within);
  assert.ok(!far, `expected about ${expected.join(',')}, found ${actual.join(',')}`);
}

test('every frame is in the file, at its own time, with the colours of its depth', async () => {
  const path = join(folder, 'walls.mp4');
  const output = new VideoOutput(path);
  await output.start(info);
  // The fourth frame was dropped: its predecessor stands for 200 ms.
  const ptsMs = [1000, 1100, 1200, 1400, 1500];
  for (const [sequence, ms] of ptsMs.entries()) await output.publish(wallsFrame(sequence, BigInt(ms) * 1_000_000n));
  await output.stop();

  const { images, timesS, format } = await decode(path);
  assert.equal(images.length, 5);
  assert.equal(format, 'I420');
  const relativeMs = timesS.map((time) => Math.round((time - timesS[0]!) * 1000));
  assert.deepEqual(relativeMs, [0, 100, 200, 400, 500]);

  const range = colorRange(info.minM, info.maxM);
  for (const image of images) {
    assertNear(pixel(image, 100, 40), [0, 160, 0], 12);
    assertNear(pixel(image, 644 + 100, 40), colorAt(depthPosition(3, range)), 16);
    assertNear(pixel(image, 644 + 540, 40), colorAt(depthPosition(60, range)), 16);
  }
  const [near, far] = [pixel(images[0]!, 744, 40), pixel(images[0]!, 1184, 40)];
  assert.ok(near[0]! > near[2]! + 60, `near is warm: ${near}`);
  assert.ok(far[2]! > far[0]! + 20, `far is cold: ${far}`);
  // Words are bright on a dark bar, and the frame number changes from frame to frame.
  const bar = (image: RgbImage) => Buffer.from(image.data.subarray(image.width * (height + 4) * 3));
  assert.ok(bar(images[0]!).some((value) => value > 200));
  assert.ok(!bar(images[0]!).equals(bar(images[1]!)));
});

test('what a killed process left of this video is swept at the next start, what another one writes is not', async () => {
  const ended = execFile('true');
  await once(ended, 'exit');
  const left = `swept.mp4.tmp-${ended.pid}-0123abcd`;
  const running = `swept.mp4.tmp-${process.pid}-0123abcd`;
  const other = `other.mp4.tmp-${ended.pid}-0123abcd`;
  for (const name of [left, running, other]) await writeFile(join(folder, name), 'half a video');
  const output = new VideoOutput(join(folder, 'swept.mp4'));
  await output.start(info);
  const names = await readdir(folder);
  await output.stop();
  assert.ok(!names.includes(left), names.join(' '));
  assert.ok(names.includes(running) && names.includes(other), names.join(' '));
  for (const name of [running, other]) await rm(join(folder, name));
});

test('a stream without frames leaves no file behind', async () => {
  const path = join(folder, 'none', 'empty.mp4');
  const output = new VideoOutput(path);
  await output.start(info);
  await output.stop();
  assert.deepEqual(await readdir(join(folder, 'none')), []);
});

test('a folder that cannot be written is an error that names the file', async () => {
  const output = new VideoOutput('/dev/null/no-such-folder/demo.mp4');
  await assert.rejects(output.start(info), (error) => {
    assert.ok(isCyclopsError(error, 'WRITE_FAILED'), String(error));
    assert.match(error.message, /\/dev\/null\/no-such-folder\/demo\.mp4/);
    return true;
  });
  // What did not start has closed itself: no thread is left that would keep the process.
  await output.stop();
});

test('an encoder that dies in the middle ends the output with its reason', async () => {
  const path = join(folder, 'broken.mp4');
  const output = new VideoOutput(path);
  await output.start(info);
  await output.publish(wallsFrame(0, 0n));
  const { stdout } = await promisify(execFile)('pgrep', ['-f', `location=${path}.tmp`]);
  process.kill(Number(stdout.trim()), 'SIGKILL');
  await assert.rejects(async () => {
    for (let i = 1; i < 100; i++) await output.publish(wallsFrame(i, BigInt(i) * 100_000_000n));
  }, /broken\.mp4: the video cannot be written/);
  await assert.rejects(output.stop(), /broken\.mp4/);
  assert.ok(!(await readdir(folder)).some((name) => name.startsWith('broken')), 'no half file is left');
});

test('the video clock follows the source and rises over a restart', () => {
  const clock = createVideoClock(10);
  const timestamps = wallsFrame(0, 0n).timestamps;
  const ms = (pts: number) => Number(clock({ ptsNs: BigInt(pts) * 1_000_000n, timestamps }) / 1_000_000n);
  assert.deepEqual([500, 600, 800, 0, 100, 100].map(ms), [0, 100, 300, 400, 500, 600]);
});

test('without a presentation time the capture times count', () => {
  const clock = createVideoClock(10);
  const at = (ns: bigint) => clock({ ptsNs: undefined, timestamps: { ...wallsFrame(0, ns).timestamps } });
  assert.deepEqual([7_000n, 50_007_000n].map(at), [0n, 50_000_000n]);
});
