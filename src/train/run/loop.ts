import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CyclopsError, isCyclopsError } from '../../base/errors.js';
import { type Batch, type Loader, type LoaderOptions, openLoader } from '../../data/loader.js';
import type { SourceSpec } from '../../data/sample.js';
import { readCheckpointHead } from '../checkpoint/checkpoint-files.js';
import type { TrainingConfig } from '../config/config.js';
import { sourcesOf, stageOf } from '../config/resolve-config.js';
import type { BatchNeeds } from '../methods/method.js';
import { type PreviousRun, TrainingRun, type TrainOptions } from './training-run.js';
import { assertUsableTruth } from './usable-target.js';

/** How a run ended. */
export interface TrainResult {
  readonly status: 'finished' | 'stopped';
  readonly step: number;
  readonly checkpoint: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Trains until the last step or until stopped. The only loop there is: a method gives it the loss.
 *
 * Batches are loaded beside the step. A step's numbers are read one step later, so that a GPU never waits for
 * JavaScript. All that decides a step (weights, optimizer state, batch number, learning rate) is in a checkpoint, so a
 * resumed run makes the steps an uninterrupted one would have made.
 * @throws CyclopsError `TRAINING_DIVERGED` with step and loss term (the last checkpoint stays), `CHECKPOINT_INVALID`,
 * `DATA_INVALID` where the data changed since the checkpoint or have no pixel to learn from, `DISK_FULL`, and those of the
 * source.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, folder } = options;
  const previous = options.resume ? await readCheckpointHead(join(folder, 'checkpoint')) : undefined;
  const sources = await sourcesOf(config);
  const loader = await openLoader(loaderOptionsOf(config, sources.training, previous?.head.step ?? 0));
  try {
    if (previous !== undefined) assertSameData(previous, loader);
    else await assertUsableTruth(loader.source, config, stageOf(config).needs);
    await mkdir(folder, { recursive: true });
    const run = await TrainingRun.open(options, loader, sources, previous);
    try {
      return await loop(run, loader, options);
    } catch (error) {
      if (isCyclopsError(error, 'TRAINING_DIVERGED')) await run.report('diverged');
      throw error;
    } finally {
      await run.close();
    }
  } finally {
    await loader.close();
  }
}

async function loop(run: TrainingRun, loader: Loader, options: TrainOptions): Promise<TrainResult> {
  const { config, signal } = options;
  const startStep = run.step;
  const { needs } = stageOf(config);
  await run.note(options.resume ? 'resume' : 'start', options.command);
  while (run.step < config.steps && !signal.aborted) {
    const waitFrom = performance.now();
    const batch = await nextBatch(loader, run, startStep);
    const waitS = (performance.now() - waitFrom) / 1000;
    assertHasTarget(batch, needs, config);
    await run.advance(batch, waitS);
    // Lets loading threads hand over their batches and a signal be noticed: a step never yields by itself.
    await setImmediate();
    await doWhatIsDue(run, config, startStep);
  }
  await run.settle();
  const status = run.step >= config.steps ? 'finished' : 'stopped';
  if (status === 'finished' && config.validateEvery > 0 && run.step > startStep) await run.validate();
  await run.note(status === 'finished' ? 'finish' : 'stop', `after step ${run.step}`);
  await run.save();
  if (config.reportEvery > 0) await run.report(status);
  return { status, step: run.step, checkpoint: run.checkpointFolder, metrics: run.metrics };
}

/** The next batch. Where a pair cannot be read, the steps done so far are saved before the error goes on. */
async function nextBatch(loader: Loader, run: TrainingRun, startStep: number): Promise<Batch> {
  try {
    return await loader.next();
  } catch (error) {
    await run.settle();
    if (run.step > startStep) await run.save();
    throw error;
  }
}

/** People look at a new run soon; the report comes early once. */
const firstReportAfterSteps = 20;

async function doWhatIsDue(run: TrainingRun, config: TrainingConfig, startStep: number): Promise<void> {
  const { validateEvery, checkpointEvery, reportEvery } = config;
  const isDue = (every: number): boolean => every > 0 && run.step % every === 0 && run.step < config.steps;
  const isReportDue = isDue(reportEvery) || (reportEvery > 0 && run.step === startStep + firstReportAfterSteps);
  if (!isReportDue && !isDue(validateEvery) && !isDue(checkpointEvery)) return;
  // First, so that a step that went wrong is never saved.
  await run.settle();
  if (isDue(validateEvery)) await run.validate();
  if (isDue(checkpointEvery)) await run.save();
  if (isReportDue) await run.report('running');
  run.restartClock();
}

/** How a run's batches are loaded: what is in them follows from the configuration and the data alone. */
export function loaderOptionsOf(config: TrainingConfig, source: SourceSpec, startStep: number): LoaderOptions {
  const { needs } = stageOf(config);
  return {
    source,
    batchSize: config.batch,
    width: config.width,
    height: config.height,
    augmentation: config.augmentation,
    rightJitter: config.rightJitter,
    clean: needs.clean,
    truth: needs.target === 'none' ? 'none' : needs.rightTarget === 'unused' ? 'left' : 'both',
    seed: config.seed,
    startStep,
    workers: config.workers,
    prefetch: config.prefetch,
  };
}

function assertHasTarget(batch: Batch, { target, rightTarget }: BatchNeeds, { data, stage }: TrainingConfig): void {
  if (target === 'none') return;
  const views = rightTarget === 'required' ? (['Left', 'Right'] as const) : (['Left'] as const);
  for (const view of views) {
    if (batch[`disparity${view}`] !== undefined) continue;
    throw new CyclopsError(
      'DATA_INVALID',
      `${data}: ${stage} learns from disparity of the ${view.toLowerCase()} view, found none for ${batch.ids.join(', ')}`,
    );
  }
}

function assertSameData({ head }: PreviousRun, loader: Loader): void {
  if (head.dataFingerprint === loader.fingerprint) return;
  const [was, is] = [head.dataFingerprint.slice(0, 12), loader.fingerprint.slice(0, 12)];
  throw new CyclopsError(
    'DATA_INVALID',
    `${head.data}: the data changed since step ${head.step} (fingerprint ${was}…, now ${is}…), so this would not be the same run; --init starts a new one from its weights`,
  );
}
