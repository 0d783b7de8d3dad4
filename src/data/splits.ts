import { basename, relative, resolve } from 'node:path';
import { CyclopsError } from '../base/errors.js';
import { readBytes } from '../base/files.js';
import { linesOf } from './calibration.js';
import { withoutEnding } from './sources/files.js';
import type { PairFiles } from './sources/layout.js';

/**
 * The image that a line of a published split names, as the end of its path without ending: `DATE/DRIVE 69 l` (Monodepth2;
 * either side means the pair), `LEFT.png RIGHT.png` (Guo et al., Monodepth), or one name. Separators may be those of
 * Windows; a leading `./` and what follows a `#` do not count.
 * @returns undefined for an empty line.
 */
export function parseSplitLine(line: string): string | undefined {
  const [first, second, third] = withoutComment(line).split(/\s+/);
  if (first === undefined || first === '') return undefined;
  const place = tidyPath(first);
  if (second !== undefined && /^\d+$/.test(second) && (third === 'l' || third === 'r')) {
    return `${place}/image_02/data/${second.padStart(10, '0')}`;
  }
  // The benchmark's list: "image 17" is image 0000000017 of the folder "image".
  if (second !== undefined && third === undefined && /^\d+$/.test(second))
    return `${place}/${second.padStart(10, '0')}`;
  return withoutEnding(place);
}

/** What a split takes of a folder. */
export interface SplitSelection {
  /** In the order of the list; a pair that is named twice (once a side) counts once. */
  readonly pairs: readonly PairFiles[];
  /** Names in the list of which the folder has no image. */
  readonly missing: readonly string[];
  /** The line, from 1, of each of them. */
  readonly missingLines: readonly number[];
}

/**
 * The pairs of a folder that a split names. A line names a pair by its id or by the end of the path of its left image,
 * whatever its ending, so that lists of `.png` hold for folders of `.jpg`. Absolute paths of another machine count from
 * where they meet the folder's own names.
 * @param folder that the names of the pairs' files count from.
 * @throws CyclopsError `FILE_MISSING` (the list), `DATA_EMPTY` (a list without a name), `DATA_INVALID` (a name that several
 * images have, a table without a column of images).
 */
export async function selectBySplit(
  pairs: readonly PairFiles[],
  listPath: string,
  folder: string,
): Promise<SplitSelection> {
  const wanted = namesOf(decodeText(await readBytes(listPath), listPath), listPath, pairs);
  if (wanted.length === 0) {
    throw new CyclopsError('DATA_EMPTY', `${listPath}: expected a line an image, found no name`);
  }
  const byName = indexByPathEnd(pairs, longestName(wanted));
  const chosen = new Set<PairFiles>();
  const missing: string[] = [];
  const missingLines: number[] = [];
  for (const { name, line } of wanted) {
    const pair = byName.get(name) ?? (isAbsolute(name) ? byLongestTail(name, byName, folder) : byName.get(name));
    if (pair === null) {
      throw new CyclopsError('DATA_INVALID', `${listPath}:${line} "${name}": several images have this name`);
    }
    if (pair === undefined) {
      missing.push(name);
      missingLines.push(line);
    } else chosen.add(pair);
  }
  return { pairs: [...chosen], missing, missingLines };
}

interface NamedLine {
  readonly name: string;
  /** From 1. */
  readonly line: number;
}

/** The text of a list, which Windows may have written with two bytes a letter. */
function decodeText(bytes: Uint8Array, path: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  if (!text.includes('\0')) return text;
  const line = linesOf(text.slice(0, text.indexOf('\0'))).length;
  throw new CyclopsError('DATA_INVALID', `${path}:${line}: expected a text with an image a line, found binary data`);
}

function namesOf(text: string, path: string, pairs: readonly PairFiles[]): NamedLine[] {
  const lines = linesOf(text).map((content, index) => ({ content: withoutComment(content), line: index + 1 }));
  const filled = lines.filter(({ content }) => content !== '');
  const separator = separatorOf(filled[0]?.content ?? '', path, pairs);
  const ids = new Set(pairs.map(({ id }) => id));
  if (separator !== undefined) return namesOfTable(filled, separator, path, ids);
  return filled.flatMap(({ content, line }) => {
    const name = parseSplitLine(content);
    return name === undefined ? [] : [{ name, line }];
  });
}

/** What stands between the columns of a table; undefined for a plain list. */
function separatorOf(first: string, path: string, pairs: readonly PairFiles[]): string | undefined {
  const found = [',', ';', '\t'].find((one) => first.includes(one));
  if (/\.csv$/i.test(path)) return found ?? ',';
  // In a plain list a comma may belong to a name.
  if (found === undefined || found === '\t' || pairs.some(({ left }) => left.includes(found))) return undefined;
  return found;
}

/** Names of a column that has the left image. */
const imageColumns =
  /^(?:left|left_?(?:image|img|path|file|view)|(?:image|img)_?(?:left|0?2|path|name|file)|id|ids|image|img|path|file(?:_?name|_?path)?|name|frame|sample)$/i;

function namesOfTable(
  lines: readonly { readonly content: string; readonly line: number }[],
  separator: string,
  path: string,
  ids: ReadonlySet<string>,
): NamedLine[] {
  const cellsOf = (content: string): string[] =>
    content.split(separator).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    );
  const [head, ...rest] = lines;
  if (head === undefined) return [];
  const titles = cellsOf(head.content);
  const isTitle = (cell: string): boolean => /^[\p{L}_ ]*\d{0,2}$/u.test(cell) && !/^\d+$/.test(cell) && !ids.has(cell);
  const hasTitles = titles.every(isTitle);
  const known = [/left/i, /im|path|file/i, /./].map((wish) =>
    titles.findIndex((title) => imageColumns.test(title) && wish.test(title)),
  );
  const column = known.find((index) => index >= 0);
  if (hasTitles && column === undefined) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${path}:${head.line}: expected a column of left images (left, image, path, file, id or name), found ${titles.join(', ')}`,
    );
  }
  return (hasTitles ? rest : lines).map(({ content, line }) => {
    const cell = cellsOf(content)[hasTitles ? column! : 0] ?? '';
    // "DATE/DRIVE 69 l" may stand in a cell; a name with blanks is one name.
    const name = / \d+(?: [lr])?$/.test(cell) ? parseSplitLine(cell) : withoutEnding(tidyPath(cell));
    if (name !== undefined && name !== '') return { name, line };
    throw new CyclopsError(
      'DATA_INVALID',
      `${path}:${line}: expected an image in column ${(column ?? 0) + 1}, found nothing`,
    );
  });
}

/** A line without its comment: `#` at its start, or after a blank. */
function withoutComment(line: string): string {
  return line.replace(/(?:^|\s)#.*$/, '').trim();
}

/** One kind of separator, no `file://`, no `.` parts. */
function tidyPath(text: string): string {
  const parts = text
    .replace(/^file:\/\//, '')
    .replaceAll('\\', '/')
    .split('/');
  return parts.filter((part, index) => part !== '.' && (part !== '' || index === 0)).join('/');
}

/** Whether a name counts from another place than the data folder. */
function isAbsolute(name: string): boolean {
  return /^(?:\/|[a-z]:\/|~|\.\.\/)/i.test(name);
}

/**
 * The pair whose path ends as an absolute name of another machine does. All parts inside the data folder must agree:
 * frames of different drives are named alike.
 */
function byLongestTail(
  name: string,
  byName: ReadonlyMap<string, PairFiles | null>,
  folder: string,
): PairFiles | null | undefined {
  const parts = name.split('/');
  for (let from = 1; from < parts.length; from++) {
    const pair = byName.get(parts.slice(from).join('/'));
    if (pair === undefined) continue;
    if (pair === null) return null;
    const inside = relative(folder, pair.left).split('/').length;
    const [theirs, ours] = [parts[from - 1]!, basename(resolve(folder))];
    const isOtherPart = parts.length - from === inside && theirs !== ours && isPartOfSet(theirs) && isPartOfSet(ours);
    return parts.length - from >= inside && !isOtherPart ? pair : undefined;
  }
  return undefined;
}

/** Parts of one data set have images of the same names. */
function isPartOfSet(name: string): boolean {
  return /^(?:train|training|val|validation|test|testing)$/i.test(name);
}

function longestName(names: readonly NamedLine[]): number {
  let parts = 1;
  for (const { name } of names) parts = Math.max(parts, name.split('/').length);
  return parts;
}

/** Ends of left paths of 1 to `parts` parts, and ids; null where several pairs share an end. */
function indexByPathEnd(pairs: readonly PairFiles[], parts: number): ReadonlyMap<string, PairFiles | null> {
  const byName = new Map<string, PairFiles | null>();
  for (const pair of pairs) {
    const path = withoutEnding(pair.left).split('/');
    for (let count = 1; count <= Math.min(parts, path.length); count++) {
      const end = path.slice(-count).join('/');
      byName.set(end, byName.has(end) ? null : pair);
    }
  }
  for (const pair of pairs) byName.set(pair.id, pair);
  return byName;
}
