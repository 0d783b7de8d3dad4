import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describeIssue, readConfig } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { freeSettings } from '../train/config/config.js';
import { defaultMethod, stageNamed } from '../train/methods/index.js';
import type { Stage } from '../train/methods/method.js';
import { inputFingerprint } from './inputs.js';
import {
  type Claim,
  type ExperimentFile,
  experimentSchema,
  type StepKind,
  type StepSettings,
  settingsSchemas,
  stepKinds,
} from './schema.js';

/** One step, ready to run: plain data, so that it crosses to the process that runs it. */
export type PlannedStep = {
  readonly [Kind in StepKind]: {
    readonly name: string;
    readonly kind: Kind;
    /** References replaced by the paths they stand for. */
    readonly settings: StepSettings<Kind>;
    /** Changes whenever what the step makes would: its settings, the steps it builds on, data and networks from outside. */
    readonly fingerprint: string;
    /** Where it writes: its own for every fingerprint, so that a changed step never meets what it was before. */
    readonly folder: string;
    /** What it makes, for other steps: a data, run or labels folder, or the file of metrics. */
    readonly output: string;
    /** Names of the steps it builds on. */
    readonly needs: readonly string[];
  };
}[StepKind];

/** A step that trains a network. */
export type TrainingStep = Extract<PlannedStep, { kind: 'train' }>;

/** Whether a step trains a network. */
export function isTraining(step: PlannedStep): step is TrainingStep {
  return step.kind === 'train';
}

/** The stage that a step trains. @throws CyclopsError `CONFIG_INVALID` if its method has no such stage. */
export function stageOfStep({ settings: { method = defaultMethod, stage } }: Pick<TrainingStep, 'settings'>): Stage {
  return stageNamed(method, stage);
}

/** A whole experiment, ready to run. */
export interface Plan {
  readonly file: string;
  readonly title: string;
  readonly about: string | undefined;
  readonly folder: string;
  readonly steps: readonly PlannedStep[];
  readonly claims: readonly Claim[];
}

/** Changes when the same settings would make something else. */
const fingerprintVersion = 2;

/** What each kind of step makes, inside its folder. */
const outputNames: Readonly<Record<StepKind, string>> = {
  render: 'data',
  train: 'run',
  label: 'labels',
  evaluate: 'evaluation.json',
};

/** What a reference stands for: which kind of step makes it and, of a network, how many views it sees. */
interface Reference {
  readonly kind: StepKind;
  readonly inputs?: 'mono' | 'stereo';
}

/** Settings that name what another step makes. */
const references: Readonly<Record<string, Reference>> = {
  data: { kind: 'render' },
  validationData: { kind: 'render' },
  labels: { kind: 'label' },
  init: { kind: 'train' },
  teacher: { kind: 'train', inputs: 'stereo' },
  mono: { kind: 'train', inputs: 'mono' },
  network: { kind: 'train' },
  encoder: { kind: 'train' },
};

/** Of a training step `network` is a name, not a place. */
function isReference(kind: StepKind, field: string): boolean {
  return Object.hasOwn(references, field) && !(field === 'network' && kind === 'train');
}

/**
 * Reads an experiment's file and works out every step's settings, folder and fingerprint. Nothing is run or written.
 * @throws CyclopsError `CONFIG_INVALID` naming file, step and field; that of a source, labels folder or checkpoint from
 * outside that is not there.
 */
export async function readPlan(file: string): Promise<Plan> {
  const config = await readConfig(file, experimentSchema);
  const steps = new Map<string, PlannedStep>();
  for (const [name, byKind] of Object.entries(config.steps)) {
    const kind = stepKinds.find((candidate) => byKind[candidate] !== undefined)!;
    steps.set(name, await planStep({ file, config, steps, name, kind }));
  }
  if (steps.size === 0) throw new CyclopsError('CONFIG_INVALID', `${file} steps: expected a step, found none`);
  const claims = config.claims ?? [];
  for (const [index, claim] of claims.entries()) {
    for (const field of ['lower', 'than'] as const) {
      if (steps.get(claim[field])?.kind === 'evaluate') continue;
      throw new CyclopsError(
        'CONFIG_INVALID',
        `${file} claims.${index}.${field}: expected the name of an evaluate step, found "${claim[field]}"`,
      );
    }
  }
  const { title, about, folder } = config;
  return { file, title, about, folder, steps: [...steps.values()], claims };
}

interface StepPlace {
  readonly file: string;
  readonly config: ExperimentFile;
  /** Those before it. */
  readonly steps: ReadonlyMap<string, PlannedStep>;
  readonly name: string;
  readonly kind: StepKind;
}

async function planStep(place: StepPlace): Promise<PlannedStep> {
  const { config, steps, name, kind } = place;
  const given = checkedSettings(place);
  const settings: Record<string, unknown> = { ...given };
  const identity: Record<string, unknown> = { ...given };
  for (const field of freeSettings) delete identity[field];
  const needs = new Set<string>();
  const follow = async (
    field: string,
    value: string,
    reference: Reference,
  ): Promise<[path: string, identity: unknown]> => {
    if (!value.startsWith('$')) return [value, [value, await inputFingerprint(field, value)]];
    const needed = referencedStep(place, field, value.slice(1), reference);
    needs.add(needed.name);
    return [needed.output, needed.fingerprint];
  };
  for (const [field, value] of Object.entries(given)) {
    if (typeof value !== 'string' || !isReference(kind, field)) continue;
    [settings[field], identity[field]] = await follow(field, value, references[field]!);
  }
  if (kind === 'train' && 'frozen' in given) {
    const roles = Object.entries(given.frozen as Readonly<Record<string, string>>);
    const followed = await Promise.all(
      roles.map(async ([role, value]) => [role, await follow(`frozen.${role}`, value, { kind: 'train' })] as const),
    );
    settings.frozen = Object.fromEntries(followed.map(([role, [path]]) => [role, path]));
    identity.frozen = Object.fromEntries(followed.map(([role, [, own]]) => [role, own]));
  }
  const text = JSON.stringify([fingerprintVersion, kind, sortedByName(identity)]);
  const fingerprint = createHash('sha256').update(text).digest('hex');
  const folder = join(config.folder, `${name}-${fingerprint.slice(0, 8)}`);
  const planned = { name, kind, settings, fingerprint, folder, output: join(folder, outputNames[kind]) };
  checkEvaluate(place, settings, steps);
  // The settings were parsed by the schema of this kind; the paths that took the place of references are texts too.
  return { ...planned, needs: [...needs] } as unknown as PlannedStep;
}

/** Defaults of a step's kind, of its training stage, and its own settings; settings of the stage one by one. */
function mergedSettings(
  { defaults = {} }: ExperimentFile,
  kind: StepKind,
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const ofKind = { ...defaults[kind] };
  if (kind !== 'train') return { ...ofKind, ...own };
  const ofStage = defaults.stages?.[String(own.stage ?? ofKind.stage)] ?? {};
  const settings = [ofKind, ofStage, own].map((part) => (isRecord(part.settings) ? part.settings : {}));
  return { ...ofKind, ...ofStage, ...own, settings: Object.assign({}, ...settings) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Defaults and own settings of a step, checked. */
function checkedSettings({ file, config, name, kind }: StepPlace): Readonly<Record<string, unknown>> {
  const merged = mergedSettings(config, kind, config.steps[name]![kind]!);
  const result = settingsSchemas[kind].safeParse(merged);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${file} steps.${name}.${kind} ${describeIssue(issue, issue.path.map(String), merged)}`,
  );
  throw new CyclopsError('CONFIG_INVALID', faults.join('\n'));
}

function referencedStep(
  { file, config, steps, name, kind }: StepPlace,
  field: string,
  wanted: string,
  { kind: expected, inputs }: Reference,
): PlannedStep {
  const found = steps.get(wanted);
  const where = `${file} steps.${name}.${kind}.${field}`;
  if (found === undefined) {
    const later = Object.hasOwn(config.steps, wanted) ? ', which comes later' : '';
    throw new CyclopsError('CONFIG_INVALID', `${where}: expected a step above this one, found $${wanted}${later}`);
  }
  if (found.kind !== expected) {
    throw new CyclopsError(
      'CONFIG_INVALID',
      `${where}: expected what a ${expected} step makes, found $${wanted}, a ${found.kind} step`,
    );
  }
  if (inputs === undefined || !isTraining(found)) return found;
  const { trained } = stageOfStep(found).networks;
  if (trained.inputs === inputs) return found;
  throw new CyclopsError(
    'CONFIG_INVALID',
    `${where}: expected a ${inputs} network, found $${wanted}, which trains a ${trained.inputs} one`,
  );
}

function checkEvaluate(
  { file, name, kind }: StepPlace,
  settings: Readonly<Record<string, unknown>>,
  steps: ReadonlyMap<string, PlannedStep>,
): void {
  if (kind !== 'evaluate') return;
  const measured = ['network', 'labels', 'baseline'].filter((field) => settings[field] !== undefined);
  const where = `${file} steps.${name}.evaluate`;
  if (measured.length !== 1) {
    throw new CyclopsError(
      'CONFIG_INVALID',
      `${where}: expected one of network, labels, baseline, found ${measured.length === 0 ? 'none' : measured.join(' and ')}`,
    );
  }
  const rowOf = (own: Readonly<Record<string, unknown>>, step: string): string => `${own.table}: ${own.row ?? step}`;
  const row = rowOf(settings, name);
  const twin = [...steps.values()].find((step) => step.kind === 'evaluate' && rowOf(step.settings, step.name) === row);
  if (twin === undefined) return;
  throw new CyclopsError('CONFIG_INVALID', `${where}.row: the row "${row}" is that of step ${twin.name} too`);
}

function sortedByName(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
