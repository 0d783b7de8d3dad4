import { execFile } from 'node:child_process';
import { constants, open } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CyclopsError, messageOf } from '../../base/errors.js';

const openFd = promisify(open);

/** File descriptors of the two ends of a pipe; the caller closes them. */
export interface PicturePipe {
  /** Does not block. */
  readonly readFd: number;
  readonly writeFd: number;
}

/**
 * A pipe for pictures. Node's own pipes to child processes deliver chunks of 64 KiB that have to be copied together and
 * collected as garbage; a pipe whose reading end we open ourselves is read straight into the array of the picture.
 * Named for the moment of opening only.
 * @throws CyclopsError `MACHINE_LACKS` where no named pipe can be made.
 */
export async function openPicturePipe(): Promise<PicturePipe> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), 'cyclops-pipe-'));
    const path = join(folder, 'pictures');
    await promisify(execFile)('mkfifo', ['-m', '600', path]);
    const readFd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Does not wait: there is a reader.
    return { readFd, writeFd: await openFd(path, constants.O_WRONLY) };
  } catch (error) {
    throw new CyclopsError('MACHINE_LACKS', `no pipe for pictures can be made in ${tmpdir()}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
