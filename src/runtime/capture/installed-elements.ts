import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CyclopsError } from '../../base/errors.js';

/** Names of the GStreamer elements of a machine. */
export type ElementSet = ReadonlySet<string>;

let installed: Promise<ElementSet> | undefined;

/** The first look after an installation scans all plug-ins, which takes long on a slow card. */
const listTimeoutMs = 60_000;

/**
 * The elements installed on this machine; asked once a process.
 * @throws CyclopsError `MACHINE_LACKS` where GStreamer cannot be asked.
 */
export async function installedElements(): Promise<ElementSet> {
  installed ??= listElements();
  return installed;
}

async function listElements(): Promise<ElementSet> {
  try {
    const options = { timeout: listTimeoutMs, maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)('gst-inspect-1.0', [], options);
    return elementsOf(stdout);
  } catch (error) {
    throw new CyclopsError(
      'MACHINE_LACKS',
      'gst-inspect-1.0 cannot be run; install it: apt-get install gstreamer1.0-tools',
      { cause: error },
    );
  }
}

/** The element names in the list that `gst-inspect-1.0` prints: `plugin:  element: description`. */
export function elementsOf(listing: string): ElementSet {
  return new Set([...listing.matchAll(/^\S+:\s+([\w-]+):/gm)].map((match) => match[1]!));
}
