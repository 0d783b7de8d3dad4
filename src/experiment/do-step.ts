import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { assertNever } from '../base/assert.js';
import { writeAtomic, writeJsonAtomic } from '../base/files.js';
import type { StereoSource } from '../data/sample.js';
import { openSource } from '../data/sources/index.js';
import { parseSourceSpec } from '../data/sources/parse-spec.js';
import { writeDataset } from '../data/synthetic/dataset.js';
import { defaultHardShares } from '../data/synthetic/scene.js';
import { constantBaseline, positionBaseline, storedLabels } from '../eval/baselines.js';
import { evaluateDisparity, type Predict } from '../eval/evaluate.js';
import { evaluationSheet } from '../eval/prediction-image.js';
import { encodeJpeg } from '../image/codec.js';
import type { ProducerSpec } from '../train/labels/producers/index.js';
import type { StepProgress } from './messages.js';
import type { PlannedStep, TrainingStep } from './plan.js';
import type { StepSettings } from './schema.js';

/** What a step is done with. */
export interface StepContext {
  /** For the records: the command line behind it. */
  readonly command: string;
  /** Aborted: finish what is in the making, so that the next time it goes on from there. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StepProgress) => void;
  readonly onMessage: (text: string) => void;
}

/** How a step ended. */
export type StepStatus = 'finished' | 'stopped';

/** Size of rendered pairs where a step does not say: KITTI's. */
const renderedSize = { width: 1242, height: 375 } as const;

/**
 * Does a step, or goes on with one that was stopped or killed. TensorFlow is loaded only by those that need it.
 * @throws CyclopsError of what the step does.
 */
export async function doStep(step: PlannedStep, context: StepContext): Promise<StepStatus> {
  switch (step.kind) {
    case 'render':
      return render(step.output, step.settings, context);
    case 'train':
      return trainNetwork(step, context);
    case 'label':
      return label(step.output, step.settings, context);
    case 'evaluate':
      return evaluate(step, step.settings, context);
    default:
      return assertNever(step);
  }
}

async function render(folder: string, settings: StepSettings<'render'>, context: StepContext): Promise<StepStatus> {
  const { domain, seed, count, width, height } = settings;
  const plan = {
    ...{ domain, seed, count, width, height, firstScene: 0 },
    framesPerScene: settings.framesPerScene ?? 1,
    jpeg: settings.jpeg ?? false,
    hard: {
      reflective: settings.reflective ?? defaultHardShares.reflective,
      textureless: settings.textureless ?? defaultHardShares.textureless,
    },
  };
  const result = await writeDataset(folder, plan, {
    workers: settings.workers ?? availableParallelism(),
    command: context.command,
    signal: context.signal,
    onProgress: (done, before) => context.onProgress({ done, total: count, before, unit: 'pairs' }),
  });
  return result.status;
}

async function trainNetwork(
  step: TrainingStep,
  { command, signal, onProgress, onMessage }: StepContext,
): Promise<StepStatus> {
  const { train } = await import('../train/run/loop.js');
  const { formatProgressDetails } = await import('../train/run/progress.js');
  const { trainingConfigOf } = await import('./training-config.js');
  const { findCheckpoint } = await import('../train/checkpoint/checkpoint-files.js');
  const isBegun = await findCheckpoint(join(step.output, 'checkpoint')).then(
    () => true,
    () => false,
  );
  const result = await train({
    config: await trainingConfigOf(step),
    folder: step.output,
    resume: isBegun,
    command,
    signal,
    onMessage,
    onProgress: (progress) => {
      const { step: done, steps: total, startStep: before } = progress;
      onProgress({ done, total, before, unit: 'steps', text: formatProgressDetails(progress) });
    },
  });
  return result.status;
}

function producerOf({ teacher, mono }: StepSettings<'label'>): ProducerSpec {
  return mono === undefined
    ? { producer: 'teacher', checkpoints: { teacher } }
    : { producer: 'fused', checkpoints: { teacher, mono } };
}

async function label(folder: string, settings: StepSettings<'label'>, context: StepContext): Promise<StepStatus> {
  const { labelSource } = await import('../train/labels/label.js');
  const { status } = await labelSource({
    ...producerOf(settings),
    source: await openSource(parseSourceSpec(settings.data, { ...renderedSize, framesPerScene: 1 })),
    folder,
    signal: context.signal,
    onProgress: (done, total, before) => context.onProgress({ done, total, before, unit: 'pairs' }),
  });
  return status;
}

/** Writes `evaluation.json`, and sheets of the first pairs in `images/`. */
async function evaluate(
  step: PlannedStep,
  settings: StepSettings<'evaluate'>,
  { signal, onProgress }: StepContext,
): Promise<StepStatus> {
  const { data, width = renderedSize.width, height = renderedSize.height } = settings;
  const source = await openSource(parseSourceSpec(data, { width, height, framesPerScene: 1 }));
  const total = Math.min(source.length, settings.count ?? source.length);
  const { predict, close } = await openSubject(settings, source);
  let done = 0;
  try {
    const evaluation = await evaluateDisparity(source, predict, {
      pixels: settings.pixels ?? 'all',
      maxDepthM: settings.maxDepthM ?? 80,
      crop: settings.crop ?? 'none',
      count: total,
      async onImage(sample, filled, [result]) {
        signal.throwIfAborted();
        if (result !== undefined && done < (settings.images ?? 0)) {
          await mkdir(join(step.folder, 'images'), { recursive: true });
          const sheet = await encodeJpeg(evaluationSheet(sample, filled, result), 85);
          await writeAtomic(join(step.folder, 'images', `${sample.id}.jpg`), sheet);
        }
        onProgress({ done: ++done, total, before: 0, unit: 'pairs' });
      },
    });
    await writeJsonAtomic(step.output, evaluation);
    return 'finished';
  } catch (error) {
    if (signal.aborted) return 'stopped';
    throw error;
  } finally {
    close();
  }
}

async function openSubject(
  { network, labels, baseline }: StepSettings<'evaluate'>,
  source: StereoSource,
): Promise<{ readonly predict: Predict; close(): void }> {
  const close = (): void => {};
  if (network !== undefined) {
    const { openPredictor } = await import('../train/predict/predict.js');
    const predictor = await openPredictor(network);
    return { predict: (sample) => predictor.predict(sample), close: () => predictor.close() };
  }
  if (labels !== undefined) return { predict: storedLabels(labels), close };
  return { predict: await (baseline === 'position' ? positionBaseline(source) : constantBaseline(source)), close };
}
