import { readFileSync, writeSync } from 'node:fs';
import { koffi } from '../../base/koffi.js';

/** What TensorFlow says while it loads and nobody needs: how it was built, and that its log is not set up yet. */
const startUpLine = /^(I0000 |WARNING: All log messages before absl::InitializeLog|\d{4}-\d\d-\d\d .*: I )/;

/**
 * Holds back what is written to standard error until the returned function is called. TensorFlow's library writes while
 * it is being loaded, past any setting of its log. What is not a start-up line is written then; with `CYCLOPS_LOG=debug`
 * or `trace` all of it.
 */
export function holdStandardError(): () => void {
  const libc = koffi.load('libc.so.6');
  const dup = libc.func('int dup(int)') as (fd: number) => number;
  const dup2 = libc.func('int dup2(int, int)') as (from: number, to: number) => number;
  const memfdCreate = libc.func('int memfd_create(const char *, unsigned int)') as (
    name: string,
    flags: number,
  ) => number;
  const close = libc.func('int close(int)') as (fd: number) => number;

  const [kept, memory] = [dup(2), memfdCreate('cyclops-start-up', 0)];
  const isHeld = kept >= 0 && memory >= 0 && dup2(memory, 2) >= 0;
  return () => {
    if (isHeld) {
      dup2(kept, 2);
      const showsAll = /^(debug|trace)$/.test(process.env.CYCLOPS_LOG ?? '');
      const lines = readFileSync(`/proc/self/fd/${memory}`, 'utf8').split(/(?<=\n)/);
      const shown = lines.filter((line) => showsAll || !startUpLine.test(line)).join('');
      if (shown !== '') writeSync(2, shown);
    }
    for (const fd of [kept, memory]) if (fd >= 0) close(fd);
  };
}
