import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { latencyReportSchema } from '../../../src/latency-bench/report.js';
import { probeSource } from '../../../src/runtime/capture/probe.js';
import { writeClip } from '../../support/clip.js';
import { type CommandResult, cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

const demo = (...args: readonly string[]): Promise<CommandResult> => cyclops(['demo', ...args]);

test('the demo writes video, depth and report, says where, and ends by itself', async (t) => {
  const folder = await temporaryFolder(t);
  const model = join(folder, 'model');
  const video = join(folder, 'drive.mp4');
  const out = join(folder, 'out');
  await writeTinyPackage(model, { width: 64, height: 32 });
  await writeClip(video, { frames: 15, width: 160, height: 80, fps: 25 });
  await writeFile(join(folder, 'drive.json'), '{"width":160,"height":80,"fxPx":92.8,"fyPx":92.8,"cxPx":80,"cyPx":40}');
  const args = ['--video', video, '--model', model, '--out', out, '--png16', '--pace', 'fastest'];
  const { code, stdout, stderr } = await demo(...args);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /focal length unknown/, 'the calibration beside the video is used');
  assert.match(stderr, /fps +age p50/, 'a live line');

  assert.equal((await readdir(join(out, 'depth'))).length, 15);
  const facts = await probeSource({ kind: 'file', path: join(out, 'demo.mp4'), pace: 'fastest', loop: false });
  assert.deepEqual({ width: facts.width, height: facts.height }, { width: 2 * 640 + 4, height: 320 + 48 });
  const report = latencyReportSchema.parse(JSON.parse(await readFile(join(out, 'latency.json'), 'utf8')));
  assert.equal(report.throughput, null);
  assert.equal(report.stream?.frames, 15);
  assert.equal(report.stream?.dropped, 0);
  for (const name of ['demo.mp4', 'latency.txt', 'latency.json', 'latency.png', 'depth']) {
    assert.ok(stdout.includes(join(out, name)), name);
  }
});

test('in real time the demo takes as long as the drive, at most N frames of it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(join(folder, 'model'), { width: 64, height: 32 });
  await writeClip(join(folder, 'drive.mp4'), { frames: 40, width: 160, height: 80, fps: 20 });
  const out = join(folder, 'out');
  const args = ['--video', join(folder, 'drive.mp4'), '--model', join(folder, 'model'), '--out', out, '--frames', '6'];
  const { code, stderr } = await demo(...args);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /focal length unknown/, 'without a calibration the guess is told');
  const report = latencyReportSchema.parse(JSON.parse(await readFile(join(out, 'latency.json'), 'utf8')));
  assert.equal(report.stream?.pace, 'real-time');
  assert.equal(report.stream?.offeredFps, 20);
  assert.equal(report.stream?.frames, 6);
  assert.equal(report.stream?.stamp, 'pts');
  assert.deepEqual((await readdir(out)).sort(), ['demo.mp4', 'latency.json', 'latency.png', 'latency.txt']);
});

test('a video that is not there is named', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(join(folder, 'model'), { width: 64, height: 32 });
  const { code, stderr } = await demo('--video', join(folder, 'no.mp4'), '--model', join(folder, 'model'));
  assert.equal(code, 3);
  assert.match(stderr, /no\.mp4: no such file \[FILE_MISSING\]/);
});
