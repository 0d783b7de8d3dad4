import { koffi } from '../base/koffi.js';

/**
 * Gives back to the system what was allocated natively and freed again: opening a model leaves about as much behind as
 * the model is large. Does nothing where the C library is not glibc, which would keep it.
 */
export function returnFreedMemory(): void {
  trim ??= findTrim();
  trim(0);
}

let trim: ((keptBytes: number) => unknown) | undefined;

function findTrim(): (keptBytes: number) => unknown {
  try {
    return koffi.load(null).func('int malloc_trim(size_t keep)');
  } catch {
    return () => undefined;
  }
}
