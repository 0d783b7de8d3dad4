import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { ndjson } from './ndjson.js';
import { none } from './none.js';
import type { Output, OutputKind, OutputStreams } from './output.js';
import { png16 } from './png16.js';
import { video } from './video.js';

/** All outputs: to add one, write its file and add its line here. */
export const outputKinds = [ndjson, png16, video, none] as const;

/** The settings of one output, such as `{ kind: 'png16', folder: 'out/depth' }`. */
export type OutputSettings = z.output<(typeof outputKinds)[number]['schema']>;

const forms = outputKinds.map(({ form }) => form);

/** How outputs are written as text: `ndjson, png16:DIR, video:FILE.mp4 or none`. */
export const outputForms = `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`;

/** What each output writes, one a line, for a help text. */
export function outputHelp(indent: string): string {
  const width = Math.max(...forms.map((form) => form.length));
  return outputKinds.map(({ form, help }) => `${indent}${form.padEnd(width)}  ${help}`).join('\n');
}

/**
 * The settings behind `NAME` or `NAME:ARG`; the argument is everything behind the first colon.
 * @throws CyclopsError `CONFIG_INVALID` naming the outputs there are.
 */
export function parseOutput(text: string): OutputSettings {
  const settings = settingsOf(text);
  if (settings !== undefined) return settings;
  throw new CyclopsError('CONFIG_INVALID', `expected ${outputForms}, found "${text}"`);
}

/** The text that `parseOutput` reads. */
export function formatOutput(settings: OutputSettings): string {
  const { argument } = kindOf(settings.kind)!;
  if (argument === undefined) return settings.kind;
  return `${settings.kind}:${(settings as Readonly<Record<string, unknown>>)[argument]}`;
}

/** One output in a configuration: its text, as `--output` takes it, or its settings. */
export const outputSchema = z.preprocess(
  (given) => (typeof given === 'string' ? (settingsOf(given) ?? given) : given),
  z.discriminatedUnion('kind', [...schemasOf(outputKinds)], { error: `expected ${outputForms}` }),
) as z.ZodType<OutputSettings, OutputSettings | string>;

/** Makes an output; nothing is opened before its `start`. */
export function openOutput(settings: OutputSettings, streams: OutputStreams): Output {
  return kindOf(settings.kind)!.open(settings, streams);
}

function settingsOf(text: string): OutputSettings | undefined {
  const colon = text.indexOf(':');
  const [name, given] = colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
  const entry = kindOf(name);
  if (entry === undefined || (entry.argument === undefined) !== (given === undefined)) return undefined;
  const settings = { kind: name, ...(entry.argument === undefined ? {} : { [entry.argument]: given }) };
  return entry.schema.safeParse(settings).data as OutputSettings | undefined;
}

function kindOf(name: string): OutputKind | undefined {
  return outputKinds.find((entry) => entry.name === name);
}

/** The schemas of a table, each with its own type. */
function schemasOf<const T extends readonly { readonly schema: z.ZodType }[]>(
  entries: T,
): { -readonly [I in keyof T]: T[I]['schema'] } {
  return entries.map(({ schema }) => schema) as never;
}
