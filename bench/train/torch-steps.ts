import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { CyclopsError } from '../../src/base/errors.js';
import { packageRoot } from '../../src/base/paths.js';
import type { Batch } from '../../src/data/loader.js';
import type { TrainingConfig } from '../../src/train/config/config.js';
import { networks } from '../../src/train/networks/index.js';
import type { tf } from '../../src/train/tensorflow/tf.js';
import type { StepTimes } from './own-steps.js';

/** Everything that a step in PyTorch starts from. */
export interface TorchTask {
  readonly python: string;
  /** Where weights and batch are handed over. */
  readonly folder: string;
  readonly config: TrainingConfig;
  readonly variables: readonly tf.Variable[];
  readonly batch: Batch;
  readonly threads: number;
  /** The order of axes in memory: PyTorch's usual NCHW, or NHWC. */
  readonly channelsLast: boolean;
}

const checkSchema = z.strictObject({ loss: z.number(), gradientNorm: z.number(), torch: z.string() });
const timesSchema = z.strictObject({ seconds: z.number(), processorSeconds: z.number() });

/** A Python process that makes steps when asked; it sleeps in between. */
export interface TorchSteps {
  /** Loss and gradient norm of the first step, from our weights. */
  check(): Promise<z.output<typeof checkSchema>>;
  run(steps: number): Promise<StepTimes>;
  close(): void;
}

/** Starts bench/peers/torch_steps.py with a network's weights and a batch. */
export async function openTorchSteps(task: TorchTask): Promise<TorchSteps> {
  const { config, batch, variables } = task;
  const entry = networks[config.network];
  const stereo = entry.inputs === 'stereo';
  const { batch: count, height, width } = config;
  const { useConfidence, relativeWeight, gradientWeight } = config.settings;
  const maps = {
    left: batch.left,
    ...(stereo ? { right: batch.right } : {}),
    disparityLeft: batch.disparityLeft!,
    ...(stereo ? { visibleLeft: batch.visibleLeft! } : {}),
    ...(useConfidence === true ? { confidenceLeft: batch.confidenceLeft! } : {}),
  };
  const batchEntries = Object.entries(maps).map(([name, values]) => ({
    name,
    shape: [count, height, width, values.length / (count * height * width)],
  }));
  const [weightsPath, batchPath] = [join(task.folder, 'weights.f32'), join(task.folder, 'batch.f32')];
  await writeFile(weightsPath, bytesOf(variables.map((variable) => variable.dataSync() as Float32Array)));
  await writeFile(batchPath, bytesOf(Object.values(maps)));

  const child = spawn(task.python, [join(packageRoot(), 'bench/peers/torch_steps.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ask = conversation(child);
  child.stdin.write(
    `${JSON.stringify({
      network: config.network,
      widthMultiplier: config.widthMultiplier,
      threads: task.threads,
      channelsLast: task.channelsLast,
      weights: weightsPath,
      weightEntries: variables.map(({ name, shape }) => ({ name: plainName(name), shape })),
      batch: batchPath,
      batchEntries,
      views: stereo ? ['left', 'right'] : ['left'],
      loss: stereo ? 'supervised' : 'distillation',
      factor: entry.outputFactorPx(width),
      inputMean: entry.inputMean,
      inputStd: entry.inputStd,
      learningRate: config.learningRate,
      clipNorm: config.clipNorm,
      relativeWeight: relativeWeight ?? 0,
      gradientWeight: gradientWeight ?? 0,
    })}\n`,
  );
  return {
    check: async () => checkSchema.parse(await ask({ kind: 'check' })),
    run: async (steps) => timesSchema.parse(await ask({ kind: 'run', steps })),
    close: () => child.kill(),
  };
}

/** One line of JSON for each line of JSON. */
function conversation(child: ChildProcessByStdio<Writable, Readable, null>): (request: object) => Promise<unknown> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await lines.next();
    if (answer.done) throw new CyclopsError('STEP_FAILED', 'bench/peers/torch_steps.py: ended without an answer');
    return JSON.parse(answer.value) as unknown;
  };
}

/** tfjs numbers the names of variables where a process makes a network twice: `conv1/kernel_1`. */
function plainName(name: string): string {
  return name.replace(/(\/(?:kernel|bias))_\d+$/, '$1');
}

function bytesOf(parts: readonly Float32Array[]): Buffer {
  return Buffer.concat(parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
