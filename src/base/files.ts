import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CyclopsError, messageOf, systemCodeOf } from './errors.js';

/** Files larger than this are never read whole unless the caller allows it: nothing of ours is near it. */
const defaultLimitBytes = 512 * 1024 * 1024;

/**
 * Reads a whole file, refusing one that is larger than the limit.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_TOO_LARGE`.
 */
export async function readBytes(path: string, limitBytes: number = defaultLimitBytes): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > limitBytes) {
      throw new CyclopsError('FILE_TOO_LARGE', `${path}: expected at most ${limitBytes} bytes, found ${size}`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof CyclopsError) throw error;
    if (systemCodeOf(error) === 'ENOENT') {
      throw new CyclopsError('FILE_MISSING', `${path}: no such file`, { cause: error });
    }
    throw new CyclopsError('FILE_UNREADABLE', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads a UTF-8 text file; errors as `readBytes`. */
export async function readText(path: string, limitBytes: number = 64 * 1024 * 1024): Promise<string> {
  return new TextDecoder().decode(await readBytes(path, limitBytes));
}

/**
 * Writes a file so that its name always holds either the old or the new content: a temporary name beside it, sync,
 * rename. Folders are made as needed.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; the old file is untouched.
 */
export async function writeAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await writeTogether([{ path, data }]);
}

/**
 * Writes several files that belong together: all of them are complete on disk under temporary names before the first
 * rename, so a full disk leaves every old file untouched.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`.
 */
export async function writeTogether(files: readonly { path: string; data: Uint8Array | string }[]): Promise<void> {
  const staged = files.map(({ path, data }) => ({ path, data, temporary: temporaryNameFor(path) }));
  let current = files[0]?.path ?? '';
  try {
    for (const { path, data, temporary } of staged) {
      current = path;
      await writeSynced(temporary, data);
    }
    for (const { path, temporary } of staged) {
      current = path;
      await rename(temporary, path);
    }
  } catch (error) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true }).catch(() => undefined)));
    throw writeErrorFor(current, error);
  }
}

/**
 * Writes a file, making its folder as needed, and waits until its bytes are on the disk. Not atomic: for names that
 * nobody reads yet.
 */
export async function writeSynced(path: string, data: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives a file that another process wrote under a temporary name its own name, once its bytes are on the disk.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; the old file is untouched.
 */
export async function renameSynced(temporary: string, path: string): Promise<void> {
  try {
    const handle = await open(temporary, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw writeErrorFor(path, error);
  }
}

/** Writes `value` as indented JSON, atomically. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Fills a folder under a temporary name and then puts it in place of `path`. An existing folder is moved aside first
 * and removed last, so a crash leaves the old or the new one under a name that `recoverFolder` finds.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; the old folder is untouched.
 */
export async function writeFolderAtomic(path: string, fill: (temporaryPath: string) => Promise<void>): Promise<void> {
  const temporary = temporaryNameFor(path);
  try {
    await removeLeftovers(path);
    await mkdir(temporary, { recursive: true });
    await fill(temporary);
    await exchangeFolder(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    await recoverFolder(path);
    throw writeErrorFor(path, error);
  }
}

async function exchangeFolder(temporary: string, path: string): Promise<void> {
  const previous = previousNameFor(path);
  for (let attempt = 1; ; attempt++) {
    await rm(previous, { recursive: true, force: true });
    await rename(path, previous).catch((error: unknown) => {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    });
    try {
      await rename(temporary, path);
      break;
    } catch (error) {
      // A reader that looked between the two renames took it for a crash and put the old folder back.
      const isBack = ['ENOTEMPTY', 'EEXIST'].includes(systemCodeOf(error) ?? '');
      if (!isBack || attempt === 5) throw error;
    }
  }
  await syncFolder(dirname(resolve(path)));
  await rm(previous, { recursive: true, force: true });
}

/**
 * Removes what processes that are no more left beside `path` under a temporary name: a checkpoint has hundreds of
 * megabytes, a video as many as it was long. What a running process writes stays.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const prefix = `${basename(resolve(path))}.tmp-`;
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Whether there is a process of this number; it may be another one than meant, where numbers are used again. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH';
  }
}

/** Waits until a folder's names are on the disk: only then may what a rename replaced be removed. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot; their server decides then.
    if (systemCodeOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

/** Puts the previous folder back where a crash fell between the two renames of `writeFolderAtomic`. */
export async function recoverFolder(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await rename(previousNameFor(path), path).catch(() => undefined);
}

/** A name beside `path` for content that is not complete yet. */
export function temporaryNameFor(path: string): string {
  return `${resolve(path)}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
}

function previousNameFor(path: string): string {
  return `${resolve(path)}.previous`;
}

/** The typed error for a failed write: a full disk has its own code, because what to do about it differs. */
export function writeErrorFor(path: string, error: unknown): CyclopsError {
  if (error instanceof CyclopsError) return error;
  const code = systemCodeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CyclopsError('DISK_FULL', `${path}: the disk is full; nothing that was saved before is lost`, {
      cause: error,
    });
  }
  return new CyclopsError('WRITE_FAILED', `${path}: cannot be written: ${messageOf(error)}`, { cause: error });
}
