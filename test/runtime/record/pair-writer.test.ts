import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MonotonicNs } from '../../../src/base/clock.js';
import { Random } from '../../../src/base/random.js';
import type { Frame } from '../../../src/runtime/frame.js';
import { recordConfigSchema } from '../../../src/runtime/index.js';
import { PairWriter } from '../../../src/runtime/record/pair-writer.js';
import { planRig } from '../../../src/runtime/record/rig-plan.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const width = 640;
const height = 360;

function frameOf(data: Uint8Array): Frame {
  return {
    cameraId: 'left',
    sequence: 0,
    ptsNs: 0n,
    captureTime: 0n as MonotonicNs,
    arrivalTime: 0n as MonotonicNs,
    quality: 'pts',
    image: { width, height, format: 'RGB', data },
    droppedBefore: 0,
    intrinsics: { width, height, fxPx: 100, fyPx: 100, cxPx: 320, cyPx: 180 },
    depthScale: 1,
  };
}

test('a pair that fails while the one before is still written is an error of that call alone', async (t) => {
  const folder = join(await temporaryFolder(t), 'recording');
  const source = { kind: 'test', width, height } as const;
  const config = recordConfigSchema.parse({ left: { source }, right: { source }, fxPx: 100, baselineM: 0.2 });
  const writer = await PairWriter.open(folder, await planRig(config), {
    images: 'png',
    quality: 95,
    keepFreeBytes: 0,
  });
  const good = frameOf(new Uint8Array(width * height * 3).fill(90));
  const broken = frameOf(new Uint8Array(10));
  const facts = (number: number) => {
    const none = { left: 0, right: 0 };
    return { number, times: { left: 0n, right: 0n }, lost: none, unmatched: none, dropped: 0 };
  };
  // A rejection that nobody waits for at that moment would end the process, and so this test.
  const results = await Promise.allSettled([
    writer.write(good, good, facts(0)),
    writer.write(broken, broken, facts(1)),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  await writer.close();
  assert.deepEqual(await readdir(join(folder, 'left')), ['000000.png']);
  assert.equal((await readFile(join(folder, 'pairs.csv'), 'utf8')).trimEnd().split('\n').length, 2);
});

test('lines are in the order of the pairs, however long each takes to encode', async (t) => {
  const folder = join(await temporaryFolder(t), 'recording');
  const source = { kind: 'test', width, height } as const;
  const config = recordConfigSchema.parse({ left: { source }, right: { source }, fxPx: 100, baselineM: 0.2 });
  const format = { images: 'png', quality: 95, keepFreeBytes: 0 } as const;
  const writer = await PairWriter.open(folder, await planRig(config), format);
  const random = Random.fromSeed(4, 'pair-writer');
  const flat = frameOf(new Uint8Array(width * height * 3).fill(90));
  const noise = frameOf(Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)));
  const [none, one] = [
    { left: 0, right: 0 },
    { left: 1, right: 2 },
  ];
  const write = (number: number) =>
    writer.write(number === 0 ? noise : flat, number === 0 ? noise : flat, {
      number,
      times: { left: BigInt(number), right: BigInt(number) + 10n },
      lost: number === 1 ? one : none,
      unmatched: number === 2 ? one : none,
      dropped: number === 3 ? 5 : 0,
    });
  await Promise.all([0, 1, 2, 3].map(write));
  await writer.close();
  assert.deepEqual((await readFile(join(folder, 'pairs.csv'), 'utf8')).trimEnd().split('\n').slice(1), [
    '000000,0,10,0,0,0,0,0',
    '000001,1,11,1,2,0,0,0',
    '000002,2,12,0,0,1,2,0',
    '000003,3,13,0,0,0,0,5',
  ]);
});
