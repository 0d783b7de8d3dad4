import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCyclopsError } from '../../../src/base/errors.js';
import { loadOptimizer, loadWeights, writeCheckpoint } from '../../../src/train/checkpoint/checkpoint.js';
import { type CheckpointHead, readCheckpointHead } from '../../../src/train/checkpoint/checkpoint-files.js';
import { createNetwork, loadNetwork, trainableVariables } from '../../../src/train/networks/network.js';
import { createAdam } from '../../../src/train/run/adam.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const head: CheckpointHead = {
  format: 'cyclops-checkpoint',
  formatVersion: 2,
  inputs: 'mono',
  method: 'guo-eccv18',
  network: 'mono-vgg',
  widthMultiplier: 0.1,
  parameters: 1,
  width: 64,
  height: 32,
  seed: 3,
  step: 7,
  camera: { width: 64, height: 32, fxPx: 37, fyPx: 37, cxPx: 31.5, cyPx: 15.5, baselineM: 0.5, doffsPx: 0 },
  inputMean: [0.485, 0.456, 0.406],
  inputStd: [0.229, 0.224, 0.225],
  outputFactorPx: 20,
  outputStride: 1,
  config: { note: 'test' },
  data: 'none',
  dataFingerprint: 'x',
  metrics: {},
  versions: {},
  command: 'test',
  startedAt: '2026-01-01T00:00:00Z',
  savedAt: '2026-01-01T00:00:00Z',
  trainedSeconds: 1,
};

async function writeExample(folder: string, step = 7): Promise<void> {
  const model = createNetwork(head, head);
  const adam = createAdam(trainableVariables(model));
  const state = await adam.state();
  await writeCheckpoint(folder, { ...head, step }, model, {
    firstMoment: state.firstMoment.map((_, i) => i / 7),
    secondMoment: state.secondMoment.map((_, i) => i / 3),
  });
  adam.dispose();
  model.dispose();
}

test('a checkpoint gives back the same weights and optimizer state, also into a network of another size', async (t) => {
  const folder = join(await temporaryFolder(t), 'checkpoint');
  const model = createNetwork(head, head);
  const adam = createAdam(trainableVariables(model));
  const count = (await adam.state()).firstMoment.length;
  const state = {
    firstMoment: Float32Array.from({ length: count }, (_, i) => Math.fround(i * 0.1)),
    secondMoment: Float32Array.from({ length: count }, (_, i) => Math.fround(i * 0.3)),
  };
  await writeCheckpoint(folder, head, model, state);
  const expected = model.getWeights().map((weight) => weight.dataSync());
  for (const size of [head, { width: 128, height: 64 }]) {
    const loaded = await loadNetwork(folder, size);
    assert.deepEqual(
      loaded.model.getWeights().map((weight) => weight.dataSync()),
      expected,
    );
    loaded.model.dispose();
  }
  const read = await readCheckpointHead(folder);
  assert.deepEqual(await loadOptimizer(read.folder, read.head, trainableVariables(model)), state);
  // Any tfjs program can read the network part.
  const plain = await tf.loadLayersModel(`file://${join(folder, 'network', 'model.json')}`);
  assert.deepEqual(
    plain.getWeights().map((weight) => weight.dataSync()),
    expected,
  );
});

test('every kind of damage is told with the name of the file', async (t) => {
  const root = await temporaryFolder(t);
  const good = join(root, 'good');
  await writeExample(good);
  const cases: readonly [name: string, damage: (folder: string) => Promise<unknown>, message: RegExp][] = [
    [
      'no-run-json',
      (folder) => rm(join(folder, 'run.json')),
      /no-run-json: expected a checkpoint folder with run.json/,
    ],
    ['not-json', (folder) => writeFile(join(folder, 'run.json'), '{"format": '), /not-json\/run.json: not JSON/],
    [
      'wrong-field',
      (folder) => editRun(folder, (run) => ({ ...run, widthMultiplier: 'wide' })),
      /wrong-field\/run.json widthMultiplier: expected number, found "wide"/,
    ],
    [
      'unknown-field',
      (folder) => editRun(folder, (run) => ({ ...run, colour: 1 })),
      /unknown-field\/run.json .*unknown key "colour"/,
    ],
    [
      'no-weights',
      (folder) => rm(join(folder, 'network', 'weights.bin')),
      /no-weights\/network\/weights.bin: no such file/,
    ],
    ['one-byte', flipByte, /one-byte\/network\/weights.bin: damaged: expected SHA-256/],
    [
      'truncated',
      async (folder) => {
        const path = join(folder, 'network', 'weights.bin');
        await writeFile(path, (await readFile(path)).subarray(0, 1000));
      },
      /truncated\/network\/weights.bin: damaged: .*\(1000 bytes\)/,
    ],
    [
      'other-width',
      (folder) => editRun(folder, (run) => ({ ...run, widthMultiplier: 0.3 })),
      /other-width\/network\/model.json \S+: expected shape \[.*\], found \[/,
    ],
  ];
  for (const [name, damage, message] of cases) {
    await t.test(name, async () => {
      const folder = join(root, name);
      await cp(good, folder, { recursive: true });
      await damage(folder);
      await assert.rejects(loadNetwork(folder), (error: unknown) => {
        assert.ok(isCyclopsError(error, 'CHECKPOINT_INVALID'), String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

test('a checkpoint without optimizer state cannot be resumed, and says so', async (t) => {
  const folder = join(await temporaryFolder(t), 'c');
  const model = createNetwork(head, head);
  await writeCheckpoint(folder, head, model);
  const read = await readCheckpointHead(folder);
  await assert.rejects(loadOptimizer(read.folder, read.head, []), /no optimizer state.*--init/);
  await loadWeights(model, read.folder, read.head);
});

test('optimizer state of another length is told, though its digest fits', async (t) => {
  const folder = join(await temporaryFolder(t), 'c');
  const model = createNetwork(head, head);
  const variables = trainableVariables(model);
  const count = variables.reduce((sum, variable) => sum + variable.size, 0);
  const moment = new Float32Array(count);
  for (const [file, state] of [
    ['first-moment', { firstMoment: moment.subarray(1), secondMoment: moment }],
    ['second-moment', { firstMoment: moment, secondMoment: new Float32Array(count + 1) }],
  ] as const) {
    await writeCheckpoint(folder, head, model, state);
    const read = await readCheckpointHead(folder);
    await assert.rejects(
      loadOptimizer(read.folder, read.head, variables),
      (error: unknown) =>
        isCyclopsError(error, 'CHECKPOINT_INVALID') &&
        error.message.includes(`optimizer/${file}.bin: expected ${4 * count} bytes for the weights of mono-vgg, found`),
    );
  }
  model.dispose();
});

test('a crash between the two renames of a save loses nothing', async (t) => {
  const folder = join(await temporaryFolder(t), 'checkpoint');
  await writeExample(folder, 7);
  await rename(folder, `${folder}.previous`);
  assert.equal((await readCheckpointHead(folder)).head.step, 7);
});

test('a disk that fills up during a save loses nothing', async (t) => {
  const mount = join(await temporaryFolder(t), 'disk');
  await mkdir(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    return t.skip('mounting a small tmpfs needs root');
  }
  try {
    const folder = join(mount, 'checkpoint');
    await writeExample(folder, 7);
    const before = (await readCheckpointHead(folder)).head;
    await fillDisk(mount);
    await assert.rejects(writeExample(folder, 8), (error: unknown) => isCyclopsError(error, 'DISK_FULL'));
    assert.deepEqual((await readCheckpointHead(folder)).head, before);
    (await loadNetwork(folder)).model.dispose();
    assert.deepEqual((await readdir(mount)).sort(), ['checkpoint', 'filler']);
    // With room again the next save goes through.
    await rm(join(mount, 'filler'));
    await writeExample(folder, 9);
    assert.equal((await readCheckpointHead(folder)).head.step, 9);
  } finally {
    execFileSync('umount', [mount]);
  }
});

async function editRun(folder: string, edit: (run: Record<string, unknown>) => Record<string, unknown>): Promise<void> {
  const path = join(folder, 'run.json');
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)));
}

async function flipByte(folder: string): Promise<void> {
  const path = join(folder, 'network', 'weights.bin');
  const bytes = await readFile(path);
  bytes[100]! ^= 1;
  await writeFile(path, bytes);
}

/** Leaves some 64 KiB: room for a folder and a small file, not for a checkpoint. */
async function fillDisk(mount: string): Promise<void> {
  const path = join(mount, 'filler');
  const blockSize = 64 * 1024;
  let blocks = 1;
  for (;;) {
    const isFull = await writeFile(path, new Uint8Array(blocks * blockSize)).then(
      () => false,
      () => true,
    );
    if (isFull) break;
    blocks++;
  }
  await writeFile(path, new Uint8Array((blocks - 2) * blockSize));
}
