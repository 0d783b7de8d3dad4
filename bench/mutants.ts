import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CyclopsError } from '../src/base/errors.js';
import { formatTable } from '../src/base/format.js';
import { packageRoot } from '../src/base/paths.js';
import { Random } from '../src/base/random.js';
import type { Bench } from './measure.js';
import { type Mutation, mutationKinds, mutationsOf } from './mutants/mutations.js';
import type { ScratchTree } from './mutants/scratch.js';
import type { TestFile } from './mutants/trial.js';

/** Draws that the compiler refuses are repeated, this many times the wanted number at most. */
const drawsPerMutant = 4;

/** A mutation of one file of the room. */
interface Mutant extends Mutation {
  /** Below `src/`, without its ending. */
  readonly file: string;
  readonly text: string;
}

/** Single slips put into the code of one room: its tests are expected to turn red for at least nine of ten. */
export const bench: Bench = {
  name: 'mutants',
  question: "Does a room's test suite turn red for nine of ten single-point mutations of its code?",
  async run() {
    const { rooms, wanted, seed } = settings();
    const { copyTree } = await import('./mutants/scratch.js');
    const tree = copyTree();
    try {
      const rows: string[][] = [];
      const survivors: string[] = [];
      let tried = 0;
      for (const room of rooms) {
        const counts = await tryRoom(tree, room, wanted, seed);
        tried += counts.killed + counts.survivors.length;
        survivors.push(...counts.survivors);
        rows.push([room, ...[counts.killed, counts.survivors.length, counts.refused].map(String)]);
      }
      process.stdout.write(`\n${formatTable(['room', 'killed', 'survived', 'does not build'], rows)}\n`);
      if (survivors.length > 0) process.stdout.write(`\nsurvivors:\n${survivors.join('\n')}\n`);
      return {
        headline: `share of mutants killed, seed ${seed}`,
        value: tried === 0 ? 0 : (tried - survivors.length) / tried,
        unit: 'ratio',
        target: { op: '>=', value: 0.9 },
        details: { rooms, seed, tried, survivors },
      };
    } finally {
      tree.remove();
    }
  },
};

/** `CYCLOPS_MUTANTS_ROOMS` (folders of src, by comma), `CYCLOPS_MUTANTS` (a room), `CYCLOPS_MUTANTS_SEED`. */
function settings(): { rooms: readonly string[]; wanted: number; seed: number } {
  const known = readdirSync(join(packageRoot(), 'src'));
  const rooms = (process.env.CYCLOPS_MUTANTS_ROOMS ?? 'geometry').split(',');
  for (const room of rooms) {
    if (known.includes(room)) continue;
    throw new CyclopsError('USAGE_INVALID', `CYCLOPS_MUTANTS_ROOMS: no room "${room}"; known: ${known.join(', ')}`);
  }
  const wanted = Number(process.env.CYCLOPS_MUTANTS ?? 10);
  const seed = Number(process.env.CYCLOPS_MUTANTS_SEED ?? Math.floor(Date.now() / 1000) % 1_000_000);
  if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed)) {
    throw new CyclopsError('USAGE_INVALID', 'CYCLOPS_MUTANTS and CYCLOPS_MUTANTS_SEED: expected whole numbers');
  }
  return { rooms, wanted, seed };
}

async function tryRoom(
  tree: ScratchTree,
  room: string,
  wanted: number,
  seed: number,
): Promise<{ killed: number; survivors: string[]; refused: number }> {
  const { buildRoom, killerOf, measureTests } = await import('./mutants/trial.js');
  const { tests, broken } = await measureTests(tree, room);
  const seconds = tests.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  process.stdout.write(`${room}: seed ${seed}, ${tests.length} test files, ${seconds.toFixed(0)} s one by one\n`);
  for (const name of broken) process.stdout.write(`  red without a mutation, left out: ${name}\n`);

  const draw = drawer(tree, room, Random.fromSeed(seed, `mutants/${room}`));
  const survivors: string[] = [];
  let [killed, refused] = [0, 0];
  for (let draws = 0; draws < wanted * drawsPerMutant && killed + survivors.length < wanted; draws++) {
    const mutant = draw();
    if (mutant === undefined) break;
    const path = join(tree.root, 'src', `${mutant.file}.ts`);
    writeFileSync(path, mutated(mutant));
    try {
      if (!(await buildRoom(tree, room))) {
        refused++;
        continue;
      }
      const killer = await killerOf(tree, tests as readonly TestFile[], mutant.file);
      process.stdout.write(`  ${killer === undefined ? 'SURVIVED' : `killed by ${killer}`}: ${describe(mutant)}\n`);
      if (killer === undefined) survivors.push(describe(mutant));
      else killed++;
    } finally {
      writeFileSync(path, mutant.text);
    }
  }
  await buildRoom(tree, room);
  return { killed, survivors, refused };
}

/** Draws without repetition, every kind of mutation as often as the others while it lasts. */
function drawer(tree: ScratchTree, room: string, random: Random): () => Mutant | undefined {
  const all = readdirSync(join(tree.root, 'src', room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => {
      const text = readFileSync(join(tree.root, 'src', room, name), 'utf8');
      const file = `${room}/${name.slice(0, -'.ts'.length)}`;
      return mutationsOf(text).map((mutation): Mutant => ({ ...mutation, file, text }));
    });
  const byKind = mutationKinds.map((kind) => all.filter((mutant) => mutant.kind === kind));
  return () => {
    const left = byKind.filter((mutants) => mutants.length > 0);
    if (left.length === 0) return undefined;
    const mutants = random.pick(left);
    return mutants.splice(random.integer(mutants.length), 1)[0];
  };
}

function mutated({ text, start, end, to }: Mutant): string {
  return text.slice(0, start) + to + text.slice(end);
}

function describe(mutant: Mutant): string {
  const { file, text, start, end, to, kind } = mutant;
  const before = text.slice(0, start).split('\n');
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  const lineText = text.split('\n')[line - 1]!.trim();
  return `src/${file}.ts:${line}:${column} ${kind} \`${text.slice(start, end)}\` -> \`${to}\` in \`${lineText}\``;
}
