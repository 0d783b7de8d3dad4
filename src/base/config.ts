import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { CyclopsError } from './errors.js';
import { readText } from './files.js';

/**
 * Reads a YAML (or JSON) file against a zod schema. Every fault is reported at once, one line each, as
 * `car.yaml:14 cameras.front.fps: expected number above 0, found -30`.
 * @throws CyclopsError `CONFIG_INVALID`, and those of `readText`.
 */
export async function readConfig<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  return parseConfig(await readText(path, 4 * 1024 * 1024), path, schema);
}

/** As `readConfig`, on a text that was read before; `path` only names it in messages. */
export function parseConfig<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const line = lines.linePos(syntax.pos[0]).line;
    throw new CyclopsError('CONFIG_INVALID', `${path}:${line} ${syntax.message.split('\n')[0]}`);
  }
  const value: unknown = document.toJS({ maxAliasCount: 50 });
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const line = lineOf(document, keys, lines);
    return `${path}:${line} ${describeIssue(issue, keys, value)}`;
  });
  throw new CyclopsError('CONFIG_INVALID', faults.join('\n'));
}

/**
 * Settings that a program gives, against a zod schema.
 * @param owner names them in messages, such as `openModel options`.
 * @throws CyclopsError `CONFIG_INVALID` naming every field.
 */
export function checkSettings<T extends z.ZodType>(value: unknown, owner: string, schema: T): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    // What no single field is to blame for says enough by itself.
    const text = keys.length === 0 && issue.code === 'custom' ? issue.message : describeIssue(issue, keys, value);
    return `${owner}: ${text}`;
  });
  throw new CyclopsError('CONFIG_INVALID', faults.join('\n'));
}

function lineOf(
  document: ReturnType<typeof parseDocument>,
  keys: readonly (string | number)[],
  lines: LineCounter,
): number {
  for (let length = keys.length; length >= 0; length--) {
    const node = document.getIn(keys.slice(0, length), true);
    if (hasRange(node)) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function hasRange(node: unknown): node is { range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

/** One fault of a value against its schema, in words: `field: what was expected, what was found`. */
export function describeIssue(issue: z.core.$ZodIssue, keys: readonly (string | number)[], root: unknown): string {
  const field = keys.join('.') || '(whole file)';
  if (issue.code === 'unrecognized_keys') {
    return `${field}: unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  }
  let found: unknown = root;
  for (const key of keys) {
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  }
  const foundText = found === undefined ? 'nothing' : JSON.stringify(found)?.slice(0, 80);
  return `${field}: ${expectation(issue)}, found ${foundText}`;
}

/** What a schema expected, without zod's own introduction. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    const [first, ...others] = issue.values;
    return others.length === 0 ? `expected ${JSON.stringify(first)}` : `expected one of ${issue.values.join(', ')}`;
  }
  return issue.message.replace(/^(Invalid input|Too small|Too big): /, '').replace(/, received .*$/, '');
}
