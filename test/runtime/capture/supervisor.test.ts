import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  const running = await stream({
    model,
    engine: { threads: 1 },
    camera: { source: { kind: 'test', width: 160, height: 90, fps: 20 } },
    capture: { restartWaitMs: 3, restartLimit: 3 },
  });
  let frames = 0;
  running.onPublish(() => frames++);
  // What ends it at last is awaited below.
  running.done.catch(() => undefined);
  let killed: number | undefined;
  /** Before its first frame, unless `afterFrame`. */
  const kill = async (afterFrame: boolean): Promise<void> => {
    await until(() => running.capturePid !== undefined && running.capturePid !== killed, 'a capture process');
    const before = frames;
    if (afterFrame) await until(() => frames > before, 'a frame');
    killed = running.capturePid!;
    process.kill(killed, 'SIGKILL');
  };
  await kill(true);
  await kill(false);
  await kill(true);
  for (let count = 0; count < 4; count++) await kill(false);
  await assert.rejects(running.done, { code: 'CAPTURE_FAILED' });
  assert.deepEqual(waits, [3, 6, 3, 6, 12, 24]);
});
