import type { FolderSpec } from '../data/sample.js';
import { openSource } from '../data/sources/index.js';
import type { RunSources } from './resolve-config.js';

/** The `validationData` of a run that keeps some pairs of its own folder out of training. */
export const heldOut = 'held-out';

/** One pair in so many at most is held out; of fewer pairs, none is. */
const pairsAHeldOutOne = 20;

/**
 * Divides a folder into what is trained on and what is held out: at most `count` pairs and 5 %, evenly spaced in the
 * order of names, so that every drive of a larger folder is among them. The same folder is always divided alike.
 * @throws CyclopsError of the source.
 */
export async function splitHeldOut(training: FolderSpec, count: number): Promise<RunSources> {
  const source = await openSource(training);
  const held = Math.min(count, Math.floor(source.length / pairsAHeldOutOne));
  if (held === 0) return { training, validation: undefined };
  const indices = new Set(evenlySpaced(source.length, held));
  const ids = Array.from({ length: source.length }, (_, index) => source.idAt(index));
  return {
    training: { ...training, ids: ids.filter((_, index) => !indices.has(index)) },
    validation: { ...training, ids: ids.filter((_, index) => indices.has(index)) },
  };
}

/** `count` different indices below `length`, in order, as far apart as can be; `count` is at most `length`. */
export function evenlySpaced(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
}
