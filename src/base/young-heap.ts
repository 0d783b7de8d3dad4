import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of this process's heap where JavaScript's new objects begin as small as it is. V8 doubles it, up to
 * 16 MiB, whenever much survives, as while modules load, and does not make it smaller in a process that is always busy. A
 * stream makes some KiB a frame. For commands that do nothing but stream, before their modules are loaded.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
