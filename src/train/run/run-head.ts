import { CyclopsError } from '../../base/errors.js';
import { packageVersion } from '../../base/paths.js';
import type { SourceSpec, StereoSource } from '../../data/sample.js';
import { type StereoCamera, scaleIntrinsics } from '../../geometry/camera.js';
import type { CheckpointHead } from '../checkpoint/checkpoint-files.js';
import type { TrainingConfig } from '../config/config.js';
import { heldOut } from '../config/held-out.js';
import { stageOf } from '../config/resolve-config.js';
import type { NetworkEntry } from '../networks/index.js';
import { tf } from '../tensorflow/tf.js';

/** What is known of a run from its start. */
export interface RunInfo {
  readonly config: TrainingConfig;
  readonly entry: NetworkEntry;
  readonly parameters: number;
  readonly command: string;
  readonly dataFingerprint: string;
  /** What it is validated on, in words. */
  readonly validation: string;
  /** At network input size. */
  readonly camera: StereoCamera;
  readonly startedAt: string;
}

/** The `run.json` of a run at one step. */
export function createHead(
  facts: RunInfo,
  state: Pick<CheckpointHead, 'step' | 'metrics' | 'trainedSeconds'> & { readonly best?: CheckpointHead['best'] },
): CheckpointHead {
  const { config, entry } = facts;
  const { best, ...rest } = state;
  return {
    format: 'cyclops-checkpoint',
    formatVersion: 2,
    inputs: entry.inputs,
    method: config.method,
    network: config.network,
    widthMultiplier: config.widthMultiplier,
    parameters: facts.parameters,
    width: config.width,
    height: config.height,
    seed: config.seed,
    camera: { ...facts.camera },
    inputMean: [...entry.inputMean],
    inputStd: [...entry.inputStd],
    outputFactorPx: entry.outputFactorPx(config.width),
    outputStride: entry.outputStride,
    config: { ...config },
    data: describeData(config),
    dataFingerprint: facts.dataFingerprint,
    versions: versions(),
    command: facts.command,
    startedAt: facts.startedAt,
    savedAt: new Date().toISOString(),
    ...rest,
    ...(best === undefined ? {} : { best }),
  };
}

/**
 * The camera of a source's first pair, at the network's input size.
 * @throws CyclopsError of the source; `DATA_EMPTY`.
 */
export async function sampleCamera(
  source: StereoSource,
  size: { readonly width: number; readonly height: number },
): Promise<StereoCamera> {
  if (source.length === 0) {
    throw new CyclopsError('DATA_EMPTY', `${JSON.stringify(source.spec)}: expected pairs, found none`);
  }
  const { camera } = await source.read(0, 'none');
  const { width, height, fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx } = scaleIntrinsics(
    camera,
    size.width,
    size.height,
  );
  return { width, height, fxPx, fyPx, cxPx, cyPx, baselineM, doffsPx };
}

/** `street:1:4000 with labels from labels/`: what a run learned from, in words. */
export function describeData(config: TrainingConfig): string {
  const pairs = config.pairs === undefined ? '' : ` (at most ${config.pairs} pairs)`;
  const target = {
    labels: ` with labels from ${config.labels}`,
    truth: ' with ground truth',
    none: ' without ground truth',
  };
  return `${config.data}${pairs}${target[stageOf(config).needs.target]}`;
}

/** `16 pairs held out of data/street`: what a run is validated on, in words. */
export function describeValidation(config: TrainingConfig, source: SourceSpec | undefined): string {
  if (source === undefined) return 'none';
  const held = config.validationData === heldOut ? pairsOf(source) : undefined;
  return held === undefined
    ? `${config.validationCount} pairs of ${config.validationData}`
    : `${held} ${held === 1 ? 'pair' : 'pairs'} held out of ${config.data}`;
}

/** How many pairs a source names one by one; nothing if it does not. */
function pairsOf(source: SourceSpec): number | undefined {
  if (source.kind === 'synthetic') return undefined;
  if (source.kind !== 'mixed') return source.ids?.length;
  return source.parts.reduce((sum, part) => sum + (pairsOf(part) ?? 0), 0);
}

/** Versions of what decides the numbers. */
function versions(): Record<string, string> {
  return {
    cyclops: packageVersion(),
    node: process.versions.node,
    tfjs: tf.version.tfjs,
    platform: `${process.platform}-${process.arch}`,
  };
}
