import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';
import { programPath, startCyclops } from '../support/command.js';
import { commandBlocks, commandPages, shellWords } from '../support/command-blocks.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withoutTensorFlow } from '../support/tensorflow.js';

// Runs the command blocks of README and docs as they are written, but for counts, sizes and steps. README's training
// recipe comes first; the other pages find what it made, as a reader does who follows README.

const root = packageRoot();

/** How a command becomes small. Of an option that is given twice, the last one counts. */
const smaller: readonly { readonly of: RegExp; readonly replace?: readonly [RegExp, string]; readonly add?: string }[] =
  [
    { of: / synth (?!.*--preview)/, add: '--count 2' },
    { of: / synth /, add: '--size 256x128' },
    { of: / train (?!--resume)/, add: '--steps 2 --batch 1 --warmup-steps 0 --validation-count 1 --validate-every 2' },
    { of: / train (?!--resume|.*lsim)/, add: '--size 128x64' },
    { of: / train .*lsim/, add: '--size 128x128' },
    // Narrow networks are read and written quickly; --init takes the width of what it starts from.
    { of: / train (?!--resume|.*(?:--init|teacher-2))/, add: '--width-multiplier 0.25' },
    { of: /street:900:/, replace: [/street:900:\d+/, 'street:900:2 --size 256x128'] },
    { of: /street:5000:/, replace: [/street:5000:\d+/, 'street:5000:2'] },
    { of: /cyclops run /, add: '--frames 3' },
    { of: / bench /, add: '--frames 10 --rounds 1 --warm-up 2' },
  ];

/** Pages that make what other pages find, and what of it they find all the same. */
const found: Readonly<Record<string, RegExp>> = {
  'docs/training.md': /^(?:data|models|configs|demo)$/,
  'docs/synthetic.md': /^configs$/,
  'docs/own-networks.md': /^configs$/,
};

/** Pages that run in every suite, in about two minutes; the others only with CYCLOPS_TEST_DOCS=all, in about five. */
const everyTime: ReadonlySet<string> = new Set([
  ...['README.md', 'docs/data.md', 'docs/export.md', 'docs/labels.md', 'docs/own-networks.md', 'docs/streaming.md'],
]);

test('the command blocks of README and docs run, at a small size', { skip: withoutTensorFlow }, async (context) => {
  const made = await readersFolder(context);
  await context.test("README's training recipe, from rendered pairs to depth", async (recipe) => {
    const block = commandBlocks('README.md').find(({ heading, notRun }) => heading === 'Train' && notRun === undefined);
    assert.ok(block !== undefined && block.commands.length > 5, 'no recipe under "Train"');
    for (const command of block.commands) await run(command, made, recipe);
    const paths = ['labels/street/preview.png', 'runs/student/report.html', 'models/mine/model.json', 'out/mine.mp4'];
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(made, path))),
      [],
    );
  });
  for (const page of commandPages()) {
    const blocks = commandBlocks(page).filter(({ heading }) => page !== 'README.md' || heading !== 'Train');
    if (blocks.length === 0) continue;
    const isLeftOut = process.env.CYCLOPS_TEST_DOCS !== 'all' && !everyTime.has(page);
    await context.test(page, { skip: isLeftOut && 'runs with CYCLOPS_TEST_DOCS=all' }, async (pageContext) => {
      const folder = await copiedFolder(pageContext, made, found[page] ?? /^/);
      for (const { line, notRun, commands } of blocks) {
        const skip =
          notRun ?? (commands.every(isNpm) && 'set-up, the suite and benchmarks: only their names are checked');
        await pageContext.test(`line ${line}`, { skip }, async (blockContext) => {
          for (const command of commands) await run(command, folder, blockContext);
        });
      }
    });
  }
});

function isNpm(command: string): boolean {
  return /^(?:[A-Z_]+=\S+ )*npm /.test(command);
}

/** A folder as the clone is to a reader: what the repository has, and nothing of the reader's own yet. */
async function readersFolder(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, 'models'));
  for (const name of ['configs', 'demo', 'models/edge-street']) await symlink(join(root, name), join(folder, name));
  return folder;
}

/** A copy of what stands in a folder, of the names that match. */
async function copiedFolder(context: TestContext, from: string, names: RegExp): Promise<string> {
  const folder = await temporaryFolder(context);
  for (const name of await readdir(from)) {
    if (names.test(name)) await cp(join(from, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  return folder;
}

/** Runs one command in the folder; it must end well. */
async function run(command: string, folder: string, context: TestContext): Promise<void> {
  const [program, first = '', ...rest] = shellWords(shrunk(command));
  assert.ok(program === 'npx' || program === 'node', `${command}: expected npx or node`);
  const programs = new Map([
    ['cyclops', programPath()],
    ['export-onnx', programPath('export-onnx.js')],
  ]);
  const started = performance.now();
  const { code, stderr } = await startCyclops(rest, {}, programs.get(first) ?? join(root, first), folder).ended;
  assert.equal(code, 0, `${command}\n${stderr}`);
  context.diagnostic(`${((performance.now() - started) / 1000).toFixed(1)} s  ${first} ${rest.join(' ')}`);
}

function shrunk(command: string): string {
  let text = command;
  for (const { of, replace, add } of smaller) {
    if (!of.test(command)) continue;
    if (replace !== undefined) text = text.replace(...replace);
    if (add !== undefined) text = `${text} ${add}`;
  }
  return text;
}
