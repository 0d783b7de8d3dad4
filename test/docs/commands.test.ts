import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/base/paths.js';
import { type Command, parseArgsOptions } from '../../src/cli/command.js';
import { type CommandBlock, commandBlocks, commandPages, shellWords } from '../support/command-blocks.js';

// Every command block of README and docs: its commands, options and files exist. run-blocks.test.ts runs them.

const root = packageRoot();

const blocks = commandPages().flatMap(commandBlocks);

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
