import type { SingleSpec } from '../../data/sample.js';
import { openSource } from '../../data/sources/index.js';
import { evenlySpaced } from './held-out.js';

/**
 * A source of at most `count` pairs of another one: of a folder they are evenly spaced in the order of names, so that
 * every drive is among them; of rendered pairs, which are all alike, the first ones.
 * @throws CyclopsError of the source.
 */
export async function fewerPairs(spec: SingleSpec, count: number): Promise<SingleSpec> {
  if (spec.kind === 'synthetic') return { ...spec, count: Math.min(spec.count, count) };
  const source = await openSource(spec);
  if (source.length <= count) return spec;
  return { ...spec, ids: evenlySpaced(source.length, count).map((index) => source.idAt(index)) };
}
