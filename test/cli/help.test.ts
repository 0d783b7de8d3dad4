import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandHelp, generalHelp } from '../../src/cli/help.js';
import { capitalized, helpWidth, layOutDetails, optionRow, wrapText } from '../../src/cli/help-layout.js';
import { commands } from '../../src/cli/main.js';

test('the help of every command fits the width, and its sentences begin with a capital letter', async () => {
  const summaries = Object.entries(commands).map(([name, { summary }]) => [name, summary] as const);
  const texts = [['--help', generalHelp(summaries)]];
  for (const [name, { load }] of Object.entries(commands)) texts.push([name, commandHelp((await load()).command)]);
  const findings: string[] = [];
  for (const [name, text] of texts) {
    for (const line of text!.split('\n')) {
      if (line.length > helpWidth) findings.push(`${name}: ${line.length} columns: ${line}`);
    }
    const [summary] = text!.split('\n');
    if (/^[a-z]/.test(summary!) && name !== '--help') findings.push(`${name}: small letter: ${summary}`);
  }
  for (const [, { load }] of Object.entries(commands)) {
    const { command } = await load();
    for (const [option, spec] of Object.entries(command.options)) {
      if (/^[a-z]/.test(capitalized(spec.help)))
        findings.push(`${command.name} --${option}: small letter: ${spec.help}`);
    }
  }
  assert.equal(findings.length, 0, `\n${findings.join('\n')}`);
});

test('bench offers its own sources, and no option of a camera', async () => {
  const { command } = await commands.bench!.load();
  assert.match(command.options.source!.help, /file:PATH, images:DIR or test, or a path/);
  for (const name of ['pixel-format', 'transport', 'codec', 'buffer-ms', 'pipeline', 'pace', 'loop', 'config', 'log']) {
    assert.equal(command.options[name], undefined, name);
  }
});

test('long texts go on below, examples stay as they are', () => {
  const long = 'word '.repeat(30).trim();
  const row = optionRow('name', { type: 'string', value: 'N', help: long, default: '3' }).split('\n');
  assert.equal(row.length, 3);
  assert.match(row[0]!, /^ {6}--name N {20}Word word/);
  assert.match(row[2]!, /^ {34}word.* \[3\]$/);
  const wide = optionRow('a-name-that-takes-the-whole-column', { type: 'boolean', short: 'a', help: 'x:y' });
  assert.equal(wide, `  -a, --a-name-that-takes-the-whole-column\n${' '.repeat(34)}x:y`);
  const details = layOutDetails(`\none\ntwo ${long}\n\n  cyclops run  # an example\n`);
  assert.match(details, /^one two word.*\n.*\n\n {2}cyclops run {2}# an example$/);
  assert.deepEqual(wrapText('a bb cccc', 4), ['a bb', 'cccc']);
  assert.equal(capitalized('real-time or not'), 'real-time or not');
});
