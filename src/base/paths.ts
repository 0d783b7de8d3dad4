import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: shipped models and configurations are found from here. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('assertion failed: no package.json above this file');
    folder = parent;
  }
  return folder;
}

/** The version in package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return hasVersion ? String(manifest.version) : 'unknown';
}

/** Where made things are kept between runs: under systemd the service's cache folder, else the user's. */
export function cacheFolder(...names: readonly string[]): string {
  const service = process.env.CACHE_DIRECTORY?.split(':')[0];
  if (service !== undefined && service !== '') return join(service, ...names);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cyclops', ...names);
}
