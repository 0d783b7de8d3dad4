import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkData } from '../../../../src/data/check.js';
import type { FolderSpec } from '../../../../src/data/sample.js';
import { openSource } from '../../../../src/data/sources/index.js';
import { layouts } from '../../../../src/data/sources/layouts/index.js';
import { detectLayout } from '../../../../src/data/sources/parse-spec.js';
import { encodePng } from '../../../../src/image/codec.js';
import type { RecordingInfo } from '../../../../src/recording/format.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { tinyCamera, tinySample } from '../../../support/tiny-pairs.js';

const info: RecordingInfo = {
  format: 'cyclops-recording',
  formatVersion: 1,
  camera: tinyCamera,
  rectified: 'while-recording',
  images: 'png',
  left: 'v4l2:/dev/video0',
  right: 'v4l2:/dev/video2',
  clock: 'unix',
  toleranceMs: 10,
  every: 1,
  startedAt: '2030-01-01T00:00:00.000Z',
};

async function writeDrive(folder: string, seeds: readonly number[], camera = tinyCamera): Promise<void> {
  for (const side of ['left', 'right'] as const) {
    await mkdir(join(folder, side), { recursive: true });
    for (const [index, seed] of seeds.entries()) {
      await writeFile(join(folder, side, `00000${index}.png`), await encodePng(tinySample(seed)[side]));
    }
  }
  await writeFile(join(folder, 'recording.json'), JSON.stringify({ ...info, camera }));
}

/** Two drives, the second by a rig with another baseline. */
async function writeDrives(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeDrive(join(folder, 'monday'), [1, 2]);
  await writeDrive(join(folder, 'tuesday'), [3], { ...tinyCamera, baselineM: 0.3 });
  return folder;
}

test('one recording, and a folder of recordings, are told by their names and read with their own cameras', async (t) => {
  const folder = await writeDrives(t);
  assert.equal(detectLayout(folder), 'recording');
  assert.equal(detectLayout(join(folder, 'monday')), 'recording');
  const all = await openSource({ kind: 'recording', folder });
  assert.deepEqual(
    Array.from({ length: all.length }, (_, index) => all.idAt(index)),
    ['monday_000000', 'monday_000001', 'tuesday_000000'],
  );
  const [first, last] = [await all.read(0), await all.read(2)];
  assert.deepEqual(first.left.data, tinySample(1).left.data);
  assert.deepEqual(last.right.data, tinySample(3).right.data);
  assert.deepEqual([first.camera, last.camera.baselineM], [tinyCamera, 0.3]);
  const one = await openSource({ kind: 'recording', folder: join(folder, 'monday') });
  assert.equal(one.idAt(1), '000001');

  // The summary comes at the end of a recording; labels that were made before stay good.
  await writeFile(join(folder, 'monday/recording.json'), JSON.stringify({ ...info, startedAt: 'another time' }));
  assert.equal((await openSource({ kind: 'recording', folder })).fingerprint, all.fingerprint);
});

test('a recording whose process was killed is read; data check names the image without a partner', async (t) => {
  const folder = await writeDrives(t);
  const spec: FolderSpec = { kind: 'recording', folder };
  const sound = await checkData(spec, layouts.recording, { onSheet: 1 });
  assert.deepEqual([sound.check.pairs, sound.check.stereo, sound.check.damage], [3, 3, []]);
  // Killed between the two names of a pair, and in the middle of a write.
  await rm(join(folder, 'monday/left/000001.png'));
  await writeFile(join(folder, 'monday/left/000001.png.tmp-1-01234567'), 'half an image');
  const source = await openSource(spec);
  assert.equal(source.length, 2);
  const { check } = await checkData(spec, layouts.recording, { onSheet: 0 });
  assert.deepEqual(
    check.damage.map(({ path }) => path),
    [join(folder, 'monday/right/000001.png')],
  );
  await rm(join(folder, 'tuesday/right/000000.png'));
  await assert.rejects(source.read(1), /tuesday\/right\/000000\.png: the right view of .* is missing/);
});

test('a damaged recording.json is named with its line', async (t) => {
  const folder = await writeDrives(t);
  await writeFile(
    join(folder, 'monday/recording.json'),
    JSON.stringify({ ...info, camera: { ...tinyCamera, fxPx: -1 } }),
  );
  await assert.rejects(openSource({ kind: 'recording', folder }), /monday\/recording\.json:1 camera\.fxPx/);
});
