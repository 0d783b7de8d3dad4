import { pathToFileURL } from 'node:url';
import { CyclopsError, isCyclopsError, messageOf } from '../src/base/errors.js';
import { formatTable } from '../src/base/format.js';
import { nearest } from '../src/base/nearest.js';
import type { Bench } from './measure.js';
import { meetsTarget, resultLine } from './measure.js';

/** The benchmarks by name; a module is loaded when it is listed or run. */
export const benches: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  streaming: () => import('./streaming.js'),
  start: () => import('./start.js'),
  age: () => import('./age.js'),
  overload: () => import('./overload.js'),
  peers: () => import('./peers.js'),
  restarts: () => import('./restarts.js'),
  cameras: () => import('./cameras.js'),
  synth: () => import('./synth.js'),
  ops: () => import('./ops.js'),
  data: () => import('./data.js'),
  sgbm: () => import('./sgbm.js'),
  train: () => import('./train.js'),
  'export-parity': () => import('./export-parity.js'),
  'fuzz-model': () => import('./fuzz-model.js'),
  mutants: () => import('./mutants.js'),
  'train-memory': () => import('./train-memory.js'),
  precision: () => import('./precision.js'),
  'python-route': () => import('./python-route.js'),
};

/**
 * `node dist/bench/run.js` lists the benchmarks; with a NAME it runs that one, whose last line of standard output is
 * its result as JSON. `--check` makes a missed target exit code 1.
 */
export async function runBench(argv: readonly string[]): Promise<number> {
  const names = argv.filter((argument) => argument !== '--check');
  const [name, ...rest] = names;
  try {
    if (name === undefined) {
      process.stdout.write(await listText());
      return 0;
    }
    const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
    if (load === undefined || rest.length > 0) {
      const fault = load === undefined ? `unknown benchmark "${name}"` : 'expected one benchmark';
      throw new CyclopsError(
        'USAGE_INVALID',
        `${fault}${nearest(name, Object.keys(benches))}; known: ${Object.keys(benches).join(', ')}`,
      );
    }
    const { bench } = await load();
    process.stdout.write(`${bench.name}: ${bench.question}\n\n`);
    const result = await bench.run();
    process.stdout.write(`\n${resultLine(bench.name, result)}\n`);
    return argv.includes('--check') && !meetsTarget(result) ? 1 : 0;
  } catch (error) {
    const text = isCyclopsError(error) ? `${error.message} [${error.code}]` : (error as Error).stack;
    process.stderr.write(`bench: ${text ?? messageOf(error)}\n`);
    return isCyclopsError(error) ? error.exitCode : 70;
  }
}

async function listText(): Promise<string> {
  const rows: string[][] = [];
  for (const [name, load] of Object.entries(benches)) {
    const question = await load().then(
      ({ bench }) => bench.question,
      (error: unknown) => `(cannot be loaded here: ${messageOf(error).split('\n')[0]})`,
    );
    rows.push([name, question]);
  }
  return `${formatTable(['benchmark', 'question it answers'], rows)}\n\nnpm run bench -- NAME runs one.\n`;
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  process.exitCode = await runBench(process.argv.slice(2));
}
