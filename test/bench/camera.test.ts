import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overheadOf } from '../../bench/age.js';
import { trendMsPerMinute } from '../../bench/overload.js';
import { stillCamera, streamCamera } from '../../bench/stream/camera.js';
import { runProgram } from '../../bench/stream/child.js';
import { isCyclopsError } from '../../src/base/errors.js';
import { streamConfigSchema } from '../../src/runtime/index.js';
import { childrenOf } from '../support/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyPackage } from '../support/tiny-package.js';

test('a camera faster than the model: frames are dropped and counted, and the parts of an age add up', async (t) => {
  const model = await temporaryFolder(t);
  // Slow enough that a thousand images a second are too many on any machine.
  await writeTinyPackage(model, { width: 128, height: 64, features: 48, layers: 3 });
  const source = await stillCamera(model, 1000);
  const config = streamConfigSchema.parse({ model, engine: { threads: 1 }, camera: { source } });
  const { record, atS } = await streamCamera(config, { warmUpS: 0.2, seconds: 0.8 });
  assert.ok(record.frames > 0);
  assert.equal(atS.length, record.frames);
  assert.ok(record.dropped > 0, `${record.frames} frames, none dropped`);
  assert.equal(record.quality, 'pts');
  for (const [index, overheadMs] of overheadOf(record).entries()) {
    const others = (['transport', 'infer'] as const).map((stage) => record.spansMs(stage)[index]!);
    assert.ok(Math.abs(record.spansMs('age')[index]! - overheadMs - others[0]! - others[1]!) < 1e-6);
  }
  assert.deepEqual(await childrenOf(), []);
});

test('the trend of ages is the slope of a straight line through them', () => {
  const atS = [0, 1, 2, 3, 4, 5];
  const steady = { spansMs: () => [7, 7, 7, 7, 7, 7] };
  const growing = { spansMs: () => atS.map((second) => 10 + 0.5 * second) };
  assert.equal(trendMsPerMinute({ atS, record: steady }), 0);
  assert.ok(Math.abs(trendMsPerMinute({ atS, record: growing }) - 30) < 1e-9);
});

test('a contender is watched from outside, and says why it failed', async () => {
  const busy =
    'const b = Buffer.alloc(64e6, 1); const end = Date.now() + 700; while (Date.now() < end); console.log(b[5])';
  const { stdout, cpuS, peakRssBytes, peakMemoryBytes } = await runProgram(process.execPath, ['-e', busy]);
  assert.equal(stdout, '1\n');
  assert.ok(cpuS > 0 && peakRssBytes > 64e6, `${cpuS} s, ${peakRssBytes} bytes`);
  assert.ok(peakMemoryBytes > 64e6 && peakMemoryBytes <= 1.1 * peakRssBytes, `${peakMemoryBytes} bytes`);
  await assert.rejects(runProgram(process.execPath, ['-e', 'throw new Error("no camera")']), (error) =>
    isCyclopsError(error, 'MACHINE_LACKS'),
  );
});
