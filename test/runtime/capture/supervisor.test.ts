import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureProcess } from '../../../src/runtime/capture/process.js';
import { quietLog, stream, until } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

test('each restart without a frame waits twice as long as the one before, up to the limit; a frame starts anew', async (t) => {
  const model = await temporaryFolder(t);
  await writeTinyPackage(model, { width: 64, height: 32 });
  const waits: unknown[] = [];
  t.mock.method(quietLog, 'warn', (fields: { readonly waitMs?: number }) => {
    if (fields.waitMs !== undefined) waits.push(fields.waitMs);
  });
  // Which capture processes live to give a frame; the others are killed before they do anything.
  const lives = [true, false, true];
  let started = 0;
  const start = CaptureProcess.start;
  t.mock.method(CaptureProcess, 'start', (...args: Parameters<typeof start>) => {
    const capture = start.apply(CaptureProcess, args);
    if (lives[started++] !== true) process.kill(capture.pid!, 'SIGKILL');
    return capture;
  });
  const running = await stream({
    model,
    engine: { threads: 1 },
    camera: { source: { kind: 'test', width: 160, height: 90, fps: 20 } },
    capture: { restartWaitMs: 3, restartLimit: 3 },
  });
  const rejected = assert.rejects(running.done, { code: 'CAPTURE_FAILED' });
  let frames = 0;
  running.onPublish(() => frames++);
  for (const [index, isAlive] of lives.entries()) {
    if (!isAlive) continue;
    await until(() => started === index + 1, `capture process ${index}`);
    const before = frames;
    await until(() => frames > before, 'a frame');
    process.kill(running.capturePid!, 'SIGKILL');
  }
  await rejected;
  assert.deepEqual(waits, [3, 6, 3, 6, 12, 24]);
});
