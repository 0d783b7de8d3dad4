import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { renderPair } from '../../../src/data/synthetic/render-pair.js';
import { kittiCamera, type StereoCamera } from '../../../src/geometry/camera.js';
import type { LensDistortion } from '../../../src/geometry/distortion.js';
import type { RgbImage } from '../../../src/geometry/raster.js';
import { encodePng, readRgb } from '../../../src/image/codec.js';
import { pairsHeader, type RecordingInfo, recordingSchema } from '../../../src/recording/format.js';
import {
  type RecordConfigInput,
  type RecordingResult,
  recordConfigSchema,
  startRecording,
} from '../../../src/runtime/index.js';
import { gst } from '../../support/clip.js';
import { throughLens } from '../../support/lens.js';
import { writeCameraInfos } from '../../support/rig.js';
import { childrenOf, quietLog, until } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const rectified = { fxPx: 120, baselineM: 0.2 };

function start(config: RecordConfigInput, folder: string) {
  return startRecording(recordConfigSchema.parse({ keepFreeMb: 0, ...config }), folder, quietLog);
}

async function record(config: RecordConfigInput, folder: string): Promise<RecordingResult> {
  const recording = await start(config, folder);
  return recording.done;
}

async function readInfo(folder: string): Promise<RecordingInfo> {
  return recordingSchema.parse(JSON.parse(await readFile(join(folder, 'recording.json'), 'utf8')));
}

/** The lines of pairs.csv as numbers, without the header. */
async function readLines(folder: string): Promise<number[][]> {
  const [header, ...lines] = (await readFile(join(folder, 'pairs.csv'), 'utf8')).trimEnd().split('\n');
  assert.equal(header, pairsHeader);
  return lines.map((line) => line.split(',').map(Number));
}

/** Numbered images of one grey each, so that a recorded one tells which it was. */
async function writeGreys(t: TestContext, greys: readonly number[]): Promise<string> {
  const folder = join(await temporaryFolder(t), 'images');
  await mkdir(folder);
  for (const [index, grey] of greys.entries()) {
    const data = new Uint8Array(34 * 18 * 3).fill(grey);
    await writeFile(
      join(folder, `${index}`.padStart(4, '0').concat('.png')),
      await encodePng({ width: 34, height: 18, data }),
    );
  }
  return folder;
}

test('pairs of two folders at different rates: each image in its pair, the rest counted, exactly', async (t) => {
  // 10/s against 20/s: every second right image has a partner.
  const left = await writeGreys(t, [10, 30, 50, 70, 90]);
  const right = await writeGreys(t, [15, 20, 35, 40, 55, 60, 75]);
  const folder = join(await temporaryFolder(t), 'recording');
  const { summary, fault } = await record(
    {
      left: { source: { kind: 'images', path: left, fps: 10 } },
      right: { source: { kind: 'images', path: right, fps: 20 } },
      ...rectified,
      images: 'png',
    },
    folder,
  );
  assert.equal(fault, undefined);
  assert.equal(summary.pairs, 4);
  // The last left image lies beyond the end of the right ones.
  assert.deepEqual(summary.unmatched, { left: 0, right: 3 });
  assert.equal(summary.end, 'source');
  const greyOf = async (side: string, name: string) => (await readRgb(join(folder, side, name))).data[0];
  for (const [index, grey] of [10, 30, 50, 70].entries()) {
    assert.equal(await greyOf('left', `00000${index}.png`), grey);
    assert.equal(await greyOf('right', `00000${index}.png`), grey + 5);
  }
  const lines = await readLines(folder);
  assert.deepEqual(
    lines.map(([id, leftNs, rightNs, , , , alone]) => [id, leftNs, rightNs, alone]),
    [0, 1, 2, 3].map((id) => [id, id * 1e8, id * 1e8, id === 0 ? 0 : 1]),
  );
  const info = await readInfo(folder);
  assert.deepEqual(info.camera, {
    width: 34,
    height: 18,
    ...{ fxPx: 120, fyPx: 120, cxPx: 16.5, cyPx: 8.5 },
    baselineM: 0.2,
    doffsPx: 0,
  });
  assert.deepEqual([info.clock, info.rectified, info.summary?.pairs], ['stream', 'by-the-rig', 4]);
  assert.deepEqual(await childrenOf(), []);
});

test('--every, --frames, --seconds; a second recording never goes into the same folder', async (t) => {
  const greys = Array.from({ length: 12 }, (_, index) => 20 * index);
  const [left, right] = [await writeGreys(t, greys), await writeGreys(t, greys)];
  const config: RecordConfigInput = {
    left: { source: { kind: 'images', path: left } },
    right: { source: { kind: 'images', path: right } },
    ...rectified,
    images: 'png',
  };
  const root = await temporaryFolder(t);
  const thinned = await record({ ...config, every: 5 }, join(root, 'every'));
  assert.deepEqual([thinned.summary.pairs, thinned.summary.skipped], [3, 9]);
  assert.equal((await readRgb(join(root, 'every/left/000002.png'))).data[0], 200);
  const short = await record({ ...config, seconds: 0.45 }, join(root, 'seconds'));
  assert.deepEqual([short.summary.pairs, short.summary.end], [5, 'seconds']);
  const small = await record({ ...config, frames: 2, width: 17 }, join(root, 'small'));
  assert.deepEqual([small.summary.pairs, small.summary.end], [2, 'frames']);
  assert.equal((await readRgb(join(root, 'small/right/000001.png'))).width, 17);
  const info = await readInfo(join(root, 'small'));
  assert.deepEqual([info.camera.width, info.camera.height, info.camera.fxPx], [17, 9, 60]);
  await assert.rejects(start(config, join(root, 'small')), /holds a recording already/);
});

test('two videos are paired by the times in their streams', async (t) => {
  const root = await temporaryFolder(t);
  for (const [name, fps] of [
    ['left', 25],
    ['right', 50],
  ] as const) {
    await gst(
      `videotestsrc num-buffers=${fps === 25 ? 10 : 20} ! video/x-raw,width=160,height=90,framerate=${fps}/1 ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=${join(root, `${name}.mp4`)}`,
    );
  }
  const file = (name: string) => ({ source: { kind: 'file', path: join(root, `${name}.mp4`) } }) as const;
  const { summary } = await record({ left: file('left'), right: file('right'), ...rectified }, join(root, 'drive'));
  assert.equal(summary.pairs, 10);
  assert.equal(summary.skewMs.max, 0);
  assert.deepEqual(summary.unmatched, { left: 0, right: 9 });
});

/** A turn by small angles, rad: about x, then y, then z. */
function turn(x: number, y: number, z: number): number[] {
  const [cx, sx, cy, sy, cz, sz] = [Math.cos(x), Math.sin(x), Math.cos(y), Math.sin(y), Math.cos(z), Math.sin(z)];
  return [
    cz * cy,
    cz * sy * sx - sz * cx,
    cz * sy * cx + sz * sx,
    sz * cy,
    sz * sy * sx + cz * cx,
    sz * sy * cx - cz * sx,
    -sy,
    cy * sx,
    cy * cx,
  ];
}

/** Mean squared difference of an image to another one, levels, where that is moved by whole px; away from the borders. */
function squaredDifference(a: RgbImage, b: RgbImage, dx = 0, dy = 0): number {
  let [sum, count] = [0, 0];
  for (let row = 12; row < a.height - 12; row++) {
    for (let column = 16; column < a.width - 16; column++) {
      const at = (row * a.width + column) * 3 + 1;
      sum += (a.data[at]! - b.data[at + (dy * b.width + dx) * 3]!) ** 2;
      count++;
    }
  }
  return sum / count;
}

/** By how many px an image lies beside another one: the lowest point of the parabola through three differences. */
function offsetOf(at: (shift: number) => number): number {
  const [before, middle, after] = [at(-1), at(0), at(1)];
  return (before - after) / (2 * (before - 2 * middle + after));
}

test('a rig of two bent lenses that do not look the same way is recorded as if it were rectified', async (t) => {
  const size = { width: 288, height: 96 };
  const pair = renderPair({ domain: 'street', seed: 3, scene: 1, frame: 2, ...size, sensor: false });
  const rig: StereoCamera = pair.camera;
  const lens = (k1: number): Extract<LensDistortion, { kind: 'brown' }> => ({
    kind: 'brown',
    radial: [k1, 0.05, 0],
    tangential: [0.0005, -0.0003],
    rational: [0, 0, 0],
  });
  const real = (fxPx: number) => ({ width: 352, height: 128, fxPx, fyPx: fxPx * 1.01, cxPx: 173, cyPx: 66 });
  const views = {
    left: { camera: real(rig.fxPx * 1.02), lens: lens(-0.22), rotation: turn(0.01, -0.02, 0.015) },
    right: { camera: real(rig.fxPx * 0.98), lens: lens(-0.18), rotation: turn(-0.012, 0.015, -0.02) },
  };
  // A rectified camera as stereoRectify gives it has the raw image's size: the rendered pair lies inside of it.
  const wide: StereoCamera = { ...rig, width: 352, height: 128, cxPx: rig.cxPx + 32, cyPx: rig.cyPx + 16 };
  const root = await temporaryFolder(t);
  const paths = await writeCameraInfos(root, wide, views);
  for (const side of ['left', 'right'] as const) {
    const { camera, lens: bent, rotation } = views[side];
    await mkdir(join(root, side));
    await writeFile(join(root, side, '0.png'), await encodePng(throughLens(pair[side], rig, camera, bent, rotation)));
  }
  const images = (side: 'left' | 'right', calibration?: string) => ({
    source: { kind: 'images', path: join(root, side) } as const,
    ...(calibration === undefined ? {} : { calibration }),
  });
  const folder = join(root, 'recording');
  const { summary, fault } = await record(
    { left: images('left', paths.left), right: images('right', paths.right), images: 'png' },
    folder,
  );
  assert.equal(fault, undefined);
  assert.equal(summary.pairs, 1);
  const info = await readInfo(folder);
  assert.equal(info.rectified, 'while-recording');
  assert.ok(Math.abs(info.camera.baselineM - kittiCamera.baselineM) < 1e-6);
  assert.ok(Math.abs(info.camera.fxPx - rig.fxPx) < 1e-6);
  for (const side of ['left', 'right'] as const) {
    const whole = await readRgb(join(folder, side, '000000.png'));
    assert.deepEqual([whole.width, whole.height], [352, 128]);
    const data = new Uint8Array(size.width * size.height * 3);
    for (let row = 0; row < size.height; row++) {
      const from = ((row + 16) * 352 + 32) * 3;
      data.set(whole.data.subarray(from, from + size.width * 3), row * size.width * 3);
    }
    const recorded = { ...size, data };
    const [x, y] = [
      offsetOf((shift) => squaredDifference(recorded, pair[side], shift, 0)),
      offsetOf((shift) => squaredDifference(recorded, pair[side], 0, shift)),
    ];
    t.diagnostic(`${side}: ${x.toFixed(3)}, ${y.toFixed(3)} px from the rendered image`);
    assert.ok(Math.hypot(x, y) < 0.1, `${side}: ${x}, ${y} px beside the rendered image`);
    const difference = Math.sqrt(squaredDifference(recorded, pair[side]));
    assert.ok(difference < 15, `${side}: ${difference} levels`);
  }
});

test('two live cameras; one is killed: it comes back, recording goes on, everything counted is there', async (t) => {
  const folder = join(await temporaryFolder(t), 'recording');
  const source = { kind: 'test', width: 64, height: 32, fps: 25 } as const;
  const recording = await start(
    {
      left: { source },
      right: { source: { ...source, pattern: 'smpte' } },
      ...rectified,
      toleranceMs: 20,
      settleMs: 100,
      capture: { restartWaitMs: 10 },
    },
    folder,
  );
  // A wait in vain shall fail the test, not keep its process.
  t.after(() => recording.stop());
  await until(() => recording.stats().pairs >= 5, 'the first pairs');
  process.kill(recording.capturePids.right!, 'SIGKILL');
  await until(() => recording.stats().restarts.right === 1, 'the restart');
  const before = recording.stats().pairs;
  await until(() => recording.stats().pairs >= before + 5, 'pairs after the restart');
  await recording.stop();
  const { summary, fault } = await recording.done;
  assert.equal(fault, undefined);
  assert.equal(summary.end, 'stopped');
  assert.deepEqual(summary.restarts, { left: 0, right: 1 });
  assert.ok(summary.skewMs.max <= 20);
  // Whole images, one line each, no temporary names.
  const names = Array.from({ length: summary.pairs }, (_, index) => `${String(index).padStart(6, '0')}.jpg`);
  assert.deepEqual((await readdir(join(folder, 'left'))).sort(), names);
  assert.deepEqual((await readdir(join(folder, 'right'))).sort(), names);
  const lines = await readLines(folder);
  assert.equal(lines.length, summary.pairs);
  for (const [index, [id, leftNs, rightNs]] of lines.entries()) {
    assert.equal(id, index);
    assert.ok(Math.abs(leftNs! - rightNs!) <= 20e6 + 1e3);
    // Times count from 1970.
    assert.ok(Math.abs(leftNs! / 1e6 - Date.now()) < 120_000);
    if (index > 0) assert.ok(leftNs! > lines[index - 1]![1]!);
  }
  assert.deepEqual(await childrenOf(), []);
});

test('two live cameras that show the same: pairs are of one moment, told by their content', async (t) => {
  const root = await temporaryFolder(t);
  const socket = join(root, 'camera');
  const format = 'video/x-raw,format=I420,width=160,height=96,framerate=25/1';
  // One moving ball, read by two processes as two cameras would be: each gives its own times.
  const show = `videotestsrc is-live=true pattern=ball ! ${format} ! shmsink socket-path=${socket} wait-for-connection=false shm-size=4000000 sync=false`;
  const server = spawn('gst-launch-1.0', ['-q', ...show.split(' ')], { stdio: 'ignore' });
  t.after(() => server.kill('SIGKILL'));
  await until(async () => (await readdir(root)).includes('camera'), 'the camera');
  const launch = `shmsrc socket-path=${socket} is-live=true do-timestamp=true ! ${format}`;
  const view = { source: { kind: 'pipeline', launch } } as const;
  const folder = join(root, 'recording');
  const { summary, fault } = await record(
    { left: view, right: view, ...rectified, toleranceMs: 15, frames: 30, images: 'png' },
    folder,
  );
  assert.equal(fault, undefined);
  assert.equal(summary.pairs, 30);
  let same = 0;
  const balls = new Set<string>();
  for (const name of await readdir(join(folder, 'left'))) {
    const [left, right] = await Promise.all(['left', 'right'].map((side) => readFile(join(folder, side, name))));
    balls.add(left!.toString('base64'));
    if (left!.equals(right!)) same++;
  }
  assert.ok(balls.size > 20, 'the ball moves');
  t.diagnostic(`${same} of 30 pairs show the same; apart p50 ${summary.skewMs.p50} ms, p99 ${summary.skewMs.p99} ms`);
  // A process that this machine lets wait for most of a period timestamps its image late, which a camera's driver does not.
  assert.ok(same >= 24, `${same} of 30 pairs show the same`);
});

test('--seconds ends a recording of cameras that never make a pair', async (t) => {
  const folder = join(await temporaryFolder(t), 'recording');
  const source = { kind: 'test', width: 64, height: 32, fps: 25 } as const;
  const { summary, fault } = await record(
    { left: { source }, right: { source }, ...rectified, toleranceMs: 0.001, settleMs: 0, seconds: 0.2 },
    folder,
  );
  assert.equal(fault, undefined);
  assert.equal(summary.end, 'seconds');
  assert.ok(summary.unmatched.left > 0 && summary.unmatched.right > 0);
  assert.deepEqual(await childrenOf(), []);
});

test('a camera that is gone for good ends the recording, which is whole as far as it goes', async (t) => {
  const folder = join(await temporaryFolder(t), 'recording');
  const source = { kind: 'test', width: 64, height: 32, fps: 25 } as const;
  const recording = await start(
    {
      left: { source },
      right: { source },
      ...rectified,
      toleranceMs: 20,
      settleMs: 0,
      capture: { restartLimit: 0 },
    },
    folder,
  );
  // A wait in vain shall fail the test, not keep its process.
  t.after(() => recording.stop());
  // A wait in vain shall fail the test, not keep its process.
  t.after(() => recording.stop());
  await until(() => recording.stats().pairs >= 3, 'the first pairs');
  // With no restart allowed, a process that never gives an image again is the end.
  await until(() => {
    const { left } = recording.capturePids;
    try {
      if (left !== undefined) process.kill(left, 'SIGKILL');
    } catch {
      // It is gone already.
    }
    return recording.stats().end === 'fault';
  }, 'the fault');
  const { summary, fault } = await recording.done;
  assert.match(String(fault), /the capture process ended by SIGKILL/);
  assert.match(summary.fault ?? '', /SIGKILL/);
  assert.equal((await readInfo(folder)).summary?.end, 'fault');
  assert.equal((await readLines(folder)).length, summary.pairs);
  assert.equal((await readdir(join(folder, 'left'))).length, summary.pairs);
});

test('a rig that cannot be one is refused before anything is written', async (t) => {
  const root = await temporaryFolder(t);
  const [path, other] = [await writeGreys(t, [1]), join(root, 'larger')];
  await mkdir(other);
  await writeFile(join(other, '0.png'), await encodePng({ width: 20, height: 10, data: new Uint8Array(600) }));
  const images = (folder: string) => ({ source: { kind: 'images', path: folder } }) as const;
  const config = { left: images(path), right: images(other), ...rectified };
  await assert.rejects(
    start(config, join(root, 'a')),
    /expected images of 34x18 as the left camera gives, found 20x10/,
  );
  const noRig = { left: images(path), right: images(path) };
  assert.match(recordConfigSchema.safeParse(noRig).error?.message ?? '', /expected the rig in one of three ways/);
  const mixed = { left: images(path), right: { source: { kind: 'test' } }, ...rectified };
  assert.match(recordConfigSchema.safeParse(mixed).error?.message ?? '', /both sources live, or both in one pace/);
  assert.deepEqual(await readdir(root), ['larger']);
});
