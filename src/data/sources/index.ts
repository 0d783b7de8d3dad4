import { assertNever } from '../../base/assert.js';
import type { SourceSpec, StereoSource } from '../sample.js';
import { openKitti2015 } from './kitti-2015.js';

/**
 * Opens a source of stereo pairs from its description. Adding a kind of data is one file here and one line below.
 * @throws CyclopsError of the kind of source: a missing or empty folder, a setting out of range.
 */
export async function openSource(spec: SourceSpec): Promise<StereoSource> {
  switch (spec.kind) {
    case 'synthetic':
      return (await import('./synthetic.js')).openSyntheticSource(spec);
    case 'kitti-2015':
      return openKitti2015(spec);
    default:
      return assertNever(spec);
  }
}
