import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import type { ToChild } from '../../../src/runtime/capture/messages.js';
import { type CaptureHandlers, CaptureProcess } from '../../../src/runtime/capture/process.js';
import { writeClip } from '../../support/clip.js';

let folder = '';
let clip = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-capture-'));
  clip = join(folder, 'clip.mp4');
  await writeClip(clip, { frames: 3 });
});
after(() => rm(folder, { recursive: true, force: true }));

const frameBytes = 160 * 90 * 3;
const limits = { bufferLimitBytes: frameBytes, startTimeoutMs: 60_000, stallTimeoutMs: 60_000 };

test('a capture process that hangs after the end of its source is killed, and its images count', async () => {
  let images = 0;
  const handlers: CaptureHandlers = {
    onCaps: () => undefined,
    takeBuffer: (length) => new Uint8Array(length),
    onImage: () => {
      images++;
      // It stops reacting now; what it wrote is in the pipe.
      if (images === 3) setImmediate(() => process.kill(capture.pid!, 'SIGSTOP'));
    },
    onWarning: () => undefined,
  };
  const launch = `filesrc location=${clip} ! decodebin ! videoconvert ! video/x-raw,format=RGB ! gdppay ! fdsink fd=4 sync=false`;
  const capture = CaptureProcess.start({ kind: 'gst', launch, loop: false }, handlers, {
    ...limits,
    stallTimeoutMs: 1000,
  });
  const outcome = await capture.outcome;
  assert.equal(images, 3);
  assert.ok(
    outcome.kind === 'end' || (outcome.kind === 'fault' && outcome.reason === 'stall'),
    JSON.stringify(outcome),
  );
});

test('a capture process whose thread pool waits for the bus ends by itself where its parent is gone', async () => {
  // Half a second after its start the bus is polled many times; this source says nothing for longer than that.
  const launch = 'videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=1/10 ! fakesink';
  const file = join(packageRoot(), 'dist/src/runtime/capture/child.js');
  const child = fork(file, { stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'] });
  await once(child, 'message');
  child.send({ type: 'start', job: { kind: 'gst', launch, loop: false } } satisfies ToChild);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child.disconnect();
  await once(child, 'exit', { signal: AbortSignal.timeout(60_000) });
});
