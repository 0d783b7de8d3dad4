import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeIssue } from '../../base/config.js';
import { CyclopsError, isCyclopsError, messageOf } from '../../base/errors.js';
import { readBytes, readText, recoverFolder, writeFolderAtomic, writeSynced } from '../../base/files.js';
import { type Checkpoint, checkpointSchema } from './checkpoint-schema.js';

/** `run.json` without the digests, which are made when the files are written. */
export type CheckpointHead = Omit<Checkpoint, 'files'>;

/** Files of a checkpoint by path inside it, such as `network/weights.bin`. */
export type CheckpointFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Writes a checkpoint folder. The name always holds the old or the new one, whole: files go to a temporary folder, are
 * synced, and the folder is renamed.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`; an earlier checkpoint under that name is untouched.
 */
export async function writeCheckpointFiles(
  folder: string,
  head: CheckpointHead,
  files: CheckpointFiles,
): Promise<void> {
  const digests = Object.fromEntries([...files].map(([path, bytes]) => [path, sha256(bytes)]));
  const run = checkpointSchema.parse({ ...head, files: digests });
  await writeFolderAtomic(folder, async (temporary) => {
    for (const [path, bytes] of files) await writeSynced(join(temporary, path), bytes);
    await writeSynced(join(temporary, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
  });
}

/**
 * The folder that holds `run.json`: the path itself, or `checkpoint` inside it where it is a run folder.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming the path if neither is one.
 */
export async function findCheckpoint(path: string): Promise<string> {
  const candidates = [path, join(path, 'checkpoint')];
  for (const candidate of candidates) await recoverFolder(candidate);
  const found = candidates.find((candidate) => existsSync(join(candidate, 'run.json')));
  if (found === undefined) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${path}: expected a checkpoint folder with run.json, found none`);
  }
  return found;
}

/**
 * Reads and checks `run.json`.
 * @param path a checkpoint folder or the run folder around it.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming file and field.
 */
export async function readCheckpointHead(path: string): Promise<{ folder: string; head: Checkpoint }> {
  const folder = await findCheckpoint(path);
  const file = join(folder, 'run.json');
  const value = parseJson(await readText(file), file);
  const result = checkpointSchema.safeParse(value);
  if (result.success) return { folder, head: result.data };
  const faults = result.error.issues.map((issue) => `${file} ${describeIssue(issue, issue.path.map(String), value)}`);
  throw new CyclopsError('CHECKPOINT_INVALID', faults.join('\n'));
}

/**
 * One file of a checkpoint, its digest checked.
 * @throws CyclopsError `CHECKPOINT_INVALID` naming the file: missing, or not what was written.
 */
export async function readCheckpointFile(folder: string, head: Checkpoint, path: string): Promise<Uint8Array> {
  const file = join(folder, path);
  const expected = head.files[path];
  if (expected === undefined) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${folder}/run.json files: expected an entry for ${path}, found none`);
  }
  const bytes = await readBytes(file, 4 * 1024 ** 3).catch((error: unknown) => {
    if (!isCyclopsError(error)) throw error;
    throw new CyclopsError('CHECKPOINT_INVALID', `damaged checkpoint: ${error.message}`, { cause: error });
  });
  const found = sha256(bytes);
  if (found !== expected) {
    throw new CyclopsError(
      'CHECKPOINT_INVALID',
      `${file}: damaged: expected SHA-256 ${expected.slice(0, 16)}…, found ${found.slice(0, 16)}… (${bytes.length} bytes)`,
    );
  }
  return bytes;
}

/** JSON of a checkpoint's file. @throws CyclopsError `CHECKPOINT_INVALID` naming the file. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CyclopsError('CHECKPOINT_INVALID', `${file}: not JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** SHA-256 of bytes, hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
