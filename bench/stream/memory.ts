import { readFileSync } from 'node:fs';
import { processesOf } from '../../src/latency-bench/process-usage.js';

/**
 * Memory of a program with everything it started as if nothing else ran on the machine: what is its own, and of every
 * mapped file the pages that the one of its processes has which has most. Neither counts a library twice that two of its
 * processes share (the sum of RSS does), nor less of it because other programs use it, too (PSS does).
 */
export function memoryOf(rootPid: number): number {
  const files = new Map<string, number>();
  let own = 0;
  for (const pid of processesOf(rootPid)) {
    const mapped = mappedBytes(smapsOf(pid));
    own += mapped.own;
    for (const [file, bytes] of mapped.files) files.set(file, Math.max(bytes, files.get(file) ?? 0));
  }
  return own + [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Resident bytes by the text of /proc/PID/smaps: what belongs to no file, and what shows a file unchanged. */
export function mappedBytes(smaps: string): { readonly own: number; readonly files: ReadonlyMap<string, number> } {
  const files = new Map<string, number>();
  let own = 0;
  let file = '';
  let resident = 0;
  for (const line of smaps.split('\n')) {
    const head = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(line);
    if (head !== null) {
      file = head[1]!;
      continue;
    }
    const [name, value] = line.split(/:? +/);
    if (name === 'Rss') resident = 1024 * Number(value);
    if (name !== 'Anonymous') continue;
    const anonymous = 1024 * Number(value);
    own += anonymous;
    files.set(file, (files.get(file) ?? 0) + resident - anonymous);
  }
  return { own, files };
}

/** Empty where the process has ended. */
function smapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/smaps`, 'latin1');
  } catch {
    return '';
  }
}
