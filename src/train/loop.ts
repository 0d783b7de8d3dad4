import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CyclopsError } from '../base/errors.js';
import { type Loader, openLoader } from '../data/loader.js';
import { createAdam } from './adam.js';
import { loadOptimizer, loadWeights, writeCheckpoint } from './checkpoint.js';
import { readCheckpointHead } from './checkpoint-files.js';
import type { Checkpoint } from './checkpoint-schema.js';
import type { TrainingConfig } from './config.js';
import type { StageContext } from './method.js';
import { methods } from './methods/index.js';
import { createNetwork, loadNetwork, trainableVariables } from './network.js';
import { networks } from './networks/index.js';
import { createProgressMeter, type TrainingProgress } from './progress.js';
import { sourcesOf } from './resolve-config.js';
import { createHead, type RunFacts, sampleCamera } from './run-head.js';
import { type EventRecord, openRunLog } from './run-log.js';
import { writeRunReport } from './run-report.js';
import { learningRateAt } from './schedule.js';
import { firstNonFinite, readStats, runStep, type StepStats } from './step.js';
import { tf } from './tf.js';
import { openValidation, type Validation } from './validate.js';

/** What a training run is started with. */
export interface TrainOptions {
  /** A complete configuration; when resuming, the checkpoint's own, but for what may change between parts of a run. */
  readonly config: TrainingConfig;
  /** Run folder: `checkpoint/`, `best/`, `run.jsonl` and `report.html` are written into it. */
  readonly folder: string;
  /** Go on from `folder`'s checkpoint instead of starting anew. */
  readonly resume: boolean;
  /** The command line, for `run.json`. */
  readonly command: string;
  /** Aborted: the step in progress ends, a checkpoint is saved, the run stops. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** One-line messages for people: validation figures, checkpoints. */
  readonly onMessage?: (text: string) => void;
}

/** How a run ended. */
export interface TrainResult {
  readonly status: 'finished' | 'stopped';
  readonly step: number;
  readonly checkpoint: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A step whose numbers were not read yet. */
interface PendingStep {
  readonly step: number;
  readonly stats: StepStats;
  readonly learningRate: number;
  readonly waitS: number;
}

/**
 * Trains until the last step or until stopped. The only loop there is: a method gives it the loss.
 *
 * Batches are loaded beside the step. A step's numbers are read one step later, so that a GPU never waits for
 * JavaScript. All that decides a step (weights, optimizer state, batch number, learning rate) is in a checkpoint, so a
 * resumed run makes the steps an uninterrupted one would have made.
 * @throws CyclopsError `TRAINING_DIVERGED` with step and loss term (the last checkpoint stays), `CHECKPOINT_INVALID`,
 * `DATA_INVALID` where the data changed since the checkpoint, `DISK_FULL`, and those of the source.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, folder, signal } = options;
  const say = options.onMessage ?? (() => undefined);
  const checkpointFolder = join(folder, 'checkpoint');
  const previous = options.resume ? await readCheckpointHead(checkpointFolder) : undefined;
  const startStep = previous?.head.step ?? 0;
  const entry = networks[config.network];
  const stage = methods[config.method].stages[config.stage];
  const sources = sourcesOf(config);

  const loader = await openLoader({
    source: sources.training,
    batchSize: config.batch,
    width: config.width,
    height: config.height,
    augmentation: config.augmentation,
    rightJitter: config.rightJitter,
    seed: config.seed,
    startStep,
    workers: config.workers,
    prefetch: config.prefetch,
  });
  try {
    if (previous !== undefined) assertSameData(previous.head, loader);
    await mkdir(folder, { recursive: true });
    const model = await createOrLoadModel(config, previous);
    const context: StageContext = { model, entry, config };
    const optimizer = previous === undefined ? undefined : await loadOptimizer(previous.folder, previous.head);
    const adam = createAdam(trainableVariables(model), {}, optimizer);
    const log = await openRunLog(join(folder, 'run.jsonl'), startStep);
    const meter = createProgressMeter(config.steps, startStep);
    const facts: RunFacts = {
      config,
      entry,
      parameters: model.countParams(),
      command: options.command,
      dataFingerprint: loader.fingerprint,
      camera: previous?.head.camera ?? (await sampleCamera(sources.training, config)),
      startedAt: previous?.head.startedAt ?? new Date().toISOString(),
    };
    let metrics: Record<string, number> = previous?.head.metrics ?? {};
    let best = previous?.head.best;
    let validation: Validation | undefined;
    let pending: PendingStep | undefined;
    let step = startStep;
    const trainedBefore = previous?.head.trainedSeconds ?? 0;
    const beganAt = performance.now();
    let lastSettledAt = beganAt;
    let sinceLog = { seconds: 0, waitS: 0, images: 0 };

    const event = (kind: EventRecord['event'], text: string): Promise<void> =>
      log.append({ kind: 'event', step, event: kind, time: new Date().toISOString(), text });

    /** Reads the numbers of the step before, checks them, and reports them. */
    const settle = async (): Promise<void> => {
      if (pending === undefined) return;
      const done = pending;
      pending = undefined;
      const values = await readStats(done.stats);
      const fault = firstNonFinite(values);
      if (fault !== undefined) {
        const text = `step ${done.step}: ${fault}`;
        await event('diverged', text);
        throw new CyclopsError('TRAINING_DIVERGED', `${text}; ${await lastGoodText(checkpointFolder)}`, {
          details: { step: done.step, ...values },
        });
      }
      const now = performance.now();
      const seconds = (now - lastSettledAt) / 1000;
      lastSettledAt = now;
      meter.add(seconds, done.waitS, config.batch, values.loss, values.losses);
      sinceLog = {
        seconds: sinceLog.seconds + seconds,
        waitS: sinceLog.waitS + done.waitS,
        images: sinceLog.images + config.batch,
      };
      if (done.step % config.logEvery === 0 || done.step === config.steps) {
        await log.append({
          kind: 'step',
          step: done.step,
          ...values,
          learningRate: done.learningRate,
          imagesPerS: round(sinceLog.images / sinceLog.seconds),
          waitShare: round(sinceLog.waitS / sinceLog.seconds),
          rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
          tensors: tf.memory().numTensors,
        });
        sinceLog = { seconds: 0, waitS: 0, images: 0 };
      }
      options.onProgress?.(meter.snapshot(done.step, done.learningRate));
    };

    const save = async (target: string, withOptimizer: boolean): Promise<void> => {
      const trainedSeconds = trainedBefore + (performance.now() - beganAt) / 1000;
      const head = createHead(facts, { step, metrics, trainedSeconds, ...(best === undefined ? {} : { best }) });
      await writeCheckpoint(target, head, model, withOptimizer ? await adam.state() : undefined);
    };

    const validate = async (): Promise<void> => {
      if (sources.validation === undefined) return;
      validation ??= await openValidation(sources.validation, entry, { ...config, count: config.validationCount });
      metrics = await validation.measure(model);
      await log.append({ kind: 'validation', step, metrics });
      say(`step ${step}: ${formatMetrics(metrics)}`);
      const absRel = metrics.valAbsRel;
      if (absRel !== undefined && absRel < (best?.valAbsRel ?? Number.POSITIVE_INFINITY)) {
        best = { step, valAbsRel: absRel };
        await save(join(folder, 'best'), false);
      }
    };

    const report = async (status: 'running' | 'stopped' | 'finished' | 'diverged'): Promise<void> => {
      if (validation === undefined && sources.validation !== undefined) {
        validation = await openValidation(sources.validation, entry, { ...config, count: config.validationCount });
      }
      await writeRunReport(join(folder, 'report.html'), {
        status,
        step,
        facts,
        model,
        metrics,
        records: log.records,
        batches: status === 'diverged' ? [] : (validation?.batches ?? []),
      });
    };

    try {
      await event(options.resume ? 'resume' : 'start', options.command);
      while (step < config.steps && !signal.aborted) {
        const waitFrom = performance.now();
        const batch = await loader.next();
        const waitS = (performance.now() - waitFrom) / 1000;
        if (batch.disparityLeft === undefined) {
          throw new CyclopsError(
            'DATA_INVALID',
            `${config.data}: expected disparity to train on, found none for ${batch.ids.join(', ')}`,
          );
        }
        step++;
        const learningRate = learningRateAt({ ...config, base: config.learningRate }, step);
        const stats = runStep(stage, context, adam, batch, step, learningRate);
        await settle();
        pending = { step, stats, learningRate, waitS };
        // Lets loading threads hand over their batches and a signal be noticed: a step never yields by itself.
        await setImmediate();

        const isDue = (every: number): boolean => every > 0 && step % every === 0 && step < config.steps;
        if (isDue(config.validateEvery) || isDue(config.checkpointEvery) || isDue(config.reportEvery)) {
          await settle();
          if (isDue(config.validateEvery)) await validate();
          if (isDue(config.checkpointEvery)) await save(checkpointFolder, true);
          if (isDue(config.reportEvery)) await report('running');
          lastSettledAt = performance.now();
        }
      }
      await settle();
      const status = step >= config.steps ? 'finished' : 'stopped';
      if (status === 'finished' && config.validateEvery > 0 && step > startStep) await validate();
      await event(status === 'finished' ? 'finish' : 'stop', `after step ${step}`);
      await save(checkpointFolder, true);
      if (config.reportEvery > 0) await report(status);
      return { status, step, checkpoint: checkpointFolder, metrics };
    } catch (error) {
      if (error instanceof CyclopsError && error.code === 'TRAINING_DIVERGED') await report('diverged');
      throw error;
    } finally {
      if (pending !== undefined) tf.dispose((pending as PendingStep).stats.values);
      adam.dispose();
      model.dispose();
      await log.close();
    }
  } finally {
    await loader.close();
  }
}

async function createOrLoadModel(
  config: TrainingConfig,
  previous: { readonly folder: string; readonly head: Checkpoint } | undefined,
): Promise<tf.LayersModel> {
  if (previous === undefined && config.init !== undefined) return loadInitial(config, config.init);
  const model = createNetwork(config, config);
  if (previous !== undefined) await loadWeights(model, previous.folder, previous.head);
  return model;
}

async function loadInitial(config: TrainingConfig, path: string): Promise<tf.LayersModel> {
  const { head } = await readCheckpointHead(path);
  for (const field of ['network', 'widthMultiplier'] as const) {
    if (head[field] !== config[field]) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${path}/run.json ${field}: expected ${config[field]} as this run has, found ${head[field]}`,
      );
    }
  }
  return (await loadNetwork(path, config)).model;
}

function assertSameData(head: Checkpoint, loader: Loader): void {
  if (head.dataFingerprint === loader.fingerprint) return;
  throw new CyclopsError(
    'DATA_INVALID',
    `${head.data}: the data changed since step ${head.step} (fingerprint ${head.dataFingerprint.slice(0, 12)}…, now ${loader.fingerprint.slice(0, 12)}…); resuming would not continue the same run. Start a new one with --init to keep the weights`,
  );
}

async function lastGoodText(checkpointFolder: string): Promise<string> {
  const last = await readCheckpointHead(checkpointFolder).catch(() => undefined);
  return last === undefined
    ? 'no checkpoint was written yet'
    : `the checkpoint of step ${last.head.step} is kept in ${last.folder}`;
}

function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join('  ');
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
