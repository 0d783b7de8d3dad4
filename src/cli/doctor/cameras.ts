import { constants } from 'node:fs';
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from './report.js';

/** A video device of the kernel. */
export interface CameraDevice {
  readonly device: string;
  readonly name: string;
  /** A name that stays the same when devices are plugged in another order. */
  readonly stableName?: string;
  readonly isReadable: boolean;
}

/** The cameras that the kernel knows, and whether this user may open them. */
export async function examineCameras(): Promise<Finding> {
  const part = 'cameras';
  const cameras = await listCameras();
  if (cameras.length === 0) {
    return { part, state: 'absent', found: 'no /dev/video*: files, image folders and test images can be streamed' };
  }
  const found = cameras.map(({ device, name, stableName }) => `${stableName ?? device} (${name})`).join('; ');
  const closed = cameras.filter(({ isReadable }) => !isReadable).map(({ device }) => device);
  if (closed.length === 0) return { part, state: 'ok', found, details: { cameras } };
  const todo = `this user may not open ${closed.join(', ')}: sudo usermod -aG video $USER, then log in again`;
  return { part, state: 'gap', found, todo, details: { cameras } };
}

/**
 * Video capture devices; a camera's metadata nodes (index above 0) are left out.
 * @param root stands before /dev and /sys, for tests.
 */
export async function listCameras(root = ''): Promise<CameraDevice[]> {
  const names = (await namesIn(join(root, '/dev'))).filter((name) => /^video\d+$/.test(name));
  const stableNames = await stableNamesByDevice(root);
  const cameras: CameraDevice[] = [];
  for (const name of names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))) {
    const facts = join(root, '/sys/class/video4linux', name);
    const index = await readFile(join(facts, 'index'), 'utf8').catch(() => '0');
    if (Number(index) > 0) continue;
    const device = join(root, '/dev', name);
    const stableName = stableNames.get(await realpath(device).catch(() => device));
    cameras.push({
      device,
      name: (await readFile(join(facts, 'name'), 'utf8').catch(() => 'unknown')).trim(),
      ...(stableName === undefined ? {} : { stableName }),
      isReadable: await access(device, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      ),
    });
  }
  return cameras;
}

/** udev's links by the camera's serial number, else by the port it is plugged into. */
async function stableNamesByDevice(root: string): Promise<ReadonlyMap<string, string>> {
  const links = new Map<string, string>();
  for (const kind of ['by-path', 'by-id']) {
    const folder = join(root, '/dev/v4l', kind);
    for (const name of await namesIn(folder)) {
      const link = join(folder, name);
      const target = await realpath(link).catch(() => undefined);
      if (target !== undefined) links.set(target, link);
    }
  }
  return links;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
