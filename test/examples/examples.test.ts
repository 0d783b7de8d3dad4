import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';
import { encodeJpeg } from '../../src/image/codec.js';
import { decodePng16 } from '../../src/image/png16.js';
import { openModel } from '../../src/runtime/index.js';
import { writeClip } from '../support/clip.js';
import { quietLog } from '../support/stream.js';
import { writeTinyPackage } from '../support/tiny-package.js';

const examples = join(packageRoot(), 'examples');
let folder = '';
let model = '';
let clip = '';
/** Names of the programs that a test below has run. */
const ran = new Set<string>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cyclops-examples-'));
  model = join(folder, 'model');
  clip = join(folder, 'clip.mp4');
  await writeTinyPackage(model, { width: 64, height: 32 });
  await writeClip(clip, { frames: 12 });
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs an example as a user does; fails where it does. @returns what it has printed. */
async function example(name: string, ...args: string[]): Promise<string> {
  ran.add(`${name}.mjs`);
  const child = spawn(process.execPath, [join(examples, `${name}.mjs`), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

test('depth-image writes what openModel gives, as metres in a PNG', async () => {
  const [width, height] = [160, 120];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, byte) => (byte * 7 + byte / 91) % 256);
  const photo = join(folder, 'photo.jpg');
  await writeFile(photo, await encodeJpeg({ width, height, data }));
  const printed = await example('depth-image', model, photo, join(folder, 'depth.png'), '70');
  const opened = await openModel(model, { horizontalFovDeg: 70, log: quietLog });
  const { depthM } = await opened.infer(photo);
  await opened.close();
  const stored = decodePng16(await readFile(join(folder, 'depth.png')), 'depth.png');
  assert.deepEqual([stored.width, stored.height], [64, 32]);
  assert.ok(stored.data.every((metres, pixel) => Math.abs(metres - depthM![pixel]!) <= 1 / 512 + 1e-6));
  assert.match(printed, /depth\.png: 64x32, fx [\d.]+ px\nmedian [\d.]+ m/);
});

test('metres-ahead tells every frame of a video', async () => {
  const printed = await example('metres-ahead', model, clip, '70');
  assert.equal(printed.match(/^frame \d+: [\d.]+ m ahead, \d+ ms old$/gm)?.length, 12, printed);
});

test('custom-output sends every frame', async (t) => {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const received: { sequence: number; nearestM: number }[] = [];
  socket.on('message', (message) => received.push(JSON.parse(message.toString())));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const printed = await example('custom-output', model, clip, `127.0.0.1:${socket.address().port}`);
  assert.match(printed, /^12 frames, 12 sent, 0 dropped$/m);
  assert.deepEqual(
    received.map(({ sequence }) => sequence),
    Array.from({ length: 12 }, (_, index) => index),
  );
  assert.ok(received.every(({ nearestM }) => nearestM > 0 && nearestM < 100));
});

test('custom-source streams a GStreamer pipeline to its end', async () => {
  const launch = 'videotestsrc num-buffers=5 ! video/x-raw,width=320,height=240,framerate=10/1 ! videoconvert';
  const printed = await example('custom-source', model, launch);
  assert.match(printed, /^64x32 from 10 frames\/s$/m);
  assert.equal(printed.match(/^frame \d+, 0 dropped before: [\d.]+ m in the middle$/gm)?.length, 5, printed);
  assert.match(printed, /^ended by the source: 5 frames, 0 dropped$/m);
});

test('own-network goes from tfjs to depth', async () => {
  const own = join(folder, 'own');
  const printed = await example('own-network', own);
  assert.match(printed, /model\.onnx: \d+ nodes, largest difference to tfjs \d\.\d+e-\d/);
  assert.match(printed, /depth of a grey image: [\d.]+ m/);
  assert.ok(existsSync(join(own, 'model.json')));
});

test('train goes from rendered pairs to a model package', async () => {
  const run = join(folder, 'run');
  const printed = await example('train', run, '3');
  assert.equal(printed.match(/^step \d\/3: loss [\d.]+$/gm)?.length, 3, printed);
  assert.match(printed, /^finished at step 3: /m);
  assert.match(printed, /^disparity: [\d.]+ px, true [\d.]+ px$/m);
  const opened = await openModel(join(run, 'model'), { log: quietLog });
  assert.equal(opened.kind, 'metric');
  await opened.close();
});

test('every example was run, is short, begins with the line to run, and imports what a user can', () => {
  const names = readdirSync(examples).filter((name) => name.endsWith('.mjs'));
  assert.deepEqual(names, [...ran].sort());
  for (const name of names) {
    const text = readFileSync(join(examples, name), 'utf8');
    const comment = /^(?:\/\/.*\n)+/.exec(text)?.[0] ?? '';
    assert.match(comment, new RegExp(`^//   node examples/${name} `, 'm'), name);
    assert.ok(text.split('\n').length <= 61, `${name} has more than 60 lines`);
    for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) {
      assert.match(from, /^(?:node:|cyclops\/(?:runtime|train|export)$)/, `${name}: ${from}`);
    }
  }
});
