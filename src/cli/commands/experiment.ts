import { join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { formatDuration, formatTable } from '../../base/format.js';
import { createEta, createLiveLine, progressText } from '../../base/terminal.js';
import type { Plan, PlannedStep } from '../../experiment/plan.js';
import type { Command, OptionValues } from '../command.js';
import { optionalText } from '../options.js';
import { program } from '../program.js';
import { listenForStop } from '../stop-signal.js';

/** `cyclops experiment`: parse, call, show which step is where. */
export const command: Command = {
  name: 'experiment',
  summary: 'Run a whole experiment from one file: render, pre-train, fine-tune, label, distil, evaluate.',
  usage: 'run|status|report FILE.yaml [options]',
  options: {
    'dry-run': { type: 'boolean', help: 'run: check everything and say what would be done' },
    from: { type: 'string', value: 'STEP', help: 'run: do this step and all that build on it anew' },
    until: { type: 'string', value: 'STEP', help: 'run: stop after this step' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE.md',
      help: 'report: where to write it [report.md in the folder]',
    },
    json: { type: 'boolean', help: 'Print as JSON: status, and run --dry-run' },
  },
  positionals: { min: 2, max: 2 },
  details: `
Each step runs in a process of its own, writes into its own folder, and has its log there. A step that is done is skipped:
the same command goes on where it was stopped (Ctrl-C saves) or killed. What is done is told by a fingerprint of the
step's settings and of all it builds on; a changed step gets a folder of its own, and what it was before stays.

At the end report.md and report.html have the tables, whether what was expected holds, curves and images.

  cyclops experiment run configs/guo-eccv18.yaml
  cyclops experiment status configs/guo-eccv18.yaml
  cyclops experiment report configs/guo-eccv18.yaml -o docs/results/guo.md

docs/experiments.md describes the file.`,
  run: runExperimentCommand,
};

async function runExperimentCommand(values: OptionValues, positionals: readonly string[]): Promise<number> {
  const [action, file] = [positionals[0]!, positionals[1]!];
  const { readPlan } = await import('../../experiment/plan.js');
  switch (action) {
    case 'run':
      return run(await readPlan(file), values);
    case 'status':
      return printStatus(await readPlan(file), values);
    case 'report':
      return printReport(await readPlan(file), optionalText(values, 'output'));
    default:
      throw new CyclopsError('USAGE_INVALID', `experiment: expected run, status or report, found "${action}"`);
  }
}

async function run(plan: Plan, values: OptionValues): Promise<number> {
  const { readState } = await import('../../experiment/state.js');
  const states = await Promise.all(plan.steps.map(readState));
  if (states.some(({ kind }) => kind !== 'done')) {
    // Faults of a step that comes hours later are told now.
    const { checkTraining } = await import('../../experiment/training-config.js');
    await checkTraining(plan);
  }
  if (values['dry-run'] === true) return printStatus(plan, values);
  const { runExperiment } = await import('../../experiment/run.js');
  const line = createLiveLine();
  const stop = listenForStop((name) =>
    line.log(`${name}: the step in progress saves and ends; the same command goes on`),
  );
  let eta: { readonly step: string; readonly value: ReturnType<typeof createEta> } | undefined;
  const [from, until] = [optionalText(values, 'from'), optionalText(values, 'until')];
  const labelOf = ({ name }: PlannedStep): string =>
    `[${plan.steps.findIndex((step) => step.name === name) + 1}/${plan.steps.length}] ${name}`;
  try {
    const status = await runExperiment(plan, {
      command: `cyclops ${process.argv.slice(2).join(' ')}`,
      signal: stop.signal,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
      onStep: (step, event) => line.log(`${labelOf(step)}: ${event === 'skipped' ? 'done before' : event}`),
      onMessage: (step, text) => line.log(`${labelOf(step)}: ${text}`),
      onProgress: (step, { done, total, before, unit, text = '' }) => {
        if (eta?.step !== step.name) eta = { step: step.name, value: createEta(total, { startAt: before }) };
        line.update(`${progressText(labelOf(step), done, total, eta.value, unit)}  ${text}`.trimEnd());
      },
    });
    line.close();
    if (status === 'stopped') {
      process.stdout.write(`stopped; to go on: ${program} experiment run ${plan.file}\n`);
      return 0;
    }
    return await printReport(plan, undefined);
  } finally {
    line.close();
    stop.release();
  }
}

async function printStatus(plan: Plan, values: OptionValues): Promise<number> {
  const { readState, unusedFolders } = await import('../../experiment/state.js');
  const steps = await Promise.all(plan.steps.map(async (step) => ({ step, state: await readState(step) })));
  const unused = await unusedFolders(plan);
  if (values.json === true) {
    const listed = steps.map(({ step, state }) => ({ ...step, state: state.kind }));
    process.stdout.write(`${JSON.stringify({ folder: plan.folder, steps: listed, unused }, null, 2)}\n`);
    return 0;
  }
  const rows = steps.map(({ step, state }) => [
    step.name,
    step.kind,
    state.kind,
    state.kind === 'done' ? formatDuration(state.record.seconds * 1000) : '',
    step.needs.join(', '),
    step.folder,
  ]);
  process.stdout.write(`${formatTable(['step', 'kind', 'state', 'time', 'builds on', 'folder'], rows)}\n`);
  if (unused.length > 0) process.stdout.write(`\nof other settings, used by no step: ${unused.join(', ')}\n`);
  return 0;
}

async function printReport(plan: Plan, output: string | undefined): Promise<number> {
  const path = output ?? join(plan.folder, 'report.md');
  if (!path.endsWith('.md')) {
    throw new CyclopsError('USAGE_INVALID', `--output: expected a name that ends in .md, found "${path}"`);
  }
  const { writeReport } = await import('../../experiment/report.js');
  const pages = await writeReport(plan, path, `cyclops experiment report ${plan.file} -o ${path}`);
  process.stdout.write(`report ${pages.markdown}, ${pages.html}\n`);
  return 0;
}
