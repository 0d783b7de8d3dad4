import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

/** What a log writes on standard error: of a process without a terminal, or with one. */
async function written(format: string, onTerminal: boolean): Promise<string> {
  const module = new URL('../../src/base/log.js', import.meta.url).href;
  const program = `
    if (${onTerminal}) Object.defineProperty(process.stderr, 'isTTY', { value: true });
    const { createLog } = await import(${JSON.stringify(module)});
    createLog('cyclops'${format}).warn({ waitMs: 3 }, 'focal length unknown');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) text += chunk;
  return text;
}

test('lines of the log are text on a terminal, JSON elsewhere, and what is asked for', async () => {
  const json = JSON.parse(await written('', false)) as Record<string, unknown>;
  assert.equal(json.msg, 'focal length unknown');
  const terminal = await written('', true);
  assert.ok(terminal.startsWith('\r\x1b[K'), terminal);
  const plain = stripVTControlCharacters(terminal).trimStart();
  assert.match(plain, /^\[\d\d:\d\d:\d\d\] WARN: focal length unknown \{"waitMs":3\}\n$/);
  assert.match(await written(", 'text'", false), /^\[\d\d:\d\d:\d\d\] WARN: focal length unknown/);
  assert.equal((JSON.parse(await written(", 'json'", true)) as { level: number }).level, 40);
});
