import { CyclopsError } from '../../base/errors.js';
import type { StereoSource, SyntheticSpec } from '../sample.js';
import { rendererVersion, renderPair, syntheticId } from '../synthetic/render-pair.js';

/**
 * Pairs rendered on demand: index i is frame i mod framesPerScene of scene floor(i / framesPerScene).
 * @throws CyclopsError `CONFIG_INVALID` for a count or framesPerScene below 1; `read` throws it for a size or index out
 * of range.
 */
export function openSyntheticSource(spec: SyntheticSpec): StereoSource {
  for (const field of ['count', 'framesPerScene'] as const) {
    if (!(Number.isInteger(spec[field]) && spec[field] >= 1)) {
      throw new CyclopsError(
        'CONFIG_INVALID',
        `synthetic ${field}: expected a whole number from 1, found ${spec[field]}`,
      );
    }
  }
  const place = (index: number): { readonly scene: number; readonly frame: number } => {
    if (!(Number.isInteger(index) && index >= 0 && index < spec.count)) {
      throw new CyclopsError('CONFIG_INVALID', `synthetic index: expected 0 to ${spec.count - 1}, found ${index}`);
    }
    return { scene: Math.floor(index / spec.framesPerScene), frame: index % spec.framesPerScene };
  };
  const fingerprint = `synthetic-${rendererVersion}-${JSON.stringify(spec)}`;
  return {
    spec,
    length: spec.count,
    fingerprint,
    imagesFingerprint: fingerprint,
    idAt(index) {
      const { scene, frame } = place(index);
      return syntheticId(spec.domain, scene, frame);
    },
    async read(index) {
      return renderPair({
        domain: spec.domain,
        seed: spec.seed,
        ...place(index),
        width: spec.width,
        height: spec.height,
        ...(spec.hard === undefined ? {} : { hard: spec.hard }),
      });
    },
  };
}
