import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { monotonicNow } from '../../src/base/clock.js';
import { createRgbImage } from '../../src/geometry/raster.js';
import { encodeJpeg, encodePng } from '../../src/image/codec.js';
import { decodePng16 } from '../../src/image/png16.js';
import { readModelPackage } from '../../src/model-package/read.js';
import { planCapture } from '../../src/runtime/capture/plan.js';
import { openEngine } from '../../src/runtime/engine/choose.js';
import type { Engine } from '../../src/runtime/engine/engine.js';
import { type DepthFrame, metricDepth, noOutput, png16Output, streamConfigSchema } from '../../src/runtime/index.js';
import { startStreamOn } from '../../src/runtime/stream.js';
import { gst, writeClip } from '../support/clip.js';
import { sharedData, skipWithout } from '../support/shared-data.js';
import { childrenOf, KeepingOutput, quietLog, stream, until } from '../support/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

const width = 64;
const height = 32;
const engine = { threads: 1 };
let folder = '';
let model = '';
let clip = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-stream-'));
  model = join(folder, 'model');
  clip = join(folder, 'a clip "with" quotes.mp4');
  await writeTinyPackage(model, { width, height });
  const plain = join(folder, 'clip.mp4');
  await writeClip(plain, { frames: 20, sound: true });
  await copyFile(plain, clip);
});
after(() => rm(folder, { recursive: true, force: true }));

test('a video gives depth for every frame, in order, with timestamps that rise', async () => {
  const output = new KeepingOutput();
  const pipeline = await stream({ model, engine, camera: { source: { kind: 'file', path: clip } } }, output);
  const summary = await pipeline.done;
  assert.equal(summary.end, 'source');
  assert.equal(summary.latency.frames, 20);
  assert.equal(summary.latency.dropped, 0);
  assert.equal(summary.state, 'running');
  assert.deepEqual(
    output.frames.map((frame) => frame.sequence),
    Array.from({ length: 20 }, (_, index) => index),
  );
  for (const { timestamps, image, networkDepth, quality, ptsNs } of output.frames) {
    const { capture, arrival, inferStart, inferEnd, publish } = timestamps;
    assert.ok(capture <= arrival && arrival <= inferStart && inferStart < inferEnd && inferEnd <= publish);
    assert.equal(image.data.length, width * height * 3);
    assert.equal(networkDepth.data.length, width * height);
    assert.equal(quality, 'arrival');
    assert.ok(ptsNs !== undefined);
  }
  const [first, last] = [output.frames[0]!, output.frames[19]!];
  assert.equal(last.ptsNs! - first.ptsNs!, 760_000_000n);
  assert.notDeepEqual(first.image.data, last.image.data);
  assert.ok(first.networkDepth.data.every((metres) => metres >= 1 && metres <= 80));
  assert.deepEqual([output.starts, output.stops], [1, 1]);
  assert.equal(output.info?.sourceFps, 25);
  assert.deepEqual(await childrenOf(), []);
});

test('the network sees the image GStreamer cut and resized: a known pattern keeps its colours', async (t) => {
  const path = join(await temporaryFolder(t), 'bars.mp4');
  await gst(
    `videotestsrc num-buffers=3 pattern=red ! video/x-raw,width=160,height=90 ! x264enc ! mp4mux ! filesink location=${path}`,
  );
  const output = new KeepingOutput();
  await (await stream({ model, engine, camera: { source: { kind: 'file', path } } }, output)).done;
  const [red, green, blue] = output.frames[1]!.image.data.subarray(0, 3);
  assert.ok(red! > 230 && green! < 25 && blue! < 25, `${red} ${green} ${blue}`);
});

test('a video in real time is played by its clock, and capture times come from its timestamps', async () => {
  const output = new KeepingOutput();
  const source = { kind: 'file', path: clip, pace: 'real-time' } as const;
  const started = monotonicNow();
  const summary = await (await stream({ model, engine, camera: { source } }, output)).done;
  assert.equal(summary.latency.frames + summary.latency.dropped, 20);
  assert.ok(output.frames.every((frame) => frame.quality === 'pts'));
  // 20 frames at 25/s: the last one is released 0.76 s after the first, which came after the start.
  const [first, last] = [output.frames[0]!, output.frames.at(-1)!];
  assert.ok(last.timestamps.arrival - started > last.ptsNs! - first.ptsNs!);
  for (const { timestamps } of output.frames) assert.ok(timestamps.capture <= timestamps.arrival);
});

test('memory of frames is used again where every output is done with them, and never where one may keep them', async () => {
  const source = { kind: 'file', path: clip } as const;
  const run = async (...outputs: KeepingOutput[]) => {
    const pipeline = await stream({ model, engine, camera: { source } }, ...outputs);
    let published = 0;
    pipeline.onPublish(() => published++);
    await pipeline.done;
    assert.equal(published, 20);
  };
  const near: number[] = [];
  const releasing = Object.assign(
    new KeepingOutput(async ({ networkDepth }) => {
      near.push(Math.min(...networkDepth.data));
    }),
    { releasesFrames: true },
  );
  await run(releasing);
  // Memory that was moved on to the engine leaves an empty array behind.
  const isGone = ({ image, networkDepth }: DepthFrame) => image.data.length === 0 && networkDepth.data.length === 0;
  assert.ok(releasing.frames.filter(isGone).length >= 10, `${releasing.frames.filter(isGone).length} used again`);

  const [keeping, bystander] = [new KeepingOutput(), Object.assign(new KeepingOutput(), { releasesFrames: true })];
  await run(keeping, bystander);
  assert.deepEqual(
    keeping.frames.map(({ networkDepth }) => Math.min(...networkDepth.data)),
    near,
    'the same depth, wherever it was written',
  );
  assert.ok(bystander.frames.every(({ image }) => image.data.length === width * height * 3));

  const listened = Object.assign(new KeepingOutput(), { releasesFrames: true });
  const pipeline = await stream({ model, engine, camera: { source } }, listened);
  pipeline.onFrame(() => undefined);
  await pipeline.done;
  assert.ok(!listened.frames.some(isGone));
});

test('a slow output holds a video back, and nothing is lost', async () => {
  const slow = new KeepingOutput(() => new Promise((resolve) => setTimeout(resolve, 5)));
  const quick = new KeepingOutput();
  const source = { kind: 'file', path: clip } as const;
  const summary = await (await stream({ model, engine, camera: { source } }, slow, quick)).done;
  assert.equal(slow.frames.length, 20);
  assert.equal(quick.frames.length, 20);
  assert.deepEqual(
    summary.outputs.map(({ written, dropped }) => [written, dropped]),
    [
      [20, 0],
      [20, 0],
    ],
  );
});

test('a live source meets a slow output: the newest frame wins, every loss is counted', async () => {
  const slow = new KeepingOutput(() => new Promise((resolve) => setTimeout(resolve, 120)));
  const source = { kind: 'test', fps: 60, width: 320, height: 240 } as const;
  const pipeline = await stream({ model, engine, camera: { source }, frames: 60 }, slow);
  const { outputs, latency } = await pipeline.done;
  assert.equal(latency.frames, 60);
  const { written, dropped } = outputs[0]!;
  assert.equal(written + dropped, 60);
  assert.ok(dropped > 20, `${dropped} dropped`);
  const sequence = slow.frames.map((frame) => frame.sequence);
  assert.deepEqual(
    sequence,
    [...sequence].sort((a, b) => a - b),
  );
  // The last frames written are the last ones published, not old ones from a long queue.
  assert.equal(sequence.at(-1), Math.max(...sequence));
  assert.ok(sequence.at(-1)! - sequence.at(-4)! <= latency.dropped + 60 - (60 - 4));
});

test('a network slower than the camera: age is bounded by the slot, drops are counted exactly', async (t) => {
  const heavy = await temporaryFolder(t);
  await writeTinyPackage(heavy, { width: 256, height: 128, features: 40, layers: 6 });
  const output = new KeepingOutput();
  const source = { kind: 'test', fps: 120, width: 320, height: 240 } as const;
  const pipeline = await stream({ model: heavy, engine, camera: { source }, frames: 12 }, output);
  const { latency } = await pipeline.done;
  assert.equal(output.frames.length, 12);
  assert.ok(latency.dropped > 0, 'nothing dropped');
  // Between two published frames lie exactly the frames that were counted as lost: sequence counts what arrived here.
  const gaps = output.frames.slice(1).map((frame, index) => frame.sequence - output.frames[index]!.sequence - 1);
  output.frames.slice(1).forEach((frame, index) => {
    assert.ok(frame.droppedBefore >= gaps[index]!, `${frame.droppedBefore} against ${gaps[index]}`);
  });
  // One inference in flight and one frame waiting: a frame never waits longer than one inference takes.
  const longestMs = latency.spreads.infer.maxMs;
  assert.ok(latency.spreads.wait.p50Ms <= longestMs, `${latency.spreads.wait.p50Ms} against ${longestMs}`);
});

test('killing the capture process of a live source: it comes back, and the run goes on', async () => {
  const output = new KeepingOutput();
  const source = { kind: 'test', fps: 30, width: 320, height: 240 } as const;
  const pipeline = await stream({ model, engine, camera: { source } }, output);
  await until(() => output.frames.length > 3, 'first frames');
  const killed = pipeline.capturePid!;
  process.kill(killed, 'SIGKILL');
  const before = output.frames.length;
  await until(() => pipeline.capturePid !== killed && output.frames.length > before + 3, 'frames of the new process');
  await pipeline.stop();
  const summary = await pipeline.done;
  assert.equal(summary.restarts, 1);
  assert.equal(summary.end, 'stopped');
  const sequence = output.frames.map((frame) => frame.sequence);
  assert.equal(new Set(sequence).size, sequence.length);
  assert.ok(output.frames.every(({ timestamps }) => timestamps.capture <= timestamps.arrival));
  assert.deepEqual(await childrenOf(), []);
});

test('killing the capture process of a file ends the run with an error, and nothing is left behind', async () => {
  const output = new KeepingOutput();
  const source = { kind: 'file', path: clip, loop: true } as const;
  const pipeline = await stream({ model, engine, camera: { source } }, output);
  await until(() => output.frames.length > 3, 'first frames');
  process.kill(pipeline.capturePid!, 'SIGKILL');
  await assert.rejects(pipeline.done, { code: 'CAPTURE_FAILED', message: /SIGKILL/ });
  assert.equal(output.stops, 1);
  assert.deepEqual(await childrenOf(), []);
});

test('a loop plays a video again and again, without a gap in the count', async () => {
  const output = new KeepingOutput();
  const source = { kind: 'file', path: clip, loop: true } as const;
  const summary = await (await stream({ model, engine, camera: { source }, frames: 50 }, output)).done;
  assert.equal(summary.end, 'frames');
  assert.equal(output.frames.length, 50);
  const image = (index: number) => Buffer.from(output.frames[index]!.image.data).toString('base64');
  assert.equal(image(5), image(25));
  assert.equal(output.frames[49]!.sequence, 49);
});

test('a folder of images: any names, kinds and sizes, in name order', async (t) => {
  const images = join(await temporaryFolder(t), 'images');
  await mkdir(images);
  const grey = (value: number, w: number, h: number) => {
    const image = createRgbImage(w, h);
    image.data.fill(value);
    return image;
  };
  await writeFile(join(images, 'b middle.JPG'), await encodeJpeg(grey(120, 96, 60)));
  await writeFile(join(images, 'a first.png'), await encodePng(grey(10, 128, 64)));
  await writeFile(join(images, 'c-last.png'), await encodePng(grey(240, 131, 67)));
  await writeFile(join(images, 'notes.txt'), 'no image');
  const output = new KeepingOutput();
  const source = { kind: 'images', path: images } as const;
  const summary = await (await stream({ model, engine, camera: { source } }, output)).done;
  assert.equal(summary.latency.frames, 3);
  const middle = output.frames.map((frame) => frame.image.data[(height * width * 3) >> 1]!);
  for (const [index, value] of [10, 120, 240].entries()) {
    assert.ok(Math.abs(middle[index]! - value) <= 3, String(middle));
  }
  assert.deepEqual(
    output.frames.map((frame) => frame.ptsNs),
    [0n, 100_000_000n, 200_000_000n],
  );

  await writeFile(join(images, 'bad.png'), 'PNG?');
  await assert.rejects((await stream({ model, engine, camera: { source } }, noOutput())).done, {
    code: 'IMAGE_INVALID',
    message: /bad\.png/,
  });
});

test('png16 writes metres of this camera, one whole file a frame', async (t) => {
  const target = join(await temporaryFolder(t), 'depth');
  const output = new KeepingOutput();
  const camera = { fxPx: 400, source: { kind: 'file', path: clip } } as const;
  await (await stream({ model, engine, camera, frames: 3 }, png16Output(target), output)).done;
  assert.deepEqual((await readdir(target)).sort(), ['000000.png', '000001.png', '000002.png']);
  const frame = output.frames[2]!;
  // The image is 160 px wide with fx 400: narrower than the training camera, so depth is stretched.
  assert.ok(Math.abs(frame.depthScale - (400 * width) / 160 / (0.58 * width)) < 1e-6, String(frame.depthScale));
  const written = decodePng16(await readFile(join(target, '000002.png')), '000002.png');
  const metres = metricDepth(frame);
  for (let i = 0; i < metres.data.length; i += 97) {
    const expected = Math.min(metres.data[i]!, 65535 / 256);
    assert.ok(Math.abs(written.data[i]! - expected) <= 1 / 512 + 1e-6, `${i}: ${written.data[i]} against ${expected}`);
    assert.ok(Math.abs(metres.data[i]! - frame.networkDepth.data[i]! * frame.depthScale) < 1e-4);
  }
});

test('an output that fails ends the run with its error; the others are closed', async (t) => {
  const blocked = join(await temporaryFolder(t), 'file');
  await writeFile(blocked, '');
  const source = { kind: 'file', path: clip } as const;
  const other = new KeepingOutput();
  await assert.rejects(stream({ model, engine, camera: { source } }, other, png16Output(join(blocked, 'x'))), {
    code: 'WRITE_FAILED',
  });
  assert.equal(other.stops, 1);
  const failing = new KeepingOutput(async (frame) => {
    if (frame.sequence === 4) throw new Error('the fifth frame is too much');
  });
  const bystander = new KeepingOutput();
  const pipeline = await stream({ model, engine, camera: { source } }, failing, bystander);
  await assert.rejects(pipeline.done, /the fifth frame/);
  assert.deepEqual([failing.stops, bystander.stops], [1, 1]);
  assert.deepEqual(await childrenOf(), []);
});

test('stop in the middle: everything published is written, the process is gone', async () => {
  const output = new KeepingOutput(() => new Promise((resolve) => setTimeout(resolve, 2)));
  const source = { kind: 'file', path: clip, loop: true } as const;
  const pipeline = await stream({ model, engine, camera: { source } }, output);
  await until(() => output.frames.length > 10, 'frames');
  await Promise.all([pipeline.stop(), pipeline.stop()]);
  const { latency, outputs } = await pipeline.done;
  assert.equal(outputs[0]!.written, latency.frames);
  assert.deepEqual(await childrenOf(), []);
});

test('bad sources and models, each with its code and the name of what is wrong', async (t) => {
  const dir = await temporaryFolder(t);
  const sound = join(dir, 'sound.wav');
  await gst(`audiotestsrc num-buffers=10 ! wavenc ! filesink location=${sound}`);
  const empty = join(dir, 'empty.mp4');
  await writeFile(empty, '');
  const text = join(dir, 'text.mp4');
  await writeFile(text, 'this is not a video at all\n'.repeat(100));
  const header = join(dir, 'header.mp4');
  // Everything but the images: the index is there, what it points at is not.
  await gst(
    `videotestsrc num-buffers=9 ! video/x-raw,width=160,height=90 ! x264enc ! mp4mux faststart=true ! filesink location=${header}`,
  );
  const bytes = await readFile(header);
  await writeFile(header, bytes.subarray(0, bytes.indexOf('mdat') + 8));
  const none = join(dir, 'none');
  await mkdir(none);
  const file = (path: string) => ({ kind: 'file', path }) as const;
  const cases: [string, Parameters<typeof stream>[0]['camera']['source'], string, RegExp][] = [
    ['no such file', file(join(dir, 'nothing.mp4')), 'FILE_MISSING', /nothing\.mp4/],
    ['a folder', file(dir), 'FILE_UNREADABLE', /not a file/],
    ['empty', file(empty), 'VIDEO_INVALID', /empty\.mp4/],
    ['text', file(text), 'VIDEO_INVALID', /text\.mp4.*text file/],
    ['sound only', file(sound), 'VIDEO_INVALID', /sound\.wav: no video/],
    ['no frames', file(header), 'VIDEO_INVALID', /header\.mp4/],
    ['no camera', { kind: 'v4l2', device: '/dev/video97' }, 'CAPTURE_FAILED', /\/dev\/video97: no such device/],
    ['not a camera', { kind: 'v4l2', device: '/dev/shm' }, 'CAPTURE_FAILED', /not a camera device/],
    ['empty folder', { kind: 'images', path: none }, 'DATA_EMPTY', /none/],
    ['no folder', { kind: 'images', path: join(dir, 'missing') }, 'FILE_MISSING', /missing/],
  ];
  for (const [name, source, code, message] of cases) {
    await t.test(name, async () => {
      await assert.rejects(
        stream({ model, engine, camera: { source } }, noOutput()).then((pipeline) => pipeline.done),
        { code, message },
      );
    });
  }
  await t.test('no model', async () => {
    const config = { model: join(dir, 'no-model'), camera: { source: file(clip) } };
    await assert.rejects(stream(config), { code: 'FILE_MISSING' });
  });
  assert.deepEqual(await childrenOf(), []);
});

test('an inference that fails ends the run with its error, also one under way when the end is decided', async () => {
  for (const frames of [undefined, 1]) {
    // A camera never ends by itself, which would cover for a stream that does not.
    const camera = { source: { kind: 'test', width, height, fps: 25 } } as const;
    const config = streamConfigSchema.parse({ model, engine, camera, frames });
    const loaded = await readModelPackage(model);
    const plan = await planCapture(config, loaded.package);
    const verified = await openEngine(loaded, config.engine, quietLog);
    const opened = verified.engine;
    // The real engine, given what is no image.
    const failing: Engine = {
      info: opened.info,
      runBare: (input, count) => opened.runBare(input, count),
      cancel: () => opened.cancel(),
      close: () => opened.close(),
      infer: () => opened.infer(new Uint8Array(10)),
    };
    const parts = { model: loaded, plan, verified: { ...verified, engine: failing } };
    const output = new KeepingOutput();
    const pipeline = await startStreamOn(parts, config, [output], quietLog);
    await assert.rejects(pipeline.done, { code: 'ENGINE_FAILED' });
    assert.deepEqual([output.frames.length, output.stops], [0, 1]);
  }
  assert.deepEqual(await childrenOf(), []);
});

test('a device that GStreamer cannot open as a camera is a clear error, not a silent wait', async () => {
  const source = { kind: 'v4l2', device: '/dev/null' } as const;
  const pipeline = stream({ model, engine, camera: { source } }, noOutput());
  await assert.rejects(
    pipeline.then((running) => running.done),
    { code: 'CAPTURE_FAILED', message: /v4l2:\/dev\/null: .*(device|capture)/i },
  );
});

test('motorway clips: depth for every frame', skipWithout('video'), async () => {
  const clips = sharedData('video')!;
  const source = { kind: 'file', path: join(clips, 'test_video.mp4') } as const;
  const summary = await (await stream({ model, engine, camera: { source } }, noOutput())).done;
  assert.equal(summary.latency.frames, 38);
  assert.equal(summary.latency.dropped, 0);
});
