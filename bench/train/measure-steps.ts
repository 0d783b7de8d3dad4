import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyclopsError } from '../../src/base/errors.js';
import type { PartialTrainingConfig } from '../../src/train/config/config.js';
import { resolveTrainingConfig } from '../../src/train/config/resolve-config.js';
import { alternate, type Comparison, median, rounded } from '../measure.js';
import { pythonWithTorch } from '../peers/python.js';
import { noiseBatch, type StepCase, stepCases } from './cases.js';
import { type OwnSteps, openOwnSteps, type Phases } from './own-steps.js';
import { openTorchSteps, type TorchSteps } from './torch-steps.js';

/** Both sides make this many steps without being timed, then so many in each of the rounds. */
const warmSteps = 2;
const stepsARound = 1;
const rounds = 9;

/** Loss and gradient norm of both sides may differ by this much, for the order of sums. */
const sameWithin = 1e-3;

/** Steps that are taken apart, and operators shown of them. */
const recordedSteps = 5;
const costliestShown = 5;

/** What was found about one step. */
export interface MeasuredStep {
  readonly name: string;
  readonly headline: boolean;
  readonly settings: { readonly size: string; readonly batch: number; readonly threads: number };
  readonly torch: { readonly version: string; readonly layout: string };
  /** Largest relative difference of loss and gradient norm of the first step: it is the same network and loss. */
  readonly difference: number;
  /** images/s by the clock. */
  readonly clock: Comparison;
  /** Of all cores together, ms an image; ratio = PyTorch's / ours. */
  readonly processor: { readonly own: number; readonly torch: number; readonly ratio: number };
  /** % of our step. `outside` TensorFlow's operators, which is JavaScript and copies. */
  readonly shares: Phases & { readonly outside: number };
  readonly costliest: readonly { readonly name: string; readonly share: number; readonly calls: number }[];
  readonly calls: number;
}

/**
 * Measures every case beside PyTorch, in turn, with as many threads on both sides: one a core, or what TensorFlow's own
 * `TF_NUM_INTRAOP_THREADS` says.
 * @throws CyclopsError `STEP_FAILED` where both sides do not compute the same; `MACHINE_LACKS` without PyTorch.
 */
export async function measureSteps(): Promise<MeasuredStep[]> {
  const python = pythonWithTorch();
  const measured: MeasuredStep[] = [];
  for (const stepCase of chosenCases()) {
    const folder = await mkdtemp(join(tmpdir(), 'cyclops-bench-train-'));
    try {
      measured.push(await measureCase(stepCase, python, folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return measured;
}

/** `CYCLOPS_BENCH_NETWORKS=mono-edge,dispnet-c` measures those alone. */
function chosenCases(): readonly StepCase[] {
  const wanted = process.env.CYCLOPS_BENCH_NETWORKS?.split(',');
  const chosen = stepCases.filter(({ settings }) => wanted?.includes(settings.network ?? '') ?? true);
  if (chosen.length > 0) return chosen;
  const known = stepCases.map(({ settings }) => settings.network).join(', ');
  throw new CyclopsError('USAGE_INVALID', `CYCLOPS_BENCH_NETWORKS=${wanted}: expected some of ${known}`);
}

async function measureCase({ settings, headline }: StepCase, python: string, folder: string): Promise<MeasuredStep> {
  const config = configOf(settings);
  const name = `${config.stage}: ${config.network} ${config.width}x${config.height} x ${config.batch}`;
  process.stdout.write(`${name}\n`);
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism();
  const batch = noiseBatch(config);
  const own = await openOwnSteps(config, batch);
  const opened: TorchSteps[] = [];
  const openTorch = async (channelsLast: boolean): Promise<TorchSteps> => {
    const { variables } = own;
    const steps = await openTorchSteps({ python, folder, config, variables, batch, threads, channelsLast });
    opened.push(steps);
    return steps;
  };
  try {
    const layouts = { NCHW: await openTorch(false), NHWC: await openTorch(true) };
    const { difference, version } = await compareFirst(own, layouts.NCHW, name);
    const layout = await faster(layouts);
    await own.run(warmSteps);
    const torch = layouts[layout];
    const processor: Record<'own' | 'torch', number[]> = { own: [], torch: [] };
    const timed = (side: 'own' | 'torch', steps: OwnSteps | TorchSteps) => async (): Promise<number> => {
      const { seconds, processorSeconds } = await steps.run(stepsARound);
      const images = stepsARound * config.batch;
      processor[side].push((1000 * processorSeconds) / images);
      return images / seconds;
    };
    const clock = await alternate(timed('own', own), timed('torch', torch), rounds);
    const size = `${config.width}x${config.height}`;
    return {
      name,
      headline,
      settings: { size, batch: config.batch, threads },
      torch: { version, layout },
      difference: rounded(difference, 2),
      clock,
      processor: {
        own: rounded(median(processor.own)),
        torch: rounded(median(processor.torch)),
        ratio: rounded(median(processor.own.map((ms, round) => processor.torch[round]! / ms))),
      },
      ...(await takeApart(own)),
    };
  } finally {
    for (const steps of opened) steps.close();
    own.close();
  }
}

function configOf(settings: PartialTrainingConfig) {
  // Nothing is read: the batch is made here.
  const labels = settings.stage === 'student' ? { labels: 'none' } : {};
  return resolveTrainingConfig({ ...settings, ...labels, data: 'flying:1:1', validationData: 'none' });
}

/** Both sides' first step from the same weights and batch. */
async function compareFirst(own: OwnSteps, torch: TorchSteps, name: string) {
  const theirs = await torch.check();
  const ours = await own.step();
  const relative = (key: 'loss' | 'gradientNorm'): number => Math.abs(ours[key] / theirs[key] - 1);
  const difference = Math.max(relative('loss'), relative('gradientNorm'));
  if (!(difference <= sameWithin)) {
    const values = ({ loss, gradientNorm }: typeof ours | typeof theirs): string =>
      `loss ${loss}, gradient norm ${gradientNorm}`;
    throw new CyclopsError(
      'STEP_FAILED',
      `${name}: expected the same of the first step on both sides, found ${values(ours)} here, ${values(theirs)} in PyTorch`,
    );
  }
  return { difference, version: theirs.torch };
}

/** PyTorch is measured with the order of axes that suits it best here. */
async function faster(layouts: Readonly<Record<'NCHW' | 'NHWC', TorchSteps>>): Promise<'NCHW' | 'NHWC'> {
  const spent: Record<string, number> = {};
  for (const [layout, steps] of Object.entries(layouts)) {
    await steps.run(warmSteps);
    spent[layout] = (await steps.run(stepsARound)).processorSeconds;
  }
  return spent.NHWC! < spent.NCHW! ? 'NHWC' : 'NCHW';
}

/** Medians over a few steps whose operators are timed one by one. */
async function takeApart(own: OwnSteps): Promise<Pick<MeasuredStep, 'shares' | 'costliest' | 'calls'>> {
  const records: Awaited<ReturnType<OwnSteps['record']>>[] = [];
  for (let i = 0; i < recordedSteps; i++) records.push(await own.record());
  const share = (pick: (record: (typeof records)[number]) => number): number =>
    rounded(median(records.map((record) => (100 * pick(record)) / record.ms)), 3);
  const { recording } = records[0]!;
  const operators = recording.operators.map(({ name, calls }) => ({
    name,
    calls,
    share: share((record) => record.recording.operators.find((operator) => operator.name === name)?.ms ?? 0),
  }));
  return {
    shares: {
      data: share(({ phases }) => phases.data),
      forward: share(({ phases }) => phases.forward),
      backward: share(({ phases }) => phases.backward),
      optimizer: share(({ phases }) => phases.optimizer),
      outside: share(({ ms, recording }) => ms - recording.insideMs),
    },
    costliest: operators.sort((a, b) => b.share - a.share).slice(0, costliestShown),
    calls: recording.calls,
  };
}
