import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPng16 } from '../../../src/image/png16.js';
import type { DepthFrame, StreamInfo } from '../../../src/runtime/index.js';
import { png16Output } from '../../../src/runtime/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const size = { width: 8, height: 4 };

function frame(sequence: number, depthM: number, depthScale: number): DepthFrame {
  const networkDepth = { ...size, data: new Float32Array(32).fill(depthM) };
  return { sequence, networkDepth, depthScale } as DepthFrame;
}

test('each frame is a file when publish has settled, in metres of this camera; the frame itself stays as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const output = png16Output(folder);
  await output.start({ unit: 'metres' } as StreamInfo);
  const first = frame(3, 10, 1.5);
  await output.publish(first);
  assert.deepEqual(await readdir(folder), ['000003.png']);
  await output.publish(frame(12, 7, 1));
  await output.stop();
  await output.stop();
  assert.ok((await readPng16(join(folder, '000003.png'))).data.every((metres) => metres === 15));
  assert.ok((await readPng16(join(folder, '000012.png'))).data.every((metres) => metres === 7));
  assert.ok(first.networkDepth.data.every((metres) => metres === 10));
});

test('a file that cannot be written is an error of that frame', async (t) => {
  const folder = join(await temporaryFolder(t), 'gone');
  const output = png16Output(folder);
  await output.start({ unit: 'metres' } as StreamInfo);
  t.after(() => output.stop());
  await rm(folder, { recursive: true });
  await writeFile(folder, 'in its place');
  await assert.rejects(async () => output.publish(frame(0, 1, 1)), { code: 'WRITE_FAILED', message: /gone/ });
});
