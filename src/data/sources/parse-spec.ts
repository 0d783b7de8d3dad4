import { CyclopsError } from '../../base/errors.js';
import type { FolderLayout, SingleSpec, SourceSpec } from '../sample.js';
import { folderLayouts } from '../sample.js';
import { detectLayouts } from './layouts/index.js';

/** What a short description of data leaves open. */
export interface SourceDefaults {
  /** Size of rendered pairs, px. */
  readonly width: number;
  readonly height: number;
  /** Consecutive frames of one drive (street). */
  readonly framesPerScene: number;
}

/**
 * The description of data as people type it: `street:SEED:COUNT` or `flying:SEED:COUNT` for rendered pairs,
 * `LAYOUT:DIR` or `DIR` for a folder, where a layout that is not given is told by the names in the folder (and is KITTI
 * 2015's where they tell nothing). `@LIST` at the end takes only the pairs that a list (`.txt`, `.lst`, `.csv`) names.
 * @throws CyclopsError `USAGE_INVALID`, also for a folder that fits several layouts.
 */
export function parseSourceSpec(text: string, defaults: SourceDefaults): SingleSpec {
  const [domain, ...rest] = text.split(':');
  if (domain !== 'street' && domain !== 'flying') return parseFolder(text);
  const [seed, count] = rest.map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : Number.NaN));
  if (rest.length !== 2 || seed === undefined || count === undefined || !(seed >= 0) || !(count >= 1)) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `data "${text}": expected ${domain}:SEED:COUNT with whole numbers, COUNT at least 1, or a folder`,
    );
  }
  return { kind: 'synthetic', domain, seed, count, ...defaults };
}

/**
 * One or several descriptions of `parseSourceSpec`, with ` + ` between them: the pairs of all.
 * @throws CyclopsError `USAGE_INVALID`, of the one that is wrong.
 */
export function parseMixedSpec(text: string, defaults: SourceDefaults): SourceSpec {
  const parts = text.split(' + ').map((part) => parseSourceSpec(part.trim(), defaults));
  return parts.length === 1 ? parts[0]! : { kind: 'mixed', parts };
}

function parseFolder(text: string): SingleSpec {
  const named = folderLayouts.find((layout) => text.startsWith(`${layout}:`));
  const rest = named === undefined ? text : text.slice(named.length + 1);
  // Only a list at the very end counts, so that folders may have the sign in their names.
  const [, folder = rest, list] = /^(.+)@([^@]+\.(?:txt|csv|lst))$/i.exec(rest) ?? [];
  return { kind: named ?? detectLayout(folder), folder, ...(list === undefined ? {} : { list }) };
}

/**
 * The layout of a folder, told by the names in it; `kitti-2015`, which rendered data and own rigs have, where they tell
 * nothing.
 * @throws CyclopsError `USAGE_INVALID` if several layouts fit.
 */
export function detectLayout(folder: string): FolderLayout {
  const fitting = detectLayouts(folder);
  if (fitting.length > 1) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `${folder}: could be ${fitting.join(' or ')}; say which, as in ${fitting[0]}:${folder}`,
    );
  }
  return fitting[0] ?? 'kitti-2015';
}
