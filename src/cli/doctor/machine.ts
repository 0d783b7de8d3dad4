import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { formatBytes } from '../../base/format.js';
import { commandOutput } from './probe.js';
import type { Finding } from './report.js';

/** As package.json's `engines`. */
const leastNode = { major: 20, minor: 9 };

/** Node, processor and memory, operating system, NVIDIA hardware. */
export async function examineMachine(): Promise<Finding[]> {
  return [examineNode(), examineProcessor(), await examineSystem(), await examineNvidia()];
}

function examineNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > leastNode.major || (major === leastNode.major && minor >= leastNode.minor);
  const found = `${process.versions.node} (${process.platform} ${process.arch}, ABI ${process.versions.modules})`;
  if (isNewEnough) return { part: 'Node', state: 'ok', found };
  return { part: 'Node', state: 'gap', found, todo: `install Node >= ${leastNode.major}.${leastNode.minor}` };
}

function examineProcessor(): Finding {
  const model = cpus()[0]?.model.trim() ?? '';
  const cores = availableParallelism();
  const name = model === '' || model === 'unknown' ? process.arch : model;
  return {
    part: 'processor, memory',
    state: 'ok',
    found: `${name}, ${cores} ${cores === 1 ? 'core' : 'cores'}; ${formatBytes(totalmem())}, ${formatBytes(freemem())} free`,
    details: { cores, memoryBytes: totalmem(), freeMemoryBytes: freemem() },
  };
}

async function examineSystem(): Promise<Finding> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? process.platform;
  return { part: 'system', state: 'ok', found: `${name}, kernel ${release()}` };
}

/** A Jetson tells its L4T release in a file; other NVIDIA machines have nvidia-smi. */
async function examineNvidia(): Promise<Finding> {
  const part = 'NVIDIA';
  const l4t = await readFile('/etc/nv_tegra_release', 'utf8').catch(() => undefined);
  if (l4t !== undefined) {
    const version = l4tVersion(l4t) ?? 'unknown release';
    const board = await readFile('/proc/device-tree/model', 'utf8').catch(() => 'Jetson');
    return { part, state: 'ok', found: `${board.replaceAll('\0', '')}, L4T ${version}`, details: { l4t: version } };
  }
  const gpus = await commandOutput('nvidia-smi', [
    '--query-gpu=name,driver_version,memory.total',
    '--format=csv,noheader',
  ]);
  if (gpus === undefined)
    return { part, state: 'absent', found: 'no Jetson and no NVIDIA driver: networks run on the CPU' };
  return { part, state: 'ok', found: gpus.split('\n').join('; ') };
}

/** `36.4.3` from the first line of /etc/nv_tegra_release (`# R36 (release), REVISION: 4.3, …`). */
export function l4tVersion(text: string): string | undefined {
  const match = /R(\d+)\s*\(release\),\s*REVISION:\s*([\d.]+)/.exec(text);
  return match === null ? undefined : `${match[1]}.${match[2]}`;
}
