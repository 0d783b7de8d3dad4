import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { systemCodeOf } from '../../base/errors.js';

/** What a fingerprint is made of. */
export interface FingerprintParts {
  /** Plain data. */
  readonly facts: readonly unknown[];
  /** Files that count by name and size: images, of which reading thousands would take minutes. */
  readonly sizes: readonly string[];
  /** Small files that count by name and content. */
  readonly contents?: readonly string[];
}

/** Files looked at at the same time. */
const atOnce = 64;

/**
 * A digest that stays when a folder is copied, moved or seen from another working directory, and changes with its
 * files: names count relative to `folder`, times do not count.
 */
export async function fingerprintOf(folder: string, parts: FingerprintParts): Promise<string> {
  const hash = createHash('sha256');
  for (const fact of parts.facts) hash.update(`${JSON.stringify(fact)}\n`);
  await addFiles(parts.sizes, async (path) => String((await stat(path)).size));
  await addFiles(parts.contents ?? [], async (path) => JSON.stringify(await readFile(path, 'utf8')));
  return hash.digest('hex');

  async function addFiles(paths: readonly string[], tell: (path: string) => Promise<string>): Promise<void> {
    for (let at = 0; at < paths.length; at += atOnce) {
      const lines = await Promise.all(
        paths.slice(at, at + atOnce).map(async (path) => {
          // A missing file is told when its pair is read; here it is only another state of the data.
          const found = await tell(path).catch((error: unknown) => systemCodeOf(error) ?? 'unreadable');
          return `${JSON.stringify(relative(folder, path))} ${found}\n`;
        }),
      );
      for (const line of lines) hash.update(line);
    }
  }
}
