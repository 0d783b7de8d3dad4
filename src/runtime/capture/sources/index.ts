import { z } from 'zod';
import { CyclopsError } from '../../../base/errors.js';
import type { Pace } from '../../frame.js';
import type { GstSourceKind, JobSourceKind, SourceKind } from '../source-kind.js';
import { csi } from './csi.js';
import { file } from './file.js';
import { images } from './images.js';
import { pipeline } from './pipeline.js';
import { rtp } from './rtp.js';
import { rtsp } from './rtsp.js';
import { test } from './test.js';
import { udp } from './udp.js';
import { v4l2 } from './v4l2.js';

export type { SourceInfo, SourceKind, TimestampOrigin } from '../source-kind.js';

/** All kinds of sources: to add one, write its file and add its line here. Help and errors list them in this order. */
export const sources = {
  csi,
  v4l2,
  rtsp,
  rtp,
  udp,
  pipeline,
  file,
  images,
  test,
};

type Entry = (typeof sources)[keyof typeof sources];
type GstEntry = Extract<Entry, { elements: unknown }>;

/** Where images come from: the settings of any kind. */
export const sourceSchema = z.discriminatedUnion(
  'kind',
  Object.values(sources).map(({ schema }) => schema) as [Entry['schema'], ...Entry['schema'][]],
);

/** A checked source with its defaults filled in. */
export type Source = z.output<Entry['schema']>;

/** What a user may leave out is left out. */
export type SourceInput = z.input<Entry['schema']>;

/** A source whose frames come through a GStreamer pipeline. */
export type GstSource = z.output<GstEntry['schema']>;

/** All entries, each as the contract knows it. */
export const sourceKinds: readonly SourceKind[] = Object.values(sources);

/** The table's entry of a source. */
export function kindOf(source: GstSource): GstSourceKind;
export function kindOf(source: Exclude<Source, GstSource>): JobSourceKind;
export function kindOf(source: Source): SourceKind;
export function kindOf(source: Source): SourceKind {
  return sources[source.kind];
}

/** Whether frames of the source come through a GStreamer pipeline. */
export function isGstSource(source: Source): source is GstSource {
  return 'elements' in sources[source.kind];
}

/** Whether the source goes on for ever, so that its end is a fault and worth a restart. */
export function isLive(source: Source): boolean {
  return kindOf(source).live(source);
}

/** Whether frames come when they are due (late ones drop), or as fast as they are taken. */
export function paceOf(source: Source): Pace {
  if ('pace' in source) return source.pace;
  return isLive(source) ? 'real-time' : 'fastest';
}

/** Whether the source starts again at its end. */
export function isLooped(source: Source): boolean {
  return 'loop' in source && source.loop;
}

/** The source in a few words, for logs and messages; passwords are left out. */
export function describeSource(source: Source): string {
  return kindOf(source).describe(source);
}

/** The video file of a source that is one. */
export function videoFileOf(source: Source): string | undefined {
  return kindOf(source).videoFile?.(source);
}

/** The kinds that have a setting of this name, in the table's order. */
export function kindsWith(setting: string): readonly SourceKind[] {
  return sourceKinds.filter(({ schema }) => setting in schema.shape);
}

/** The forms of these kinds as the end of a sentence: `file:PATH, images:DIR or test`. */
export function sourceForms(kinds: readonly SourceKind[] = sourceKinds): string {
  const forms = kinds.map(({ text }) => text.form);
  return [forms.slice(0, -1).join(', '), ...forms.slice(-1)].filter((part) => part !== '').join(' or ');
}

/** Whether a kind of source is named by this word: what stands before the colon. */
export function isSourceWord(word: string): boolean {
  return sourceKinds.some(({ text }) => (text.words as readonly string[]).includes(word));
}

/**
 * Reads a source as the command line names it: `file:drive.mp4`. Its settings are not checked yet.
 * @param option what the text was given as, for messages.
 * @throws CyclopsError `USAGE_INVALID` naming the forms that are expected.
 */
export function parseSource(text: string, option: string): SourceInput {
  const colon = text.indexOf(':');
  const word = colon < 0 ? text : text.slice(0, colon);
  const entry = Object.values(sources).find((candidate) => (candidate.text.words as string[]).includes(word));
  const source = entry?.parse(colon < 0 ? '' : text.slice(colon + 1), word);
  if (source !== undefined) return source;
  const expected = entry === undefined ? sourceForms() : entry.text.form;
  throw new CyclopsError('USAGE_INVALID', `${option}: expected ${expected}, found "${text}"`);
}
