import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRgb } from '../../../src/image/codec.js';
import { latencyReportSchema } from '../../../src/latency-bench/report.js';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyPackage } from '../../support/tiny-package.js';

test('cyclops bench writes text, JSON and histograms, and prints the same JSON', async (t) => {
  const folder = await temporaryFolder(t);
  const model = join(folder, 'model');
  await writeTinyPackage(model, { width: 64, height: 32 });
  const out = join(folder, 'out');
  const args = [
    'bench',
    model,
    '--frames',
    '10',
    '--rounds',
    '1',
    '--warm-up',
    '2',
    '--fps',
    '50',
    '--size',
    '320x160',
  ];
  const { code, stdout, stderr } = await cyclops([...args, '--threads', '1', '--out', out, '--json']);
  assert.equal(code, 0, stderr);
  const printed = latencyReportSchema.parse(JSON.parse(stdout));
  const written: unknown = JSON.parse(await readFile(join(out, 'latency.json'), 'utf8'));
  assert.deepEqual(written, printed);
  assert.equal(printed.settings.source, 'test:smpte');
  assert.equal(printed.stream?.offeredFps, 50);
  const text = await readFile(join(out, 'latency.txt'), 'utf8');
  assert.match(text, /STREAMING \/ BARE ONNX RUNTIME: \d\.\d{3}/);
  assert.match(text, /age \(capture to publish\)/);
  const image = await readRgb(join(out, 'latency.png'));
  assert.equal(image.width, 1000);
});

test('cyclops bench refuses what cannot wait, and models that are not there', async () => {
  const camera = await cyclops(['bench', 'model', '--source', 'v4l2:/dev/video0']);
  assert.equal(camera.code, 2);
  assert.match(camera.stderr, /a camera cannot wait for the model/);
  const missing = await cyclops(['bench', '/nonexistent/model']);
  assert.equal(missing.code, 3);
  assert.match(missing.stderr, /\/nonexistent\/model: no such file or folder/);
});
