import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeIssue } from '../../src/base/config.js';
import { captureElements, sharedPackages } from '../../src/runtime/capture/element-packages.js';
import { elementNames } from '../../src/runtime/capture/launch-text.js';
import { doorName } from '../../src/runtime/capture/messages.js';
import { leakyQueue } from '../../src/runtime/capture/queues.js';
import type { GstSourceKind, TimestampOrigin } from '../../src/runtime/capture/source-kind.js';
import type { SourceKind } from '../../src/runtime/capture/sources/index.js';

type Settings = Readonly<Record<string, unknown>>;

/** What the contract is tried on, besides what the entry says of itself. */
export interface ContractCase {
  /** Texts that begin with a word of the kind and are wrong, each with what its error must name. */
  readonly badTexts: readonly (readonly [string, RegExp])[];
  /** Settings, `kind` aside, that together reach every element which the kind may name. */
  readonly variants: readonly Settings[];
}

const timestampOrigins: readonly TimestampOrigin[] = [
  ...(['driver', 'network', 'recorded', 'nominal', 'generated', 'unknown'] as const),
];

const known = captureElements();
const nothing: ReadonlySet<string> = new Set();
const software = new Set(known.filter(({ isJetsonOnly }) => !isJetsonOnly).map(({ element }) => element));
const jetson = new Set(known.map(({ element }) => element));

/** The contract of an entry of the table of sources, as far as it can be tried without a camera. */
export function assertSourceContract(name: string, entry: SourceKind, tried: ContractCase): void {
  assert.equal(entry.kind, name, 'kind: the name in the table');
  assert.deepEqual([...literalsOf(entry)], [name], 'schema: its kind is the name in the table');
  assert.ok(timestampOrigins.includes(entry.timestamps), `timestamps: ${entry.timestamps}`);
  assertText(entry, tried);
  assertStrict(entry, tried);
  for (const variant of tried.variants) {
    const source = parsed(entry, { kind: name, ...variant });
    if ('elements' in entry) assertElementsOf(entry, source);
  }
}

function literalsOf(entry: SourceKind): ReadonlySet<unknown> {
  return (entry.schema.shape.kind as unknown as { readonly values: ReadonlySet<unknown> }).values;
}

function assertText(entry: SourceKind, { badTexts }: ContractCase): void {
  const { words, form, example } = entry.text;
  assert.ok(words.length > 0 && words.every((word) => /^[a-z][a-z0-9]*$/.test(word)), `text.words: ${words}`);
  assert.ok(
    words.some((word) => form === word || form.startsWith(`${word}:`)),
    `text.form: ${form}`,
  );
  const source = sourceOf(entry, example);
  const described = entry.describe(source);
  assert.match(described, /^[^\n]{1,200}$/, 'describe: one short line');
  const again = sourceOf(entry, described);
  assert.deepEqual(again, source, `describe: "${described}" is not read as the source it describes`);
  assert.equal(entry.describe(again), described);
  assert.ok(badTexts.length > 0, 'badTexts: none to try');
  for (const [text, expected] of badTexts) {
    assert.throws(
      () => sourceOf(entry, text),
      (error: Error) => {
        assert.match(error.message, /^[^\n]*expected [^\n]*found [^\n]*$/, `${text}: one line with expected and found`);
        assert.match(error.message, expected, text);
        return true;
      },
      `${text}: accepted`,
    );
  }
}

/** A source by its text, as the command line reads it, with the errors that it gives. */
function sourceOf(entry: SourceKind, text: string): Settings {
  const [word = '', ...rest] = text.split(':');
  assert.ok(entry.text.words.includes(word), `text.words: "${text}" begins with none of ${entry.text.words}`);
  const settings = entry.parse(rest.join(':'), word);
  if (settings === undefined) throw new Error(`expected ${entry.text.form}, found "${text}"`);
  return parsed(entry, settings);
}

function parsed(entry: SourceKind, settings: Settings): Settings {
  const result = entry.schema.safeParse(settings);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new Error(describeIssue(issue, issue.path as string[], settings));
}

function assertStrict(entry: SourceKind, { variants }: ContractCase): void {
  const settings = { kind: entry.kind, ...variants[0], noSuchSetting: 1 };
  const result = entry.schema.safeParse(settings);
  assert.ok(!result.success, 'schema: takes unknown keys');
  assert.deepEqual(
    result.error.issues.map((issue) => describeIssue(issue, ['source'], { source: settings })),
    ['source: unknown key "noSuchSetting"'],
  );
}

function assertElementsOf(entry: GstSourceKind, source: Settings): void {
  const own = entry.ownText?.(source) ?? '';
  const named = (installed: ReadonlySet<string>) => {
    const launch = entry.elements(source, installed).join(' ! ');
    assert.ok(launch.includes(own), 'ownText: not in the elements');
    return elementNames(launch.replace(own, ''));
  };
  const { packages, nvidiaMemory, imageSize } = entry;
  const listed = { ...sharedPackages.anywhere, ...packages.anywhere, ...packages.jetson };
  for (const installed of [nothing, software, jetson]) {
    const missing = named(installed).filter((element) => !Object.hasOwn(listed, element));
    assert.deepEqual(missing, [], 'packages: elements without a package');
  }
  if (nvidiaMemory !== 'always') {
    const only = Object.keys(packages.jetson).filter((element) => !Object.hasOwn(packages.anywhere, element));
    const wrong = named(software).filter((element) => only.includes(element));
    assert.deepEqual(wrong, [], 'elements: those of a Jetson on a machine without them');
  }
  if (nvidiaMemory === 'never') {
    const [bare, full] = [nothing, jetson].map((installed) => entry.elements(source, installed));
    assert.deepEqual(bare, full, 'nvidiaMemory: never, but the elements depend on the machine');
  }
  const parts = entry.elements(source, software);
  const waits = source.pace === undefined ? !entry.live(source) : source.pace === 'fastest';
  if (waits) assert.ok(!parts.join().includes('leaky'), 'elements: a source that can wait loses frames');
  else if (entry.live(source)) assert.ok(parts.includes(leakyQueue), 'elements: a live source without leakyQueue');
  const { width, height } = source;
  assert.equal(imageSize === 'settings', width !== undefined && height !== undefined, 'imageSize: and the schema');
  if (imageSize === 'settings') {
    const asked = parts.some((part) => part.includes(`width=${width},height=${height}`));
    assert.ok(asked, 'imageSize: settings, but no caps ask for it');
  }
  const hasSelector = parts.join(' ! ').includes(`output-selector name=${doorName} `);
  const isPlayed = source.pace === 'real-time' && !entry.live(source);
  assert.equal(hasSelector, isPlayed && entry.canKeepToKeyFrames === true, 'canKeepToKeyFrames: and the elements');
}

/** Every element for any machine is in this machine's registry; where Debian's packages are known, in the one listed. */
export async function assertPackages({ packages }: SourceKind): Promise<void> {
  for (const [element, debianPackage] of Object.entries(packages.anywhere)) {
    const file = pluginFiles.get(element) ?? pluginFileOf(element);
    pluginFiles.set(element, file);
    const owner = await run('dpkg', ['-S', await file]).catch(() => undefined);
    if (owner !== undefined) assert.equal(owner.stdout.split(':')[0], debianPackage, element);
  }
}

const pluginFiles = new Map<string, Promise<string>>();

async function pluginFileOf(element: string): Promise<string> {
  const { stdout } = await run('gst-inspect-1.0', [element]).catch(() => ({ stdout: '' }));
  const file = /^\s*Filename\s+(\S+)/m.exec(stdout)?.[1];
  assert.ok(file !== undefined, `${element}: not in the registry`);
  return realpath(file);
}

const run = promisify(execFile);
