import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../src/base/errors.js';
import { median } from '../../src/base/statistics.js';
import { measureCapture } from '../../src/latency-bench/capture-cost.js';
import { measureLatency } from '../../src/latency-bench/measure.js';
import { latencyReportSchema } from '../../src/latency-bench/report.js';
import { reportText } from '../../src/latency-bench/text.js';
import { readModelPackage } from '../../src/model-package/read.js';
import { streamConfigSchema } from '../../src/runtime/config.js';
import { writeClip } from '../support/clip.js';
import { childrenOf, quietLog, until } from '../support/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

test('bare loop, stream as fast as it goes, stream in real time: all in one report', async (t) => {
  const folder = await temporaryFolder(t);
  const { package: model } = await writeTinyPackage(folder, { width: 64, height: 32 });
  const config = streamConfigSchema.parse({
    model: folder,
    camera: { source: { kind: 'test', fps: 50, width: 320, height: 160 } },
    engine: { threads: 1 },
  });
  const told: number[] = [];
  const { report, bareMs, throughput, realTime } = await measureLatency({
    config,
    frames: 20,
    rounds: 2,
    warmUpFrames: 3,
    log: quietLog,
    onProgress: (_what, share) => told.push(share),
  });

  assert.deepEqual(latencyReportSchema.parse(JSON.parse(JSON.stringify(report))), report);
  assert.equal(report.model.sha256, model.onnx.sha256);
  assert.deepEqual(told, [0, 1 / 3, 2 / 3]);

  const measured = report.throughput!;
  assert.equal(bareMs.length, 20);
  assert.equal(measured.bare.count, 20);
  assert.equal(measured.rounds.length, 2);
  assert.equal(measured.ratio, median(measured.rounds.map((round) => round.streamingFps / round.bareFps)));
  assert.equal(measured.concurrency, 1, 'one thread infers one image at a time');
  assert.ok(measured.rounds.every((round) => round.bareFps === round.bareAloneFps));
  assert.ok(measured.ratioMin <= measured.ratio && measured.ratio <= measured.ratioMax);
  assert.ok(measured.ratioBound! > 0 && measured.ratioBound! <= 1);
  const { bareCpuMsPerRun, captureCpuMsPerFrame, otherCpuMsPerFrame } = measured;
  assert.ok(captureCpuMsPerFrame! >= 0);
  const sumMs = bareCpuMsPerRun + captureCpuMsPerFrame! + otherCpuMsPerFrame!;
  assert.ok(Math.abs(sumMs - measured.streaming.cpuMsPerFrame!) < 1e-9);
  assert.equal(measured.streaming.frames, 20);
  assert.equal(measured.streaming.dropped, 0, 'as fast as it goes, every frame is computed');
  assert.equal(measured.streaming.stamp, 'arrival');
  assert.equal(measured.streaming.offeredFps, null);
  assert.ok(measured.streaming.peakRssBytes > 50e6);

  assert.equal(report.stream!.pace, 'real-time');
  assert.equal(report.stream!.frames, 20);
  assert.equal(report.stream!.offeredFps, 50);
  assert.equal(report.stream!.stamp, 'pts');

  // The stages of a frame add up to its age.
  for (const record of [throughput, realTime]) {
    for (let i = 0; i < record.frames; i++) {
      const parts = (['transport', 'wait', 'infer', 'handover'] as const).map((stage) => record.spansMs(stage)[i]!);
      const sum = parts.reduce((total, part) => total + part, 0);
      assert.ok(Math.abs(sum - record.spansMs('age')[i]!) < 1e-6);
      assert.ok(
        parts.every((part) => part >= 0),
        parts.join(' '),
      );
    }
  }

  const text = reportText(report);
  assert.match(text, new RegExp(`STREAMING / BARE ONNX RUNTIME: ${measured.ratio.toFixed(3)}`));
  assert.match(text, /Timestamps: pts\. Age counts from the presentation time/);
  assert.ok(text.includes(model.onnx.sha256));
});

test('with two threads the bare loop also infers two images at once, and the faster way counts', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const config = streamConfigSchema.parse({
    model: folder,
    camera: { source: { kind: 'test', width: 320, height: 160 } },
    engine: { threads: 2 },
  });
  const options = { config, frames: 12, rounds: 2, warmUpFrames: 2, throughputOnly: true, log: quietLog };
  const { report, bareMs } = await measureLatency(options);
  const { concurrency, rounds, bare } = report.throughput!;
  assert.equal(concurrency, 2);
  assert.equal(bareMs.length, 12);
  assert.ok(rounds.every((round) => round.bareFps >= round.bareAloneFps));
  const aloneFps = rounds.map((round) => round.bareAloneFps);
  const meanFps = 1000 / bare.meanMs!;
  assert.ok(Math.min(...aloneFps) <= meanFps * 1.001 && meanFps <= Math.max(...aloneFps) * 1.001);
  assert.match(reportText(report), /infers 2 images at once/);
});

test('a source by itself: frames are counted and paid for, a shorter video is an error that says so', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const model = await readModelPackage(folder);
  const test = { kind: 'test', pattern: 'snow', fps: 30, width: 1280, height: 720, pace: 'fastest' } as const;
  const usage = await measureCapture(test, model, { warmUpFrames: 2, frames: 60 });
  assert.equal(usage?.frames, 60);
  // Noise of 1280x720 takes well over 0.2 ms to draw; times in /proc come in steps of 10 ms.
  assert.ok(usage.cpuS >= 0.01, `${usage.cpuS} s`);
  const path = join(folder, 'clip.mp4');
  await writeClip(path, { frames: 8 });
  const clip = { kind: 'file', path, pace: 'fastest', loop: false } as const;
  await assert.rejects(measureCapture(clip, model, { warmUpFrames: 2, frames: 60 }), {
    code: 'VIDEO_INVALID',
    message: /clip\.mp4: ended after 8 of 62 frames/,
  });
  const looped = await measureCapture({ ...clip, loop: true }, model, { warmUpFrames: 2, frames: 20 });
  assert.equal(looped?.frames, 20);
});

test('a measurement that is asked to end stops what it started and rejects', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyPackage(folder, { width: 64, height: 32 });
  const config = streamConfigSchema.parse({
    model: folder,
    camera: { source: { kind: 'test' } },
    engine: { threads: 1 },
  });
  const stop = new AbortController();
  const measuring = measureLatency({
    config,
    frames: 100_000,
    rounds: 1,
    warmUpFrames: 1,
    log: quietLog,
    signal: stop.signal,
  });
  const rejected = assert.rejects(measuring, /enough/);
  await until(async () => (await childrenOf()).length > 0, 'a capture process');
  stop.abort(new Error('enough'));
  await rejected;
  assert.deepEqual(await childrenOf(), []);
});

test('a model that is not there is an error before anything is measured', async () => {
  const config = streamConfigSchema.parse({ model: '/nonexistent', camera: { source: { kind: 'test' } } });
  await assert.rejects(measureLatency({ config, frames: 10, rounds: 1, warmUpFrames: 1, log: quietLog }), (error) =>
    isCyclopsError(error, 'FILE_MISSING'),
  );
});
