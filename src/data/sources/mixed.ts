import { assert } from '../../base/assert.js';
import type { MixedSpec, StereoSource } from '../sample.js';

/**
 * The pairs of several open sources as one list, in the order of the parts, each as often as it is there. Their ids get
 * the part's number in front, as rendered worlds name their scenes alike: `2:street-000004-0000`.
 */
export function mixSources(spec: MixedSpec, parts: readonly StereoSource[]): StereoSource {
  assert(parts.length > 0, 'a mixed source has parts');
  const starts = parts.map((_, part) => parts.slice(0, part).reduce((sum, { length }) => sum + length, 0));
  const place = (index: number) => {
    const part = starts.findLastIndex((start) => start <= index);
    return { source: parts[part]!, within: index - starts[part]!, named: (id: string) => `${part + 1}:${id}` };
  };
  const fingerprintOf = (field: 'fingerprint' | 'imagesFingerprint'): string =>
    `mixed ${parts.map((part) => part[field]).join(' + ')}`;
  return {
    spec,
    length: parts.reduce((sum, { length }) => sum + length, 0),
    fingerprint: fingerprintOf('fingerprint'),
    imagesFingerprint: fingerprintOf('imagesFingerprint'),
    idAt(index) {
      const { source, within, named } = place(index);
      return named(source.idAt(within));
    },
    async read(index, truth) {
      const { source, within, named } = place(index);
      const sample = await source.read(within, truth);
      return { ...sample, id: named(sample.id) };
    },
  };
}
