import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';
import { type Command, parseArgsOptions } from '../../src/cli/command.js';
import { programPath, startCyclops } from '../support/command.js';
import { type CommandBlock, commandBlocks, shellWords } from '../support/command-blocks.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { withoutTensorFlow } from '../support/tensorflow.js';

// Every command block of README and docs: its commands and options exist, its files too, and README's training recipe runs.

const root = packageRoot();

const pages = ['README.md', 'CONTRIBUTING.md', 'demo/README.md', 'models/edge-street/README.md', ...pagesUnder('docs')];

function pagesUnder(folder: string): string[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => path.endsWith('.md')).map((path) => `${folder}/${path}`);
}

const blocks = pages.flatMap(commandBlocks);

/** Where users keep what they make; git ignores all of them. */
const userFolders = /^(?:data|labels|runs|out|models\/mine)(?:\/|$)/;

test('the pages have command blocks, and every one that is not run says why', () => {
  assert.ok(blocks.length > 20, `found ${blocks.length} blocks`);
  const findings = blocks.filter(({ notRun }) => notRun !== undefined && notRun.split(' ').length < 3);
  assert.deepEqual(findings.map(at), []);
});

for (const block of blocks) {
  const reason = block.notRun === undefined ? '' : `, not run: ${block.notRun}`;
  test(`${at(block)} names commands, options and files that exist${reason}`, async () => {
    const findings: string[] = [];
    for (const command of block.commands) findings.push(...(await findingsOf(command, block)));
    assert.equal(findings.length, 0, `\n${findings.join('\n')}`);
  });
}

function at({ page, line }: CommandBlock): string {
  return `${page}:${line}`;
}

async function findingsOf(command: string, block: CommandBlock): Promise<string[]> {
  const words = shellWords(command.replace(/^(?:[A-Z_0-9]+=\S+\s+)+/, ''));
  const [program = '', first = '', ...rest] = words;
  if (program === 'npx' && first === 'cyclops') return checkCommand(rest[0] ?? '', rest.slice(1), block);
  if (program === 'npx' && first === 'export-onnx') return checkCommand('export-onnx', rest, block);
  if (program === 'npm') return checkNpm([first, ...rest], block);
  if (program === 'node') return missingFiles([first], block);
  return block.notRun === undefined ? [`${command}: expected npx cyclops, npx export-onnx, npm or node`] : [];
}

async function checkCommand(name: string, args: readonly string[], block: CommandBlock): Promise<string[]> {
  const path = join(root, 'dist/src/cli/commands', `${name}.js`);
  if (!existsSync(path)) return [`no command ${name}`];
  const { command } = (await import(pathToFileURL(path).href)) as { command: Command };
  try {
    const options = parseArgsOptions(command);
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const { min, max } = command.positionals;
    const findings =
      positionals.length < min || positionals.length > max
        ? [`${name}: expected ${min} to ${max} arguments, found ${positionals.join(' ')}`]
        : [];
    return [...findings, ...missingFiles([...positionals, ...Object.values(values).flat()], block)];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Of all that look like paths, those that are neither a user's own nor there. */
function missingFiles(args: readonly unknown[], block: CommandBlock): string[] {
  if (block.notRun !== undefined) return [];
  return args
    .filter((arg) => typeof arg === 'string')
    .map((arg) => arg.replace(/^(?:file|images|video|png16):/, ''))
    .filter((path) => /\/|\.[a-z0-9]{2,5}$/i.test(path) && !/^[a-z0-9]+:|^[\d.]+$/.test(path))
    .filter((path) => !userFolders.test(path) && !existsSync(join(root, path)))
    .map((path) => `${path} is neither in the repository nor in a folder of a user's own`);
}

function checkNpm([first = '', second = '', third, fourth]: readonly string[], block: CommandBlock): string[] {
  if (first === 'install') return missingFiles([second], block);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const script = first === 'run' ? second : first;
  if (scripts[script] === undefined) return [`npm run ${script}: no such script`];
  if (script !== 'bench' || third !== '--' || fourth === undefined) return [];
  return existsSync(join(root, 'bench', `${fourth}.ts`)) ? [] : [`npm run bench -- ${fourth}: no such benchmark`];
}

/**
 * How README's training recipe becomes small: every command runs as it is written but for its counts, sizes and steps.
 * Networks are a quarter as wide, so that the weights are read and written quickly.
 */
const smaller: readonly { readonly of: RegExp; readonly replace?: readonly [RegExp, string]; readonly add?: string }[] =
  [
    { of: / synth /, replace: [/--count \d+/, '--count 4'] },
    { of: / synth /, replace: [/--size \d+x\d+/, '--size 256x128'] },
    {
      of: / train /,
      add: '--size 128x64 --steps 2 --batch 1 --validation-count 1 --validate-every 2 --warmup-steps 0',
    },
    { of: / train (?!.*teacher-2)/, add: '--width-multiplier 0.25' },
    { of: / eval /, replace: [/street:900:\d+/, 'street:900:2 --size 256x128'] },
    { of: / run /, add: '--frames 3' },
  ];

test("README's training recipe runs from rendered pairs to depth", { skip: withoutTensorFlow }, async (context) => {
  const recipe = blocks.find(({ page, heading, notRun }) => page === 'README.md' && heading === 'Train' && !notRun);
  assert.ok(recipe !== undefined && recipe.commands.length > 5, 'no recipe under "Train"');
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, 'models'));
  for (const name of ['configs', 'demo']) await symlink(join(root, name), join(folder, name));
  for (const command of recipe.commands) {
    const [, program = '', ...args] = shellWords(shrunk(command));
    const path = programPath(program === 'export-onnx' ? 'export-onnx.js' : 'bin.js');
    const started = performance.now();
    const { code, stderr } = await startCyclops(args, {}, path, folder).ended;
    assert.equal(code, 0, `${command}\n${stderr}`);
    context.diagnostic(`${((performance.now() - started) / 1000).toFixed(1)} s  ${args.join(' ')}`);
  }
  const made = ['labels/street/preview.png', 'runs/student/report.html', 'models/mine/model.json', 'out/mine.mp4'];
  assert.deepEqual(
    made.filter((path) => !existsSync(join(folder, path))),
    [],
  );
});

function shrunk(command: string): string {
  let text = command;
  for (const { of, replace, add } of smaller) {
    if (!of.test(command)) continue;
    if (replace !== undefined) text = text.replace(...replace);
    if (add !== undefined) text = `${text} ${add}`;
  }
  return text;
}
