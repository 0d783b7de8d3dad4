import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ScratchTree } from './scratch.js';

/** A test file of the room and how long it takes on the code as it is. */
export interface TestFile {
  /** Below `test/`, without its ending. */
  readonly name: string;
  readonly durationMs: number;
}

/** A mutant may make a test slower; one that hangs is as red as one that fails. */
const leastLimitMs = 20_000;
const mostTimesSlower = 5;
/** No test file of the suite takes as long. */
const baselineLimitMs = 300_000;

/** Builds one room of the tree. @returns whether the compiler accepts it. */
export async function buildRoom(tree: ScratchTree, room: string): Promise<boolean> {
  const compiler = join(tree.root, 'node_modules', 'typescript', 'bin', 'tsc');
  return runNode(tree, [compiler, '-b', `src/${room}`], baselineLimitMs);
}

/** Runs the room's tests on the code as it is; those that fail without a mutation are of no use and left out. */
export async function measureTests(tree: ScratchTree, room: string): Promise<{ tests: TestFile[]; broken: string[] }> {
  const names = readdirSync(join(tree.root, 'test', room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${room}/${file.slice(0, -'.test.ts'.length)}`);
  const tests: TestFile[] = [];
  const broken: string[] = [];
  await eachAtOnce(names, async (name) => {
    const start = performance.now();
    const isGreen = await runTest(tree, name, baselineLimitMs);
    if (isGreen) tests.push({ name, durationMs: performance.now() - start });
    else broken.push(name);
    return true;
  });
  return { tests: tests.sort((a, b) => a.durationMs - b.durationMs), broken };
}

/**
 * Runs tests until one is red, those named like the mutated file first, then the fastest.
 * @param file the mutated one, below `src/`, without its ending.
 * @returns the name of a red test; undefined where the mutant survives.
 */
export async function killerOf(
  tree: ScratchTree,
  tests: readonly TestFile[],
  file: string,
): Promise<string | undefined> {
  const isNear = ({ name }: TestFile) => name === file || name.startsWith(`${file}/`) || file.startsWith(name);
  const ordered = [...tests.filter(isNear), ...tests.filter((test) => !isNear(test))];
  let killer: string | undefined;
  await eachAtOnce(ordered, async ({ name, durationMs }) => {
    if (await runTest(tree, name, Math.max(leastLimitMs, mostTimesSlower * durationMs))) return true;
    killer ??= name;
    return false;
  });
  return killer;
}

/** Some at a time, until one returns false. */
async function eachAtOnce<T>(items: readonly T[], act: (item: T) => Promise<boolean>): Promise<void> {
  const queue = items.slice();
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (!(await act(item))) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
}

function runTest(tree: ScratchTree, name: string, limitMs: number): Promise<boolean> {
  return runNode(tree, [join(tree.root, 'dist', 'test', `${name}.test.js`)], limitMs);
}

/** In a process group of its own, which is killed as a whole at the limit. @returns whether it ended with 0. */
function runNode(tree: ScratchTree, args: readonly string[], limitMs: number): Promise<boolean> {
  const env = { ...process.env, TMPDIR: tree.temporary };
  const child = spawn(process.execPath, args, { cwd: tree.root, env, stdio: 'ignore', detached: true });
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  };
  process.once('exit', killGroup);
  const timer = setTimeout(killGroup, limitMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      killGroup();
      process.off('exit', killGroup);
      resolve(code === 0);
    });
  });
}
