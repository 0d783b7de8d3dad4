import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/base/paths.js';

/** A table of which each entry is exported by one of the files beside it. */
export interface GuardedTable {
  /** Folder of the table's `index.ts` and its entries, from the root: `src/export/layers`. */
  readonly folder: string;
  /** What the table holds, by the names it gives. */
  readonly entries: Readonly<Record<string, unknown>>;
  /** Files of the folder without an entry: what the entries share. */
  readonly shared?: readonly string[];
  /** Whether an exported value is an entry, so that it must stand in the table. */
  isEntry(name: string, value: unknown): boolean;
}

/**
 * Where a table and the files beside it disagree: a file without an entry, an entry that no line of the table names, a
 * line whose entry is in no file. Looks at the sources for the files, and at what the build made of them for the exports.
 * @returns one sentence a finding; none where all is well.
 */
export async function tableFindings({ folder, entries, shared = [], isEntry }: GuardedTable): Promise<string[]> {
  const listed = new Set(Object.values(entries));
  const exported = new Set<unknown>();
  const findings: string[] = [];
  const names = readdirSync(join(packageRoot(), folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ name }) => name);
  for (const name of shared) if (!names.includes(name)) findings.push(`${folder}: expected ${name} as a shared file`);
  for (const name of names) {
    if (name === 'index.ts' || shared.includes(name)) continue;
    const path = join(packageRoot(), 'dist', folder, name.replace(/\.ts$/, '.js'));
    const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    const found = Object.entries(module).filter(([key, value]) => isEntry(key, value));
    if (found.length === 0) findings.push(`${folder}/${name}: exports no entry of the table`);
    for (const [key, value] of found) {
      exported.add(value);
      if (!listed.has(value)) findings.push(`${folder}/${name}: ${key} has no line in ${folder}/index.ts`);
    }
  }
  for (const [key, value] of Object.entries(entries)) {
    if (!exported.has(value)) findings.push(`${folder}/index.ts: "${key}" is in none of the files beside it`);
  }
  return findings;
}
