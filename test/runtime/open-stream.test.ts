import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { encodePng } from '../../src/image/codec.js';
import { type DepthFrame, openStream, type StreamConfigInput } from '../../src/runtime/index.js';
import { writeClip } from '../support/clip.js';
import { childrenOf, KeepingOutput, quietLog } from '../support/stream.js';
import { writeTinyPackage } from '../support/tiny-package.js';

let folder = '';
let fromFile: StreamConfigInput;
let live: StreamConfigInput;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-open-stream-'));
  const model = join(folder, 'model');
  await writeTinyPackage(model, { width: 64, height: 32 });
  const path = join(folder, 'clip.mp4');
  await writeClip(path, { frames: 20 });
  const engine = { threads: 1 };
  fromFile = { model, engine, camera: { source: { kind: 'file', path }, horizontalFovDeg: 70 } };
  live = { model, engine, camera: { source: { kind: 'test', fps: 60, width: 320, height: 240 } } };
});
after(() => rm(folder, { recursive: true, force: true }));

test('every frame of a file reaches the loop, however slow it is, and the loop ends with the file', async () => {
  const beside = new KeepingOutput();
  const stream = await openStream(fromFile, { log: quietLog, outputs: [beside] });
  assert.equal(stream.info.unit, 'metres');
  const sequences: number[] = [];
  for await (const { sequence, networkDepth } of stream) {
    sequences.push(sequence);
    assert.equal(networkDepth.data.length, 64 * 32);
    await setTimeout(5);
  }
  assert.deepEqual(
    sequences,
    Array.from({ length: 20 }, (_, index) => index),
  );
  assert.equal(beside.frames.length, 20);
  const { end, latency } = await stream.done;
  assert.deepEqual([end, latency.frames, latency.dropped], ['source', 20, 0]);
  for await (const _ of stream) assert.fail('a stream is looped over once');
  assert.deepEqual(await childrenOf(), []);
  await stream.close();
  assert.ok(!process.getActiveResourcesInfo().includes('Timeout'), 'nothing keeps the process');
});

test('a slow loop over a live source gets the newest frame, and is told what it missed', async () => {
  const stream = await openStream({ ...live, frames: 40 }, { log: quietLog });
  const frames: DepthFrame[] = [];
  for await (const frame of stream) {
    frames.push(frame);
    await setTimeout(60);
  }
  assert.ok(frames.length < 35, `${frames.length} of 40`);
  // Beside what the loop was too slow for, capture may have lost some on a busy machine.
  for (const [index, frame] of frames.slice(1).entries()) {
    assert.ok(frame.droppedBefore >= frame.sequence - frames[index]!.sequence - 1);
  }
  // While the loop was away for 60 ms, 3 frames came: the one that is taken then is not the first of them.
  assert.ok(frames.slice(1).filter(({ droppedBefore }) => droppedBefore >= 2).length >= frames.length / 3);
  const { end, latency } = await stream.done;
  assert.equal(end, 'frames');
  const missed = frames.reduce((sum, { droppedBefore }) => sum + droppedBefore, 0);
  assert.equal(frames.length + missed, latency.frames + latency.dropped, 'every frame is given or counted');
});

for (const [what, config] of [
  ['file', () => fromFile],
  ['live source', () => live],
] as const) {
  test(`break, an exception and an abort end the stream of a ${what} in order`, async () => {
    const left = await openStream(config(), { log: quietLog });
    for await (const frame of left) if (frame.sequence >= 3) break;
    assert.equal((await left.done).end, 'stopped');

    const thrown = await openStream(config(), { log: quietLog });
    const looping = (async () => {
      for await (const _ of thrown) throw new RangeError('of the loop');
    })();
    await assert.rejects(looping, RangeError);
    assert.equal((await thrown.done).end, 'stopped');

    for (const when of ['inside the loop', 'while it waits', 'before']) {
      const abort = new AbortController();
      if (when === 'before') abort.abort();
      const aborted = await openStream(config(), { log: quietLog, signal: abort.signal });
      let seen = 0;
      for await (const _ of aborted) {
        seen++;
        if (when === 'inside the loop') abort.abort();
        else if (when === 'while it waits') setImmediate(() => abort.abort());
        // What was under way may still come, but nothing goes on for ever.
        assert.ok(seen < 15, when);
      }
      assert.equal((await aborted.done).end, 'stopped', when);
      if (when === 'before') assert.equal(seen, 0);
    }
    assert.deepEqual(await childrenOf(), []);
  });
}

test('a stream that nobody loops over is closed by its owner', async () => {
  {
    await using stream = await openStream(fromFile, { log: quietLog });
    assert.equal(stream.engine.provider, 'cpu');
  }
  const stream = await openStream(live, { log: quietLog });
  await Promise.all([stream.close(), stream.close()]);
  assert.equal((await stream.done).end, 'stopped');
  for await (const _ of stream) assert.fail('closed');
  assert.deepEqual(await childrenOf(), []);
});

test('what ends a running stream reaches the loop', async () => {
  const path = join(folder, 'damaged');
  await mkdir(path);
  const png = await encodePng({ width: 64, height: 32, data: new Uint8Array(64 * 32 * 3).fill(90) });
  for (const name of ['0.png', '1.png']) await writeFile(join(path, name), png);
  await writeFile(join(path, '2.png'), 'no image');
  const stream = await openStream({ ...fromFile, camera: { source: { kind: 'images', path } } }, { log: quietLog });
  const sequences: number[] = [];
  const looping = (async () => {
    for await (const { sequence } of stream) sequences.push(sequence);
  })();
  await assert.rejects(looping, { code: 'IMAGE_INVALID' });
  assert.deepEqual(sequences, [0, 1]);
  await assert.rejects(openStream({ ...live, camera: { source: { kind: 'file', path: '' } } }, { log: quietLog }), {
    code: 'CONFIG_INVALID',
    message: /^openStream config: camera\.source\.path: /,
  });
});
