import type { z } from 'zod';
import { describeIssue } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import type { SourceSpec } from '../../data/sample.js';
import { parseMixedSpec } from '../../data/sources/parse-spec.js';
import { readCheckpointHead } from '../checkpoint/checkpoint-files.js';
import { defaultMethod, stageNamed } from '../methods/index.js';
import type { ConfiguredStage, Stage } from '../methods/method.js';
import { type NetworkEntry, networks } from '../networks/index.js';
import { configFault, type PartialTrainingConfig, type TrainingConfig, trainingConfigSchema } from './config.js';
import { fewerPairs } from './fewer-pairs.js';
import { heldOut, type RunSources, splitHeldOut, splitHeldOutOfAll } from './held-out.js';

/** Validation pairs of a synthetic source come from its seed plus this, so that they are never trained on. */
const validationSeedOffset = 1_000_003;

/**
 * Fills in what a run leaves open, from the method's stage and the network, and checks what belongs together.
 * @throws CyclopsError `CONFIG_INVALID` naming the field.
 */
export function resolveTrainingConfig(given: PartialTrainingConfig): TrainingConfig {
  const method = given.method ?? defaultMethod;
  const stage = stageNamed(method, given.stage);
  const settings = settingsOf(stage, given);
  const { defaults } = stage.configure(settings);
  const network = given.network ?? stage.networks.trained.default;
  const entry = networks[network];
  const data =
    given.data ?? configFault('data', 'expected flying:SEED:COUNT, street:SEED:COUNT or a folder, found nothing');
  const width = given.width ?? entry.defaults.widthPx;
  const height = given.height ?? entry.defaults.height;
  const steps = given.steps ?? defaults.steps;
  const augmentation = given.augmentation ?? defaults.augmentation;
  const config = {
    method,
    stage: given.stage,
    settings,
    network,
    widthMultiplier: given.widthMultiplier ?? entry.defaults.width,
    data,
    renderWidth: given.renderWidth ?? Math.round(width * renderScale(augmentation)),
    renderHeight: given.renderHeight ?? Math.round(height * renderScale(augmentation)),
    labels: given.labels,
    pairs: given.pairs ?? defaults.pairs,
    width,
    height,
    batch: given.batch ?? defaults.batch,
    steps,
    learningRate: given.learningRate ?? defaults.learningRate,
    milestones: given.milestones ?? defaults.milestones,
    warmupSteps: given.warmupSteps ?? defaults.warmupSteps,
    clipNorm: given.clipNorm ?? 0,
    augmentation,
    rightJitter: given.rightJitter ?? 0,
    seed: given.seed ?? 1,
    workers: given.workers ?? 1,
    prefetch: given.prefetch ?? 3,
    init: given.init,
    frozen: given.frozen,
    encoder: given.encoder,
    // One of fifty epochs.
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
  if (!result.success) return faultOf(result.error, present, []);
  checkTogether(result.data, stage);
  return result.data;
}

/** The stage of a complete configuration. @throws CyclopsError `CONFIG_INVALID`. */
export function stageOf(config: Pick<TrainingConfig, 'method' | 'stage' | 'settings'>): ConfiguredStage {
  const stage = stageNamed(config.method, config.stage);
  return stage.configure(settingsOf(stage, config));
}

/** The stage's settings, those not given at their defaults. */
function settingsOf(stage: Stage, { settings = {} }: Pick<PartialTrainingConfig, 'settings'>): Record<string, unknown> {
  const result = stage.settings.safeParse(settings);
  return result.success ? result.data : faultOf(result.error, { settings }, ['settings']);
}

function faultOf(error: z.ZodError, root: unknown, path: readonly string[]): never {
  const issue = error.issues[0]!;
  const keys = [...path, ...issue.path.map(String)];
  throw new CyclopsError('CONFIG_INVALID', `training configuration: ${describeIssue(issue, keys, root)}`);
}

/** Crops take less than a side; rendering larger keeps them from being enlarged much. */
function renderScale(augmentation: TrainingConfig['augmentation']): number {
  return augmentation !== 'none' && augmentation.cropSide[0] < 1 ? 1.25 : 1;
}

/**
 * What a run takes over from the checkpoint it starts from unless it says otherwise: network, width, input size.
 * @throws CyclopsError `CHECKPOINT_INVALID`.
 */
export async function defaultsFromInit(init: string): Promise<PartialTrainingConfig> {
  const { network, widthMultiplier, width, height } = (await readCheckpointHead(init)).head;
  return { network, widthMultiplier, width, height };
}

/**
 * The sources of a configuration. Where pairs are held out of a folder, it is opened and both get their ids.
 * @throws CyclopsError `CONFIG_INVALID`, and those of the source.
 */
export async function sourcesOf(config: TrainingConfig): Promise<RunSources> {
  const { training, validation } = await allSourcesOf(config);
  if (config.pairs === undefined) return { training, validation };
  if (training.kind === 'mixed') configFault('pairs', `choose among one source, found data "${config.data}"`);
  return { training: await fewerPairs(training, config.pairs), validation };
}

async function allSourcesOf(config: TrainingConfig): Promise<RunSources> {
  const training = parse(config.data, config.renderWidth, config.renderHeight);
  const labelled = withLabels(training, config);
  if (config.validationData === 'none') return { training: labelled, validation: undefined };
  if (config.validationData === heldOut) {
    if (labelled.kind === 'synthetic') {
      configFault('validationData', `${heldOut} is for data in a folder, found data "${config.data}"`);
    }
    return labelled.kind === 'mixed'
      ? splitHeldOutOfAll(labelled, config.validationCount)
      : splitHeldOut(labelled, config.validationCount);
  }
  // Validation pairs are not cropped, so they need no margin.
  return { training: labelled, validation: parse(config.validationData, config.width, config.height) };
}

function withLabels(training: SourceSpec, { data, labels }: TrainingConfig): SourceSpec {
  if (labels === undefined) return training;
  if (training.kind === 'mixed') configFault('labels', `belong to one data folder, found data "${data}"`);
  if (training.kind === 'synthetic') {
    configFault('labels', `belong to a data folder, found data "${data}"; write it as a folder first: cyclops synth`);
  }
  return { ...training, labels };
}

function parse(text: string, width: number, height: number): SourceSpec {
  return parseMixedSpec(text, { width, height, framesPerScene: 1 });
}

function defaultValidation(data: string): string {
  const match = /^(flying|street):(\d+):\d+$/.exec(data);
  return match === null ? heldOut : `${match[1]}:${(Number(match[2]) + validationSeedOffset) % 1e9}:128`;
}

function checkTogether(config: TrainingConfig, stage: Stage): void {
  const entry = networks[config.network];
  const { trained } = stage.networks;
  if (entry.inputs !== trained.inputs) {
    configFault(
      'network',
      `${config.network} is a ${entry.inputs} network, the stage ${config.stage} trains a ${trained.inputs} one`,
    );
  }
  for (const side of ['width', 'height'] as const) {
    if (config[side] % entry.sidesMultipleOf !== 0) {
      configFault(side, `expected a multiple of ${entry.sidesMultipleOf} for ${config.network}, found ${config[side]}`);
    }
  }
  if (trained.start === 'checkpoint' && config.init === undefined) {
    configFault('init', `expected the checkpoint of the ${trained.inputs} network to go on from, found nothing`);
  }
  if (entry.inputs === 'stereo' && config.augmentation !== 'none' && config.augmentation.mirror > 0) {
    configFault('augmentation.mirror', 'mirrors each view on its own, which breaks a stereo pair; expected 0');
  }
  checkFrozen(config, stage);
  checkEncoder(config, entry);
  const configured = stage.configure(config.settings);
  checkLabels(config, configured);
  configured.check?.(config, entry);
}

function checkFrozen({ frozen = {}, stage: name }: TrainingConfig, { networks: { frozen: roles = {} } }: Stage): void {
  const named = Object.keys(roles).filter((role) => roles[role]!.from === 'checkpoint');
  const unknown = Object.keys(frozen).find((role) => !named.includes(role));
  if (unknown !== undefined) {
    configFault(`frozen.${unknown}`, `the stage ${name} takes ${named.length === 0 ? 'none' : named.join(', ')}`);
  }
  const missing = named.find((role) => frozen[role] === undefined);
  if (missing !== undefined) {
    configFault(`frozen.${missing}`, `expected the checkpoint of a ${roles[missing]!.inputs} network, found nothing`);
  }
}

function checkLabels({ labels, stage }: TrainingConfig, { needs: { target } }: ConfiguredStage): void {
  if (target === 'labels' && labels === undefined) {
    configFault('labels', 'expected the folder that cyclops label wrote, found nothing');
  }
  if (target !== 'labels' && labels !== undefined) {
    const learns = target === 'truth' ? 'learns from ground truth' : 'learns without disparity';
    configFault('labels', `${stage} as it is set ${learns}; expected nothing, found "${labels}"`);
  }
}

function checkEncoder({ encoder, encoderFrozenSteps, init, network }: TrainingConfig, entry: NetworkEntry): void {
  if (encoder === undefined) {
    if (encoderFrozenSteps !== undefined) configFault('encoderFrozenSteps', 'needs encoder, the weights that rest');
    return;
  }
  if (entry.encoderLayers === undefined) configFault('encoder', `${network} takes no weights from elsewhere`);
  if (init !== undefined) {
    configFault('encoder', 'with init the weights come from that checkpoint; expected one of the two');
  }
}
