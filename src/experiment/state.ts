import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig } from '../base/config.js';
import { writeJsonAtomic } from '../base/files.js';
import type { Plan, PlannedStep } from './plan.js';

const recordSchema = z.strictObject({
  format: z.literal('cyclops-step'),
  formatVersion: z.literal(1),
  name: z.string(),
  kind: z.string(),
  fingerprint: z.string(),
  settings: z.record(z.string(), z.unknown()),
  /** ISO 8601, UTC. */
  finishedAt: z.string(),
  /** Of the process that finished it; a step that was stopped took longer in all. */
  seconds: z.number().nonnegative(),
});

/** `step.json` of a step that is done. */
export type StepRecord = z.output<typeof recordSchema>;

/** How far a step is: `started` means that there is something to go on from. */
export type StepState =
  | { readonly kind: 'done'; readonly record: StepRecord }
  | { readonly kind: 'started' }
  | { readonly kind: 'waiting' };

/** How far a step is. @throws CyclopsError `CONFIG_INVALID` for a damaged `step.json`. */
export async function readState(step: PlannedStep): Promise<StepState> {
  const file = recordPath(step);
  if (existsSync(file) && existsSync(step.output)) {
    return { kind: 'done', record: await readConfig(file, recordSchema) };
  }
  return { kind: existsSync(step.folder) ? 'started' : 'waiting' };
}

/** Notes that a step is done: only then do others build on it. @throws CyclopsError `DISK_FULL`, `WRITE_FAILED`. */
export async function writeDone(step: PlannedStep, seconds: number): Promise<void> {
  const { name, kind, fingerprint, settings } = step;
  await writeJsonAtomic(
    recordPath(step),
    recordSchema.parse({
      ...{ format: 'cyclops-step', formatVersion: 1, name, kind, fingerprint, settings },
      ...{ finishedAt: new Date().toISOString(), seconds },
    }),
  );
}

/** Folders of steps as they were with other settings: nothing uses them any more, and nothing removes them. */
export async function unusedFolders(plan: Plan): Promise<string[]> {
  const used = new Set(plan.steps.map(({ folder }) => folder));
  const names = await readdir(plan.folder).catch(() => []);
  return names
    .filter((name) => /^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}(\.\d+)?$/.test(name))
    .map((name) => join(plan.folder, name))
    .filter((folder) => !used.has(folder));
}

function recordPath(step: PlannedStep): string {
  return join(step.folder, 'step.json');
}
