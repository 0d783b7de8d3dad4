import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readLabelsInfo } from '../data/labels.js';
import { openSource } from '../data/sources/index.js';
import { parseMixedSpec } from '../data/sources/parse-spec.js';
import { readCheckpointHead, sha256 } from '../train/checkpoint/checkpoint-files.js';
import { heldOut } from '../train/config/held-out.js';

/**
 * What changes when something a step takes from outside the experiment does: a data folder's fingerprint, a checkpoint's
 * digests. Nothing for rendered pairs, which their words say all about.
 * @param field the setting that names it, `value` its value.
 * @throws CyclopsError of what is named: it is not there, or is damaged.
 */
export async function inputFingerprint(field: string, value: string): Promise<unknown> {
  switch (field) {
    case 'data':
    case 'validationData':
      return dataFingerprint(value);
    case 'labels':
      return readLabelsInfo(value);
    case 'encoder':
      return fileSizes(value);
    default:
      return sha256(new TextEncoder().encode(JSON.stringify((await readCheckpointHead(value)).head.files)));
  }
}

async function dataFingerprint(text: string): Promise<string | undefined> {
  if (text === heldOut || text === 'none') return undefined;
  const spec = parseMixedSpec(text, { width: 64, height: 64, framesPerScene: 1 });
  // Of rendered pairs, seed, count and size stand in the settings.
  return spec.kind === 'synthetic' ? undefined : (await openSource(spec)).fingerprint;
}

async function fileSizes(folder: string): Promise<[string, number][]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const facts = await Promise.all(names.map(async (name) => [name, await stat(join(folder, name))] as const));
  return facts.filter(([, fact]) => fact.isFile()).map(([name, fact]) => [name, fact.size]);
}
