import { getSystemErrorName } from 'node:util';
import { CyclopsError } from '../../base/errors.js';
import { koffi } from '../../base/koffi.js';

/** File descriptors of the two ends of a pipe; the caller closes them. */
export interface ImagePipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/** Numbers of Linux's fcntl.h, the same on every processor that Node runs on. */
const closeOnExec = 0o2000000;
const setPipeSize = 1031;

/**
 * A pipe for images that holds a whole one, so that an image is written at once and read at once. Node's own pipes to
 * child processes deliver chunks of 64 KiB that have to be copied together and collected as garbage; this one is read
 * straight into the array of the image.
 * @param imageBytes size of an image. The kernel rounds up to a power of two; what it refuses (more than
 *   /proc/sys/fs/pipe-max-size) only means more and smaller pieces.
 * @throws CyclopsError `MACHINE_LACKS` where no pipe can be made.
 */
export function openImagePipe(imageBytes: number): ImagePipe {
  const ends = new Int32Array(2);
  const { pipe2, fcntl } = libc();
  if (pipe2(ends, closeOnExec) !== 0) {
    throw new CyclopsError('MACHINE_LACKS', `no pipe for images can be made: ${getSystemErrorName(-koffi.errno())}`);
  }
  const [readFd, writeFd] = ends as unknown as readonly [number, number];
  const wanted = Math.min(largestPipeBytes, imageBytes + headerRoomBytes);
  if (wanted > defaultPipeBytes) fcntl(writeFd, setPipeSize, wanted);
  return { readFd, writeFd };
}

const defaultPipeBytes = 65_536;
/** What everybody may have, unless the machine is set otherwise. */
const largestPipeBytes = 1_048_576;
/** A page for the header, which is written as a piece of its own. */
const headerRoomBytes = 4096;

interface Libc {
  pipe2(ends: Int32Array, flags: number): number;
  fcntl(fd: number, command: number, value: number): number;
}

let known: Libc | undefined;

function libc(): Libc {
  if (known !== undefined) return known;
  // This process itself: Node is linked with the C library, whatever its name is here.
  const self = koffi.load(null);
  // Variadic in C: on some processors such arguments travel in other places.
  const fcntl = self.func('int fcntl(int fd, int command, ...)');
  known = {
    pipe2: self.func('int pipe2(int *ends, int flags)') as Libc['pipe2'],
    fcntl: (fd, command, value) => fcntl(fd, command, 'int', value) as number,
  };
  return known;
}
