import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceOf } from '../../src/cli/source-path.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('a bare path is the source that lies there', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await writeFile(at('clip 10:30.mp4'), '');
  await mkdir(at('frames'));
  await writeFile(at('frames/0.PNG'), '');
  assert.deepEqual(sourceOf(at('clip 10:30.mp4'), '--source'), { kind: 'file', path: at('clip 10:30.mp4') });
  assert.deepEqual(sourceOf(at('frames'), '--source'), { kind: 'images', path: at('frames') });
  assert.deepEqual(sourceOf('/dev/video3', '--source'), { kind: 'v4l2', device: '/dev/video3' });
  assert.deepEqual(sourceOf('/dev/v4l/by-id/usb-cam', '--source'), { kind: 'v4l2', device: '/dev/v4l/by-id/usb-cam' });
  assert.deepEqual(sourceOf('rtsp://10.0.0.5/main', '--source'), { kind: 'rtsp', url: 'rtsp://10.0.0.5/main' });
});

test('a path that is no source says why', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  await mkdir(at('model'));
  await writeFile(at('model/model.json'), '{}');
  await mkdir(at('empty'));
  await writeFile(at('one.jpg'), '');
  const cases: readonly [text: string, code: string, message: RegExp][] = [
    [at('missing.mp4'), 'FILE_MISSING', /missing\.mp4": no such file or folder; expected csi:N, .*or a path/],
    [at('model'), 'USAGE_INVALID', /is a model package/],
    [at('empty'), 'USAGE_INVALID', /holds no PNG or JPEG image/],
    [at('one.jpg'), 'USAGE_INVALID', /a single image; expected a video, or the folder of images/],
    ['/dev/null', 'USAGE_INVALID', /neither a file nor a folder/],
    ['v4l2:', 'USAGE_INVALID', /--source: expected /],
  ];
  for (const [text, code, message] of cases) assert.throws(() => sourceOf(text, '--source'), { code, message });
});
