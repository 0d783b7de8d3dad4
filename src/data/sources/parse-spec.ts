import { CyclopsError } from '../../base/errors.js';
import type { SourceSpec } from '../sample.js';

/** What a short description of data leaves open. */
export interface SourceDefaults {
  /** Size of rendered pairs, px. */
  readonly width: number;
  readonly height: number;
  /** Consecutive frames of one drive (street). */
  readonly framesPerScene: number;
}

/**
 * The description of data as people type it: `street:SEED:COUNT` or `flying:SEED:COUNT` for rendered pairs, anything
 * else is a folder in the KITTI 2015 layout.
 * @throws CyclopsError `USAGE_INVALID`.
 */
export function parseSourceSpec(text: string, defaults: SourceDefaults): SourceSpec {
  const [domain, ...rest] = text.split(':');
  if (domain !== 'street' && domain !== 'flying') return { kind: 'kitti-2015', folder: text };
  const [seed, count] = rest.map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : Number.NaN));
  if (rest.length !== 2 || seed === undefined || count === undefined || !(seed >= 0) || !(count >= 1)) {
    throw new CyclopsError(
      'USAGE_INVALID',
      `data "${text}": expected ${domain}:SEED:COUNT with whole numbers, COUNT at least 1, or a folder`,
    );
  }
  return { kind: 'synthetic', domain, seed, count, ...defaults };
}
