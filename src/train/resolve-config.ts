import { CyclopsError } from '../base/errors.js';
import type { SourceSpec } from '../data/sample.js';
import { parseMixedSpec } from '../data/sources/parse-spec.js';
import { readCheckpointHead } from './checkpoint-files.js';
import { type PartialTrainingConfig, type TrainingConfig, trainingConfigSchema, tunings } from './config.js';
import { fewerPairs } from './fewer-pairs.js';
import { heldOut, splitHeldOut, splitHeldOutOfAll } from './held-out.js';
import type { StageDefaults } from './method.js';
import { methods } from './methods/index.js';
import { type NetworkEntry, networks } from './networks/index.js';

/** Validation pairs of a synthetic source come from its seed plus this, so that they are never trained on. */
const validationSeedOffset = 1_000_003;

/**
 * Fills in what a run leaves open, from the method's stage and the network, and checks what belongs together.
 * @throws CyclopsError `CONFIG_INVALID` naming the field.
 */
export function resolveTrainingConfig(given: PartialTrainingConfig): TrainingConfig {
  const method = given.method ?? 'guo-eccv18';
  const stageName = given.stage ?? fault('stage', 'expected teacher, finetune or student, found nothing');
  const stage = defaultsOf(method, stageName, given.tuning);
  const network = given.network ?? stage.network;
  const entry = networks[network];
  const data = given.data ?? fault('data', 'expected flying:SEED:COUNT, street:SEED:COUNT or a folder, found nothing');
  const width = given.width ?? entry.defaults.widthPx;
  const height = given.height ?? entry.defaults.height;
  const steps = given.steps ?? stage.steps;
  const augmentation = given.augmentation ?? stage.augmentation;
  // Crops take 0.65 to 1 of a side; rendering a quarter larger keeps them from being enlarged much.
  const renderScale = augmentation === 'stereo' ? 1.25 : 1;
  const config = {
    method,
    stage: stageName,
    tuning: given.tuning,
    network,
    widthMultiplier: given.widthMultiplier ?? entry.defaults.width,
    data,
    renderWidth: given.renderWidth ?? Math.round(width * renderScale),
    renderHeight: given.renderHeight ?? Math.round(height * renderScale),
    labels: given.labels,
    supervision: given.supervision ?? stage.supervision,
    pairs: given.pairs ?? stage.pairs,
    occlusion: given.occlusion,
    tie: given.tie,
    width,
    height,
    batch: given.batch ?? stage.batch,
    steps,
    learningRate: given.learningRate ?? stage.learningRate,
    milestones: given.milestones ?? stage.milestones,
    warmupSteps: given.warmupSteps ?? stage.warmupSteps,
    clipNorm: given.clipNorm ?? 0,
    useConfidence: given.useConfidence ?? false,
    relativeWeight: given.relativeWeight ?? 0,
    gradientWeight: given.gradientWeight ?? 0,
    thinWeight: given.thinWeight,
    augmentation,
    rightJitter: given.rightJitter ?? 0,
    seed: given.seed ?? 1,
    workers: given.workers ?? 1,
    prefetch: given.prefetch ?? 3,
    init: given.init,
    encoder: given.encoder,
    // One of the paper's 50 epochs.
    encoderFrozenSteps: given.encoderFrozenSteps ?? (given.encoder === undefined ? undefined : Math.round(steps / 50)),
    validationData: given.validationData ?? defaultValidation(data),
    validationCount: given.validationCount ?? 16,
    validateEvery: given.validateEvery ?? 500,
    checkpointEvery: given.checkpointEvery ?? 500,
    reportEvery: given.reportEvery ?? 100,
    logEvery: given.logEvery ?? 10,
  };
  const present = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const result = trainingConfigSchema.safeParse(present);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    return fault(issue.path.join('.'), issue.message);
  }
  checkTogether(result.data);
  return result.data;
}

/** What a stage sets unless a run says otherwise; fine-tuning without truth and with it differ. */
function defaultsOf(
  method: TrainingConfig['method'],
  stage: TrainingConfig['stage'],
  tuning: TrainingConfig['tuning'],
): StageDefaults & { readonly pairs?: number } {
  const { stages, tunings } = methods[method];
  const { defaults } = stages[stage];
  return stage === 'finetune' && tuning !== undefined ? { ...defaults, ...tunings[tuning] } : defaults;
}

/**
 * What a run takes over from the checkpoint it starts from unless it says otherwise: network, width, input size.
 * @throws CyclopsError `CHECKPOINT_INVALID`.
 */
export async function defaultsFromInit(init: string): Promise<PartialTrainingConfig> {
  const { network, widthMultiplier, width, height } = (await readCheckpointHead(init)).head;
  return { network, widthMultiplier, width, height };
}

/** The sources a run reads. */
export interface RunSources {
  readonly training: SourceSpec;
  /** What it is validated on, if anything. */
  readonly validation: SourceSpec | undefined;
}

/**
 * The sources of a configuration. Where pairs are held out of a folder, it is opened and both get their ids.
 * @throws CyclopsError `CONFIG_INVALID`, and those of the source.
 */
export async function sourcesOf(config: TrainingConfig): Promise<RunSources> {
  const { training, validation } = await allSourcesOf(config);
  if (config.pairs === undefined) return { training, validation };
  if (training.kind === 'mixed') fault('pairs', `choose among one source, found data "${config.data}"`);
  return { training: await fewerPairs(training, config.pairs), validation };
}

async function allSourcesOf(config: TrainingConfig): Promise<RunSources> {
  const training = parse(config.data, config.renderWidth, config.renderHeight);
  const labelled = withLabels(training, config);
  if (config.validationData === 'none') return { training: labelled, validation: undefined };
  if (config.validationData === heldOut) {
    if (labelled.kind === 'synthetic') {
      fault('validationData', `${heldOut} is for data in a folder, found data "${config.data}"`);
    }
    return labelled.kind === 'mixed'
      ? splitHeldOutOfAll(labelled, config.validationCount)
      : splitHeldOut(labelled, config.validationCount);
  }
  // Validation pairs are not cropped, so they need no margin.
  return { training: labelled, validation: parse(config.validationData, config.width, config.height) };
}

function withLabels(training: SourceSpec, { data, labels, supervision }: TrainingConfig): SourceSpec {
  if (labels === undefined) return training;
  if (training.kind === 'mixed') fault('labels', `belong to one data folder, found data "${data}"`);
  if (training.kind === 'synthetic') {
    fault('labels', `belong to a data folder, found data "${data}"; write it as a folder first: cyclops synth`);
  }
  return supervision === 'labels' ? { ...training, labels } : training;
}

function parse(text: string, width: number, height: number): SourceSpec {
  return parseMixedSpec(text, { width, height, framesPerScene: 1 });
}

function defaultValidation(data: string): string {
  const match = /^(flying|street):(\d+):\d+$/.exec(data);
  return match === null ? heldOut : `${match[1]}:${(Number(match[2]) + validationSeedOffset) % 1e9}:128`;
}

function checkTogether(config: TrainingConfig): void {
  const entry = networks[config.network];
  if (entry.role !== (config.stage === 'finetune' ? 'teacher' : config.stage)) {
    fault('network', `${config.network} is a ${entry.role} network, the stage is ${config.stage}`);
  }
  for (const side of ['width', 'height'] as const) {
    if (config[side] % entry.sidesMultipleOf !== 0) {
      fault(side, `expected a multiple of ${entry.sidesMultipleOf} for ${config.network}, found ${config[side]}`);
    }
  }
  if (config.stage === 'teacher' && config.supervision !== 'truth') {
    fault('supervision', `a teacher learns from ground truth; expected truth, found ${config.supervision}`);
  }
  if (config.stage === 'student' && config.supervision === 'none') {
    fault('supervision', 'a student learns from labels or truth, found none');
  }
  checkTuning(config);
  checkEncoder(config, entry);
  if (config.supervision === 'labels' && config.labels === undefined) {
    fault('labels', 'expected the folder that cyclops label wrote (or supervision: truth), found nothing');
  }
  if (entry.role === 'teacher' && config.augmentation === 'mono') {
    fault('augmentation', 'mono mirrors each view on its own, which breaks a stereo pair; expected stereo or none');
  }
  if (config.relativeWeight > 0 && !entry.positive) {
    fault('relativeWeight', `needs a network whose output is never negative, ${config.network} has a linear one`);
  }
}

function checkTuning({ method, stage, tuning, supervision, init }: TrainingConfig): void {
  if (stage !== 'finetune') {
    if (tuning !== undefined) fault('tuning', `belongs to the stage finetune, the stage is ${stage}`);
    return;
  }
  if (tuning === undefined) fault('tuning', `expected one of ${tunings.join(', ')}, found nothing`);
  const expected = methods[method].tunings[tuning].supervision;
  if (supervision !== expected) fault('supervision', `expected ${expected} for ${tuning}, found ${supervision}`);
  if (init === undefined) fault('init', 'expected the checkpoint of the stereo network to fine-tune, found nothing');
}

function checkEncoder({ encoder, encoderFrozenSteps, init, network }: TrainingConfig, entry: NetworkEntry): void {
  if (encoder === undefined) {
    if (encoderFrozenSteps !== undefined) fault('encoderFrozenSteps', 'needs encoder, the weights that rest');
    return;
  }
  if (entry.encoderLayers === undefined) fault('encoder', `${network} takes no weights from elsewhere`);
  if (init !== undefined) fault('encoder', 'with init the weights come from that checkpoint; expected one of the two');
}

function fault(field: string, text: string): never {
  throw new CyclopsError('CONFIG_INVALID', `training configuration: ${field}: ${text}`);
}
