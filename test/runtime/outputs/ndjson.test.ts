import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import type { MonotonicNs } from '../../../src/base/clock.js';
import type { DepthFrame } from '../../../src/runtime/frame.js';
import { depthLine, ndjsonOutput } from '../../../src/runtime/outputs/ndjson.js';
import { OutputQueue, type QueueEvents } from '../../../src/runtime/outputs/queue.js';
import { KeepingOutput } from '../../support/stream.js';

const info = {} as Parameters<ReturnType<typeof ndjsonOutput>['start']>[0];

const quiet: QueueEvents = {
  onRoom: () => undefined,
  onDone: () => undefined,
  onFailure: (error) => {
    throw error;
  },
};

function frameOf(sequence: number, depthScale = 1): DepthFrame {
  const [width, height] = [32, 18];
  const at = (ms: number) => BigInt(ms * 1e6) as MonotonicNs;
  return {
    cameraId: 'front',
    sequence,
    ptsNs: undefined,
    timestamps: { capture: at(1), arrival: at(2), inferStart: at(3), inferEnd: at(13), publish: at(14) },
    quality: 'arrival',
    droppedBefore: 2,
    image: { width, height, format: 'RGB', data: new Uint8Array(width * height * 3) },
    networkDepth: {
      width,
      height,
      data: Float32Array.from({ length: width * height }, (_, i) => 1 + Math.floor(i / width)),
    },
    depthScale,
    intrinsics: { width, height, fxPx: 1, fyPx: 1, cxPx: 0, cyPx: 0 },
    state: 'running',
  };
}

test('a line tells identity, timestamps, age and depth in metres of this camera', () => {
  const line = depthLine(frameOf(7, 2));
  assert.deepEqual(line, {
    camera: 'front',
    sequence: 7,
    droppedBefore: 2,
    quality: 'arrival',
    state: 'running',
    ptsNs: null,
    timestamps: {
      capture: '1000000',
      arrival: '2000000',
      inferStart: '3000000',
      inferEnd: '13000000',
      publish: '14000000',
    },
    ageMs: 13,
    inferMs: 10,
    // Rows of depth 1 to 18 m, read at every second row from the second on, times 2.
    depthM: { min: 4, median: 20, max: 36, ahead: 24 },
  });
});

test('a full reader holds the output until it reads again', async () => {
  const stream = new PassThrough({ highWaterMark: 10 });
  const output = ndjsonOutput(stream);
  await output.start(info);
  let isWritten = false;
  const writing = Promise.resolve(output.publish(frameOf(0))).then(() => {
    isWritten = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isWritten, false);
  stream.resume();
  await writing;
  await output.stop();
});

test('a reader that is gone is an error of the output', async () => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const output = ndjsonOutput(stream);
  await output.start(info);
  await assert.rejects(
    async () => {
      for (let i = 0; i < 3; i++) {
        await output.publish(frameOf(i));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    { code: 'WRITE_FAILED', message: /standard output.*EPIPE/ },
  );
  await assert.rejects(output.stop(), { code: 'WRITE_FAILED' });
});

test('a queue that is asked to hurry gives up an output that takes nothing, and says which', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const output = new KeepingOutput(() => new Promise(() => undefined));
  const queue = new OutputQueue(output, 'fastest', quiet);
  for (let i = 0; i < 3; i++) queue.offer(frameOf(i));
  // The first frame reaches the output, which keeps it for ever.
  await new Promise((resolve) => setImmediate(resolve));
  const closing = assert.rejects(queue.close(), {
    code: 'WRITE_FAILED',
    message: /^keeping: nothing was taken for 10 s/,
  });
  queue.hurry();
  t.mock.timers.tick(10_000);
  await closing;
  assert.deepEqual([queue.stats.written, output.stops], [0, 0]);
});

test('a queue that is asked to hurry lets an output finish that does', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const output = new KeepingOutput();
  const queue = new OutputQueue(output, 'fastest', quiet);
  for (let i = 0; i < 3; i++) queue.offer(frameOf(i));
  queue.hurry();
  await queue.close();
  t.mock.timers.tick(20_000);
  assert.deepEqual([queue.stats.written, output.stops], [3, 1]);
});

test('a queue that has ended holds no timer, whenever it is asked to hurry: the process may end', async () => {
  const queue = new OutputQueue(new KeepingOutput(), 'fastest', quiet);
  await queue.close();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  queue.hurry();
  assert.equal(timers(), before);
});

test('a queue in real time keeps the newest frames and counts the rest; written plus dropped is everything', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const output = new KeepingOutput(() => gate);
  const done: number[] = [];
  const queue = new OutputQueue(output, 'real-time', { ...quiet, onDone: (frame) => done.push(frame.sequence) });
  for (let i = 0; i < 10; i++) {
    queue.offer(frameOf(i));
    // The first frame reaches the output before the others pile up behind it.
    await new Promise((resolve) => setImmediate(resolve));
  }
  open();
  await queue.close();
  assert.deepEqual(
    output.frames.map((frame) => frame.sequence),
    [0, 6, 7, 8, 9],
  );
  assert.deepEqual(queue.stats, { name: 'keeping', written: 5, dropped: 5 });
  assert.deepEqual(done, [1, 2, 3, 4, 5, 0, 6, 7, 8, 9], 'every frame is done with once, dropped ones at once');
});

test('a queue that holds back tells when it is full and when there is room', async () => {
  let rooms = 0;
  const queue = new OutputQueue(new KeepingOutput(), 'fastest', {
    ...quiet,
    onRoom: () => {
      rooms++;
    },
  });
  for (let i = 0; i < 4; i++) queue.offer(frameOf(i));
  assert.ok(queue.isFull);
  await queue.close();
  assert.ok(!queue.isFull);
  assert.equal(rooms, 4);
  assert.deepEqual(queue.stats, { name: 'keeping', written: 4, dropped: 0 });
});

test('a queue reports the first failure once and takes nothing after it', async () => {
  const failures: unknown[] = [];
  const output = new KeepingOutput(async (frame) => {
    if (frame.sequence === 1) throw new Error('no');
  });
  const queue = new OutputQueue(output, 'fastest', {
    ...quiet,
    onFailure: (error) => failures.push(error),
  });
  for (let i = 0; i < 4; i++) queue.offer(frameOf(i));
  await queue.close();
  queue.offer(frameOf(9));
  await queue.close();
  assert.equal(failures.length, 1);
  assert.deepEqual(queue.stats, { name: 'keeping', written: 1, dropped: 3 });
});

test('frames that an output never wrote are dropped ones: after its failure, and after it was given up', async (t) => {
  const failing = new KeepingOutput(() => Promise.reject(new Error('no more')));
  const failures: unknown[] = [];
  const broken = new OutputQueue(failing, 'fastest', { ...quiet, onFailure: (error) => failures.push(error) });
  for (let sequence = 0; sequence < 3; sequence++) broken.offer(frameOf(sequence));
  await broken.close();
  assert.equal(failures.length, 1);
  assert.deepEqual(broken.stats, { name: 'keeping', written: 0, dropped: 3 });
  broken.offer(frameOf(3));
  assert.equal(failing.frames.length, 1, 'it is not called again');

  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stuck = new OutputQueue(new KeepingOutput(() => new Promise(() => undefined)), 'fastest', quiet);
  for (let sequence = 0; sequence < 4; sequence++) stuck.offer(frameOf(sequence));
  // The first one is being written, three wait.
  await new Promise((resolve) => setImmediate(resolve));
  stuck.hurry();
  const closed = assert.rejects(stuck.close(), { code: 'WRITE_FAILED', message: /nothing was taken for 10 s/ });
  t.mock.timers.tick(10_000);
  await closed;
  assert.deepEqual(stuck.stats, { name: 'keeping', written: 0, dropped: 3 });
});
