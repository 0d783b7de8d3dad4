import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describeIssue, readConfig } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { freeSettings } from '../train/config.js';
import { inputFingerprint } from './inputs.js';
import {
  type Claim,
  type PipelineFile,
  pipelineSchema,
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
    /** What it makes, for other steps: a data, run or labels folder, or the file of figures. */
    readonly output: string;
    /** Names of the steps it builds on. */
    readonly needs: readonly string[];
  };
}[StepKind];

/** A whole pipeline, ready to run. */
export interface Plan {
  readonly file: string;
  readonly title: string;
  readonly about: string | undefined;
  readonly folder: string;
  readonly steps: readonly PlannedStep[];
  readonly claims: readonly Claim[];
}

/** Changes when the same settings would make something else. */
const fingerprintVersion = 1;

/** What each kind of step makes, inside its folder. */
const outputNames: Readonly<Record<StepKind, string>> = {
  render: 'data',
  pretrain: 'run',
  finetune: 'run',
  label: 'labels',
  distil: 'run',
  evaluate: 'evaluation.json',
};

const training: readonly StepKind[] = ['pretrain', 'finetune', 'distil'];

/** Settings that name something: which kinds of steps may make it. */
const references: Readonly<Record<string, readonly StepKind[]>> = {
  data: ['render'],
  validationData: ['render'],
  labels: ['label'],
  init: training,
  teacher: ['pretrain', 'finetune'],
  network: training,
  encoder: training,
};

/** Of a training step `network` is a name, not a place. */
function isReference(kind: StepKind, field: string): boolean {
  return Object.hasOwn(references, field) && !(field === 'network' && training.includes(kind));
}

/**
 * Reads a pipeline's file and works out every step's settings, folder and fingerprint. Nothing is run or written.
 * @throws CyclopsError `CONFIG_INVALID` naming file, step and field; that of a source, labels folder or checkpoint from
 * outside that is not there.
 */
export async function readPlan(file: string): Promise<Plan> {
  const config = await readConfig(file, pipelineSchema);
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
  readonly config: PipelineFile;
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
  for (const [field, value] of Object.entries(given)) {
    if (typeof value !== 'string' || !isReference(kind, field)) continue;
    if (value.startsWith('$')) {
      const needed = referencedStep(place, field, value.slice(1));
      needs.add(needed.name);
      settings[field] = needed.output;
      identity[field] = needed.fingerprint;
    } else {
      identity[field] = [value, await inputFingerprint(field, value)];
    }
  }
  const text = JSON.stringify([fingerprintVersion, kind, sortedByName(identity)]);
  const fingerprint = createHash('sha256').update(text).digest('hex');
  const folder = join(config.folder, `${name}-${fingerprint.slice(0, 8)}`);
  const planned = { name, kind, settings, fingerprint, folder, output: join(folder, outputNames[kind]) };
  checkEvaluate(place, settings, steps);
  return { ...planned, needs: [...needs] } as PlannedStep;
}

/** Defaults and own settings of a step, checked. */
function checkedSettings({ file, config, name, kind }: StepPlace): Readonly<Record<string, unknown>> {
  const merged = { ...config.defaults?.[kind], ...config.steps[name]![kind] };
  const result = settingsSchemas[kind].safeParse(merged);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${file} steps.${name}.${kind} ${describeIssue(issue, issue.path.map(String), merged)}`,
  );
  throw new CyclopsError('CONFIG_INVALID', faults.join('\n'));
}

function referencedStep({ file, config, steps, name, kind }: StepPlace, field: string, wanted: string): PlannedStep {
  const found = steps.get(wanted);
  const where = `${file} steps.${name}.${kind}.${field}`;
  const expected = references[field]!;
  if (found === undefined) {
    const later = Object.hasOwn(config.steps, wanted) ? ', which comes later' : '';
    throw new CyclopsError('CONFIG_INVALID', `${where}: expected a step above this one, found $${wanted}${later}`);
  }
  if (expected.includes(found.kind)) return found;
  throw new CyclopsError(
    'CONFIG_INVALID',
    `${where}: expected what a ${expected.join(' or ')} step makes, found $${wanted}, a ${found.kind} step`,
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
