import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { listCameras } from '../../../src/cli/doctor/cameras.js';

test('cameras: names, stable links, no metadata nodes, in the order of their numbers', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'cyclops-cameras-'));
  t.after(() => rm(root, { recursive: true }));
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  for (const [device, index, name] of [
    ['video0', '0', 'Front camera'],
    ['video1', '1', 'Front camera'],
    ['video10', '0', 'Rear camera'],
    ['video2', '0', 'Capture card'],
  ] as const) {
    await write(`dev/${device}`, '');
    await write(`sys/class/video4linux/${device}/index`, `${index}\n`);
    await write(`sys/class/video4linux/${device}/name`, `${name}\n`);
  }
  for (const [kind, link, device] of [
    ['by-path', 'pci-usb-0:1', 'video0'],
    ['by-id', 'usb-front-0001', 'video0'],
    ['by-path', 'pci-usb-0:2', 'video10'],
  ] as const) {
    await mkdir(join(root, 'dev/v4l', kind), { recursive: true });
    await symlink(`../../${device}`, join(root, 'dev/v4l', kind, link));
  }
  await chmod(join(root, 'dev/video2'), 0o000);

  const cameras = await listCameras(root);
  assert.deepEqual(
    cameras.map(({ device, name, stableName }) => [device, name, stableName].map((text) => text?.replace(root, ''))),
    [
      ['/dev/video0', 'Front camera', '/dev/v4l/by-id/usb-front-0001'],
      ['/dev/video2', 'Capture card', undefined],
      ['/dev/video10', 'Rear camera', '/dev/v4l/by-path/pci-usb-0:2'],
    ],
  );
  const isRoot = process.getuid?.() === 0;
  assert.equal(cameras[1]?.isReadable, isRoot);
  assert.equal(cameras[0]?.isReadable, true);
});

test('no cameras where there is no /dev/video*', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'cyclops-cameras-'));
  t.after(() => rm(root, { recursive: true }));
  assert.deepEqual(await listCameras(root), []);
});
