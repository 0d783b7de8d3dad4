import { CyclopsError } from '../base/errors.js';
import { readText } from '../base/files.js';
import { withoutEnding } from './sources/files.js';
import type { PairFiles } from './sources/layout.js';

/**
 * The image that a line of a published split names, as the end of its path without ending: `DATE/DRIVE 69 l` (Monodepth2;
 * either side means the pair), `LEFT.png RIGHT.png` (Guo et al., Monodepth), or one name.
 * @returns undefined for an empty line.
 */
export function parseSplitLine(line: string): string | undefined {
  const [first, second, third] = line.trim().split(/\s+/);
  if (first === undefined || first === '') return undefined;
  if (second !== undefined && /^\d+$/.test(second) && (third === 'l' || third === 'r')) {
    return `${first}/image_02/data/${second.padStart(10, '0')}`;
  }
  // The benchmark's list: "image 17" is image 0000000017 of the folder "image".
  if (second !== undefined && third === undefined && /^\d+$/.test(second))
    return `${first}/${second.padStart(10, '0')}`;
  return withoutEnding(first);
}

/** What a split takes of a folder. */
export interface SplitSelection {
  /** In the order of the list; a pair that is named twice (once a side) counts once. */
  readonly pairs: readonly PairFiles[];
  /** Names in the list of which the folder has no image. */
  readonly missing: readonly string[];
}

/**
 * The pairs of a folder that a split names. A line names a pair by its id or by the end of the path of its left image,
 * whatever its ending, so that lists of `.png` hold for folders of `.jpg`.
 * @throws CyclopsError `FILE_MISSING` (the list), `DATA_INVALID` (a name that several images have).
 */
export async function selectBySplit(pairs: readonly PairFiles[], listPath: string): Promise<SplitSelection> {
  const wanted = (await readText(listPath)).split('\n').map(parseSplitLine);
  const byName = indexByPathEnd(pairs, longestName(wanted));
  const chosen = new Set<PairFiles>();
  const missing: string[] = [];
  for (const [index, name] of wanted.entries()) {
    if (name === undefined) continue;
    const pair = byName.get(name);
    if (pair === null) {
      throw new CyclopsError('DATA_INVALID', `${listPath}:${index + 1} "${name}": several images have this name`);
    }
    if (pair === undefined) missing.push(name);
    else chosen.add(pair);
  }
  return { pairs: [...chosen], missing };
}

function longestName(names: readonly (string | undefined)[]): number {
  let parts = 1;
  for (const name of names) if (name !== undefined) parts = Math.max(parts, name.split('/').length);
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
