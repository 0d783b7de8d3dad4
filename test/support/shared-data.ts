import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/base/paths.js';

/**
 * A folder of the published sample data that lie beside the repository (`../shared/data`), or undefined on a machine
 * without them: tests then skip, and say so.
 */
export function sharedData(name: string): string | undefined {
  const folder = join(dirname(packageRoot()), 'shared', 'data', name);
  return existsSync(folder) ? folder : undefined;
}

/** The same of the inputs that real users have (`../shared/field`). */
export function sharedField(name: string): string | undefined {
  const folder = join(dirname(packageRoot()), 'shared', 'field', name);
  return existsSync(folder) ? folder : undefined;
}

/** The `skip` option of a test that needs `sharedData(name)`. */
export function skipWithout(name: string): { skip: string } | Record<string, never> {
  return sharedData(name) === undefined ? { skip: `no ../shared/data/${name} on this machine` } : {};
}
