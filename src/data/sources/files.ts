import { existsSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CyclopsError } from '../../base/errors.js';
import { compareNatural } from '../../base/natural-order.js';
import type { FloatMap, MaskMap } from '../../geometry/raster.js';
import { createMaskMap } from '../../geometry/raster.js';
import type { Size } from './layout.js';

/** Endings of the images we read. */
export const imageEndings = ['.png', '.jpg', '.jpeg'] as const;

/** What file managers and archives leave beside the data (`._a.png`, `.Trash-0`) is not data. */
function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/**
 * File stem -> path of a folder's files with one of the endings, in the natural order of names (`frame2` before `frame10`),
 * without hidden ones; empty if there is no such folder.
 */
export async function listFiles(folder: string, endings: readonly string[]): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const files = new Map<string, string>();
  for (const name of names.filter((one) => !isHidden(one)).sort(compareNatural)) {
    const dot = name.lastIndexOf('.');
    if (endings.includes(name.slice(dot).toLowerCase())) files.set(name.slice(0, dot), join(folder, name));
  }
  return files;
}

/** The folders inside a folder, in the natural order of names, without hidden ones; none if it does not exist. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // A link to a folder is how people put data sets on other disks together.
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !isHidden(entry.name))
    .map(({ name }) => name)
    .sort(compareNatural);
}

/** The names in a folder, for detection; none if it cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !isHidden(name));
  } catch {
    return [];
  }
}

/** The folders in a folder, for detection; none if it cannot be read. */
export function foldersIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isFile() && !isHidden(entry.name)).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

/** An image by its path without ending: people convert PNG to JPEG to save disk space. The first that exists. */
export function findImage(stem: string): string | undefined {
  return imageEndings.map((ending) => `${stem}${ending}`).find(existsSync);
}

/** A path without the ending of an image or map. */
export function withoutEnding(path: string): string {
  return path.replace(/\.(?:png|jpe?g|pfm|bin)$/i, '');
}

/** Throws `IMAGE_SIZE_MISMATCH`, naming both files, unless two rasters have one size. */
export function assertSameSize(expected: Size, expectedPath: string, found: Size, foundPath: string): void {
  if (expected.width === found.width && expected.height === found.height) return;
  throw new CyclopsError(
    'IMAGE_SIZE_MISMATCH',
    `${foundPath}: expected ${expected.width}x${expected.height} like ${expectedPath}, found ${found.width}x${found.height}`,
  );
}

/** 1 where a map has a value. */
export function knownMask({ width, height, data }: FloatMap): MaskMap {
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (!Number.isNaN(data[i]!)) mask.data[i] = 1;
  return mask;
}
