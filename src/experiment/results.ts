import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../base/files.js';
import type { Evaluation } from '../eval/evaluate.js';
import { columns, metricOf, rowOf } from '../eval/tables.js';
import { type RunRecord, readRunLog } from '../train/run/run-log.js';
import { isTraining, type Plan, type PlannedStep } from './plan.js';
import type { Claim } from './schema.js';
import { readState, type StepState } from './state.js';

/** What is known of one step. */
export interface StepResult {
  readonly step: PlannedStep;
  readonly state: StepState;
  /** Of a training step that began. */
  readonly records: readonly RunRecord[];
  /** Of an evaluate step that is done. */
  readonly evaluation?: Evaluation;
  /** Its sheets. */
  readonly images: readonly string[];
}

/** Reads what the steps of an experiment have made so far. @throws CyclopsError for damaged files. */
export async function readResults(plan: Plan): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of plan.steps) {
    const state = await readState(step);
    const isDone = step.kind === 'evaluate' && state.kind === 'done';
    results.push({
      step,
      state,
      records: isTraining(step) ? await readRunLog(join(step.output, 'run.jsonl')) : [],
      ...(isDone ? { evaluation: parseEvaluation(await readText(step.output)) } : {}),
      images: isDone ? await imagesOf(step) : [],
    });
  }
  return results;
}

/** JSON has no NaN, which stands for a metric without pixels. */
function parseEvaluation(text: string): Evaluation {
  return JSON.parse(text, (_, value: unknown) => (value === null ? Number.NaN : value)) as Evaluation;
}

async function imagesOf(step: PlannedStep): Promise<string[]> {
  const folder = join(step.folder, 'images');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.jpg'))
    .sort()
    .map((name) => join(folder, name));
}

/** A claim and what the metrics say of it; `holds` is undefined while one of them is missing. */
export interface ClaimResult {
  readonly claim: Claim;
  readonly holds: boolean | undefined;
  /** The metrics in words. */
  readonly text: string;
}

/** Holds each claim against the metrics. */
export function checkClaims(claims: readonly Claim[], results: readonly StepResult[]): ClaimResult[] {
  return claims.map((claim) => {
    const { title, digits } = columns[claim.metric];
    const sides = [claim.lower, claim.than].map((wanted) => {
      const result = results.find(({ step }) => step.name === wanted);
      const value =
        result?.evaluation === undefined ? undefined : metricOf(rowOf(wanted, result.evaluation), claim.metric);
      return { row: result === undefined ? wanted : rowName(result.step), value };
    });
    const [lower, than] = [sides[0]!, sides[1]!];
    const shown = (value: number | undefined): string => (value === undefined ? 'not measured' : value.toFixed(digits));
    const text = `${title}: ${lower.row} ${shown(lower.value)}, ${than.row} ${shown(than.value)}`;
    if (lower.value === undefined || than.value === undefined) return { claim, holds: undefined, text };
    const limit = than.value * (1 + (claim.within ?? 0));
    return { claim, holds: claim.within === undefined ? lower.value < limit : lower.value <= limit, text };
  });
}

/** The name of an evaluate step's row. */
export function rowName(step: PlannedStep): string {
  return (step.kind === 'evaluate' ? step.settings.row : undefined) ?? step.name;
}
