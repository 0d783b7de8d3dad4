import { join } from 'node:path';
import { assert } from '../../base/assert.js';
import { CyclopsError } from '../../base/errors.js';
import type { Batch, Loader } from '../../data/loader.js';
import type { SourceSpec } from '../../data/sample.js';
import { loadOptimizer, loadWeights, writeCheckpoint } from '../checkpoint/checkpoint.js';
import { readCheckpointHead } from '../checkpoint/checkpoint-files.js';
import type { Checkpoint } from '../checkpoint/checkpoint-schema.js';
import type { TrainingConfig } from '../config/config.js';
import type { RunSources } from '../config/held-out.js';
import { stageOf } from '../config/resolve-config.js';
import { learningRateAt } from '../config/schedule.js';
import { stageNamed } from '../methods/index.js';
import type { StageContext, StageLoss, StageNetwork } from '../methods/method.js';
import { loadEncoder } from '../networks/encoder.js';
import { networks } from '../networks/index.js';
import { createNetwork, loadNetwork, trainableVariables } from '../networks/network.js';
import type { ReportStatus } from '../report/report.js';
import { writeRunReport } from '../report/run-report.js';
import { tf } from '../tensorflow/tf.js';
import { type Adam, createAdam } from './adam.js';
import { otherShapesOf, pairsOfOtherShape } from './other-shapes.js';
import { createProgressMeter, type ProgressMeter, type TrainingProgress } from './progress.js';
import { createHead, describeValidation, type RunInfo, sampleCamera } from './run-head.js';
import { type EventRecord, openRunLog, type RunLog } from './run-log.js';
import { firstNonFinite, readStats, runStep, type StepStats, type StepValues } from './step.js';
import { withTensorBoard } from './tensorboard-log.js';
import { emptyBatchesOf, hasUsableTarget, IdleSteps } from './usable-target.js';
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
  /** One-line messages for people: validation metrics. */
  readonly onMessage?: (text: string) => void;
}

/** A checkpoint a run goes on from. */
export interface PreviousRun {
  readonly folder: string;
  readonly head: Checkpoint;
}

/** A step whose numbers were not read yet. */
interface PendingStep {
  readonly step: number;
  readonly stats: StepStats;
  readonly learningRate: number;
  /** From the end of the step before to the end of this one, and what part of it went by waiting for the batch. */
  readonly seconds: number;
  readonly waitS: number;
}

/** What a run owns while it trains: network, optimizer, log; and what can be done with them between steps. */
export class TrainingRun {
  /** Steps done. */
  step: number;
  metrics: Record<string, number>;
  readonly checkpointFolder: string;
  readonly #options: TrainOptions;
  readonly #loss: StageLoss;
  readonly #context: StageContext;
  readonly #adam: Adam;
  readonly #log: RunLog;
  readonly #facts: RunInfo;
  readonly #meter: ProgressMeter;
  readonly #validationSource: SourceSpec | undefined;
  readonly #trainedBeforeS: number;
  readonly #beganAt = performance.now();
  #best: Checkpoint['best'];
  #validation: Validation | undefined;
  #pending: PendingStep | undefined;
  #lapAt = performance.now();
  #sinceLog = { seconds: 0, waitS: 0, images: 0 };
  /** Batches without a usable pixel, of the whole run. */
  #emptyBatches: number;
  /** Pairs of another shape than the first, of the whole run. */
  #otherShapes: number;
  readonly #idle: IdleSteps;

  private constructor(
    options: TrainOptions,
    parts: {
      loss: StageLoss;
      context: StageContext;
      adam: Adam;
      log: RunLog;
      facts: RunInfo;
      validation: SourceSpec | undefined;
    },
    previous: PreviousRun | undefined,
  ) {
    const { config } = options;
    this.#options = options;
    this.#loss = parts.loss;
    this.#context = parts.context;
    this.#adam = parts.adam;
    this.#log = parts.log;
    this.#facts = parts.facts;
    this.#validationSource = parts.validation;
    this.checkpointFolder = join(options.folder, 'checkpoint');
    this.step = previous?.head.step ?? 0;
    this.metrics = previous?.head.metrics ?? {};
    this.#best = previous?.head.best;
    this.#trainedBeforeS = previous?.head.trainedSeconds ?? 0;
    this.#meter = createProgressMeter(config.steps, this.step);
    this.#emptyBatches = emptyBatchesOf(parts.log.records);
    this.#otherShapes = otherShapesOf(parts.log.records);
    this.#idle = new IdleSteps(config.data);
  }

  /**
   * Creates the network, or loads it from `previous` or from the configuration's `init`.
   * @throws CyclopsError `CHECKPOINT_INVALID`, `WRITE_FAILED`, and those of the source.
   */
  static async open(
    options: TrainOptions,
    loader: Loader,
    sources: RunSources,
    previous: PreviousRun | undefined,
  ): Promise<TrainingRun> {
    const { config, folder } = options;
    const entry = networks[config.network];
    const camera = previous?.head.camera ?? (await sampleCamera(loader.source, config));
    const model = await createOrLoadModel(config, previous);
    const variables = trainableVariables(model);
    const optimizer =
      previous === undefined ? undefined : await loadOptimizer(previous.folder, previous.head, variables);
    const runLog = await openRunLog(join(folder, 'run.jsonl'), previous?.head.step ?? 0);
    const log = withTensorBoard(runLog, join(folder, 'tensorboard'));
    const facts: RunInfo = {
      config,
      entry,
      parameters: model.countParams(),
      command: options.command,
      dataFingerprint: loader.fingerprint,
      validation: describeValidation(config, sources.validation),
      camera,
      startedAt: previous?.head.startedAt ?? new Date().toISOString(),
    };
    const adam = createAdam(variables, {}, optimizer);
    const context = { model, entry, widthPx: config.width, frozen: await openFrozen(options, previous) };
    const loss = await stageOf(config).loss();
    return new TrainingRun(options, { loss, context, adam, log, facts, validation: sources.validation }, previous);
  }

  /**
   * One optimizer step. The numbers of the step before are read while this one runs.
   * @throws CyclopsError `DATA_INVALID` where batches without a usable pixel do not end.
   */
  async advance(batch: Batch, waitS: number): Promise<void> {
    const { config } = this.#options;
    const isEmpty = !hasUsableTarget(batch, stageOf(config).needs);
    if (isEmpty) this.#noteEmptyBatch(batch);
    this.#idle.addBatch(batch, isEmpty);
    this.#noteOtherShapes(pairsOfOtherShape(batch, this.#facts.camera));
    this.step++;
    const learningRate = learningRateAt({ ...config, base: config.learningRate }, this.step);
    const stats = runStep(this.#loss, this.#context, this.#adam, batch, {
      step: this.step,
      learningRate,
      clipNorm: config.clipNorm,
      isEncoderResting: this.step <= (config.encoderFrozenSteps ?? 0),
    });
    await this.settle();
    this.#pending = { step: this.step, stats, learningRate, waitS, seconds: this.#lap() };
  }

  /**
   * Reads the numbers of the last step, if they were not read yet, checks and logs them.
   * @throws CyclopsError `TRAINING_DIVERGED`; `DATA_INVALID` where steps that teach nothing do not end.
   */
  async settle(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const values = await readStats(pending.stats);
    await this.#assertFinite(pending.step, values);
    this.#idle.addStep(pending.step, values);
    const { batch, logEvery, steps } = this.#options.config;
    this.#meter.add(pending.seconds, pending.waitS, batch, values.loss, values.losses);
    this.#sinceLog.seconds += pending.seconds;
    this.#sinceLog.waitS += pending.waitS;
    this.#sinceLog.images += batch;
    if (pending.step % logEvery === 0 || pending.step === steps) await this.#logStep(pending, values);
    this.#options.onProgress?.(this.#meter.snapshot(pending.step, pending.learningRate));
  }

  /** Leaves the time since the last step out of the rates: it went into saving or validating. */
  restartClock(): void {
    this.#lap();
  }

  /** Measures the network on the validation pairs; the best one so far is kept as `best/`. */
  async validate(): Promise<void> {
    const validation = await this.#openValidation();
    if (validation === undefined) return;
    this.metrics = await validation.measure(this.#context.model);
    // Pairs without truth or labels are images for the report, and nothing else.
    if (Object.keys(this.metrics).length === 0) return;
    await this.#log.append({ kind: 'validation', step: this.step, metrics: this.metrics });
    this.#options.onMessage?.(`step ${this.step}: ${formatMetrics(this.metrics)}`);
    const absRel = this.metrics.valAbsRel;
    if (absRel === undefined || absRel >= (this.#best?.valAbsRel ?? Number.POSITIVE_INFINITY)) return;
    this.#best = { step: this.step, valAbsRel: absRel };
    await writeCheckpoint(join(this.#options.folder, 'best'), this.#head(), this.#context.model);
  }

  /** Saves all that resuming needs. @throws CyclopsError `DISK_FULL`, `WRITE_FAILED`; the checkpoint before stays. */
  async save(): Promise<void> {
    await writeCheckpoint(this.checkpointFolder, this.#head(), this.#context.model, await this.#adam.state());
  }

  /** Writes `report.html`, with examples unless the network diverged. */
  async report(status: ReportStatus): Promise<void> {
    const validation = status === 'diverged' ? undefined : await this.#openValidation();
    await writeRunReport(join(this.#options.folder, 'report.html'), {
      status,
      step: this.step,
      facts: this.#facts,
      model: this.#context.model,
      records: this.#log.records,
      batches: validation?.batches ?? [],
      emptyBatches: this.#emptyBatches,
      otherShapes: this.#otherShapes,
    });
  }

  /** Notes in the log what happened to the run. */
  async note(event: EventRecord['event'], text: string): Promise<void> {
    await this.#log.append({ kind: 'event', step: this.step, event, time: new Date().toISOString(), text });
  }

  /** Frees network and optimizer, closes the log. */
  async close(): Promise<void> {
    this.#pending?.stats.values.dispose();
    this.#adam.dispose();
    this.#context.model.dispose();
    for (const { model } of Object.values(this.#context.frozen)) model.dispose();
    await this.#log.close();
  }

  async #assertFinite(step: number, values: StepValues): Promise<void> {
    const fault = firstNonFinite(values);
    if (fault === undefined) return;
    const text = `step ${step}: ${fault}`;
    await this.note('diverged', text);
    const last = await readCheckpointHead(this.checkpointFolder).catch(() => undefined);
    const kept =
      last === undefined
        ? 'no checkpoint was written yet'
        : `the checkpoint of step ${last.head.step} is kept in ${last.folder}`;
    throw new CyclopsError('TRAINING_DIVERGED', `${text}; ${kept}`, { details: { step, ...values } });
  }

  async #logStep({ step, learningRate }: PendingStep, values: StepValues): Promise<void> {
    const { seconds, waitS, images } = this.#sinceLog;
    this.#sinceLog = { seconds: 0, waitS: 0, images: 0 };
    await this.#log.append({
      kind: 'step',
      step,
      ...values,
      learningRate,
      imagesPerS: rounded(images / seconds),
      waitShare: rounded(waitS / seconds),
      rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
      tensors: tf.memory().numTensors,
      ...(this.#emptyBatches === 0 ? {} : { emptyBatches: this.#emptyBatches }),
      ...(this.#otherShapes === 0 ? {} : { otherShapes: this.#otherShapes }),
    });
  }

  /** Tells the first of them: a few are usual where truth is sparse and crops are small. */
  #noteEmptyBatch({ ids }: Batch): void {
    if (this.#emptyBatches === 0) {
      this.#options.onMessage?.(
        `step ${this.step + 1}: no usable pixel of truth in ${ids.join(', ')}; further ones are counted in the report`,
      );
    }
    this.#emptyBatches++;
  }

  #noteOtherShapes(ids: readonly string[]): void {
    if (ids.length > 0 && this.#otherShapes === 0) {
      this.#options.onMessage?.(
        `step ${this.step + 1}: the image of ${ids[0]} has another shape than the first pair's and is squeezed otherwise; further ones are counted in the report`,
      );
    }
    this.#otherShapes += ids.length;
  }

  /** Seconds since the last call. */
  #lap(): number {
    const now = performance.now();
    const seconds = (now - this.#lapAt) / 1000;
    this.#lapAt = now;
    return seconds;
  }

  async #openValidation(): Promise<Validation | undefined> {
    if (this.#validation !== undefined || this.#validationSource === undefined) return this.#validation;
    const { config } = this.#options;
    this.#validation = await openValidation(this.#validationSource, this.#context.entry, {
      count: config.validationCount,
      batch: config.batch,
      width: config.width,
      height: config.height,
      camera: this.#facts.camera,
    });
    return this.#validation;
  }

  #head() {
    return createHead(this.#facts, {
      step: this.step,
      metrics: this.metrics,
      trainedSeconds: this.#trainedBeforeS + (performance.now() - this.#beganAt) / 1000,
      ...(this.#best === undefined ? {} : { best: this.#best }),
    });
  }
}

async function createOrLoadModel(config: TrainingConfig, previous: PreviousRun | undefined): Promise<tf.LayersModel> {
  if (previous === undefined && config.init !== undefined) return loadInitial(config, config.init);
  const model = createNetwork(config, config);
  if (previous !== undefined) await loadWeights(model, previous.folder, previous.head);
  else if (config.encoder !== undefined) await loadEncoder(model, networks[config.network], config.encoder);
  return model;
}

/**
 * The stage's frozen networks. The run folder keeps a copy of each: a resumed run must not depend on another run's folder.
 */
async function openFrozen(
  { config, folder }: TrainOptions,
  previous: PreviousRun | undefined,
): Promise<Record<string, StageNetwork>> {
  const opened: Record<string, StageNetwork> = {};
  const { frozen = {} } = stageNamed(config.method, config.stage).networks;
  for (const [role, { inputs, from }] of Object.entries(frozen)) {
    const copy = join(folder, 'frozen', role);
    const origin = from === 'init' ? config.init : config.frozen?.[role];
    assert(origin !== undefined, 'a complete configuration names every network');
    const { model, head } = await loadNetwork(previous === undefined ? origin : copy, config);
    const entry = networks[head.network];
    opened[role] = { model, entry };
    if (entry.inputs !== inputs) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${origin}/run.json network: expected a ${inputs} network as ${role}, found ${head.network}`,
      );
    }
    const { files: _, ...info } = head;
    if (previous === undefined) await writeCheckpoint(copy, info, model);
  }
  return opened;
}

async function loadInitial(config: TrainingConfig, path: string): Promise<tf.LayersModel> {
  const { head, folder } = await readCheckpointHead(path);
  for (const field of ['network', 'widthMultiplier'] as const) {
    if (head[field] !== config[field]) {
      throw new CyclopsError(
        'CHECKPOINT_INVALID',
        `${folder}/run.json ${field}: expected ${config[field]} as this run has, found ${head[field]}`,
      );
    }
  }
  return (await loadNetwork(path, config)).model;
}

function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join('  ');
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
