import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeJsonAtomic } from '../../../src/base/files.js';
import { packageRoot } from '../../../src/base/paths.js';
import { openSource } from '../../../src/data/sources/index.js';
import type { PartialTrainingConfig } from '../../../src/train/config/config.js';
import { resolveTrainingConfig } from '../../../src/train/config/resolve-config.js';
import { labelSource } from '../../../src/train/labels/label.js';
import { train } from '../../../src/train/run/loop.js';
import { readRunLog } from '../../../src/train/run/run-log.js';
import { tf } from '../../../src/train/tensorflow/tf.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

// The losses of Guo's stages as they were when methods were not yet a table: twenty steps each, every loss term and
// gradient norm. On a processor whose TensorFlow rounds alike they must be the same to the last bit; on another one
// they must be close. `RECORD_LOSSES=1` writes the file anew, for a change that is meant to change numbers.

const recordedFile = join(packageRoot(), 'test', 'train', 'methods', 'guo-losses.json');

interface Recorded {
  /** Digest of how TensorFlow rounds on the machine where the losses were recorded. */
  readonly rounding: string;
  /** By run: by step, the loss, the gradient norm and the loss terms. */
  readonly losses: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const small = { widthMultiplier: 0.1, width: 64, height: 64, batch: 2, learningRate: 1e-3 } as const;
const mono = { widthMultiplier: 0.25, width: 96, height: 64, batch: 2, learningRate: 1e-3 } as const;

/** Runs in order: a later one may start from an earlier one, or from its labels. */
const runs: Readonly<Record<string, (at: (name: string) => string) => PartialTrainingConfig>> = {
  'teacher-dispnet-c': () => ({ stage: 'teacher', network: 'dispnet-c', ...small, rightJitter: 0.3 }),
  teacher: () => ({ stage: 'teacher', network: 'stereo-softarg', ...small, clipNorm: 5, warmupSteps: 3 }),
  'teacher-left-right': () => ({
    stage: 'teacher',
    network: 'stereo-softarg',
    ...small,
    settings: { occlusion: 'left-right' },
    milestones: [5, 0.5],
  }),
  unsup: (at) => ({
    stage: 'finetune-unsup',
    network: 'stereo-softarg',
    init: at('teacher'),
    ...small,
    settings: { regularizationWeight: 0.5 },
  }),
  'unsup-godard': (at) => ({
    stage: 'finetune-godard',
    network: 'stereo-softarg',
    init: at('teacher'),
    ...small,
  }),
  sup100: (at) => ({ stage: 'finetune-sup100', network: 'stereo-softarg', init: at('teacher'), ...small }),
  student: (at) => ({ stage: 'student', network: 'mono-edge', labels: at('labels'), ...mono }),
  'student-vgg-truth': () => ({ stage: 'student', network: 'mono-vgg', ...mono, settings: { supervision: 'truth' } }),
  'student-own-terms': (at) => ({
    stage: 'student',
    network: 'mono-edge',
    labels: at('labels'),
    ...mono,
    settings: { useConfidence: true, relativeWeight: 0.5, gradientWeight: 1, thinWeight: 8 },
  }),
};

describe("losses of Guo's stages", () => {
  let root = '';
  let recorded: Recorded | undefined;
  const found: Record<string, number[][]> = {};
  const at = (name: string): string => join(root, name);

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cyclops-losses-'));
    await writeTinyFolder(at('data'), 5);
    if (process.env.RECORD_LOSSES !== '1') recorded = JSON.parse(await readFile(recordedFile, 'utf8')) as Recorded;
  });
  after(async () => {
    await rm(root, { recursive: true });
    if (recorded === undefined) await writeJsonAtomic(recordedFile, { rounding: await rounding(), losses: found });
  });

  for (const [name, settings] of Object.entries(runs)) {
    it(`of ${name} are those that were recorded`, async (t) => {
      if (name === 'student') await label(at('teacher'), at('data'), at('labels'));
      await trainTwentySteps(settings(at), at('data'), at(name));
      found[name] = await lossesOf(at(name));
      if (recorded === undefined) return t.diagnostic('recorded');
      const expected = recorded.losses[name]!;
      if (recorded.rounding === (await rounding())) return assert.deepEqual(found[name], expected);
      t.diagnostic('TensorFlow rounds otherwise on this processor: compared within 2 %');
      for (const [step, values] of expected.entries()) {
        for (const [i, value] of values.entries()) {
          const own = found[name]![step]![i]!;
          assert.ok(Math.abs(own - value) <= 0.02 * Math.abs(value) + 1e-4, `step ${step + 1}: ${own}, was ${value}`);
        }
      }
    });
  }
});

async function trainTwentySteps(settings: PartialTrainingConfig, data: string, folder: string): Promise<void> {
  const quiet = { validationData: 'none', workers: 0, logEvery: 1, reportEvery: 0, checkpointEvery: 0 } as const;
  await train({
    config: resolveTrainingConfig({ steps: 20, data, ...quiet, ...settings }),
    ...{ folder, resume: false, command: 'test', signal: new AbortController().signal },
  });
}

async function label(teacher: string, data: string, folder: string): Promise<void> {
  const source = await openSource({ kind: 'kitti-2015', folder: data });
  await labelSource({
    producer: 'teacher',
    checkpoints: { teacher },
    source,
    folder,
    signal: new AbortController().signal,
  });
}

async function lossesOf(folder: string): Promise<number[][]> {
  const records = await readRunLog(join(folder, 'run.jsonl'));
  return records.flatMap((record) =>
    record.kind === 'step' ? [[record.loss, record.gradientNorm, ...Object.values(record.losses)]] : [],
  );
}

/** Digest of a convolution, its gradient and an exponential: changes where TensorFlow takes other instructions. */
async function rounding(): Promise<string> {
  const result = tf.tidy(() => {
    const wave = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 1.7) + 1.01);
    const image = tf.tensor4d(wave(2 * 17 * 19 * 5), [2, 17, 19, 5]);
    const kernel = tf.tensor4d(wave(3 * 3 * 5 * 7), [3, 3, 5, 7]);
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf
        .conv2d(image, x as tf.Tensor4D, 1, 'same')
        .mul(0.01)
        .sigmoid()
        .sum();
    return tf.concat([tf.grad(loss)(kernel).flatten(), loss(kernel).exp().sqrt().reshape([1])]);
  });
  const bytes = new Uint8Array((await result.data()).buffer);
  result.dispose();
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
