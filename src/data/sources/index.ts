import type { SourceSpec, StereoSource } from '../sample.js';
import { openFolder } from './folder.js';
import { layouts } from './layouts/index.js';
import { mixSources } from './mixed.js';

/**
 * Opens a source of stereo pairs from its description. Adding a kind of folder is one file in `layouts` and one line in
 * its table.
 * @throws CyclopsError of the kind of source: a missing or empty folder, a setting out of range.
 */
export async function openSource(spec: SourceSpec): Promise<StereoSource> {
  if (spec.kind === 'synthetic') return (await import('./synthetic.js')).openSyntheticSource(spec);
  if (spec.kind === 'mixed') return mixSources(spec, await Promise.all(spec.parts.map(openSource)));
  return openFolder(spec, layouts[spec.kind]);
}
