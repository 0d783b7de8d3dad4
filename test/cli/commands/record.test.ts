import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../../src/cli/main.js';
import { openSource } from '../../../src/data/sources/index.js';
import { encodePng } from '../../../src/image/codec.js';
import { cyclops, programPath, startCyclops } from '../../support/command.js';
import { writeCameraInfos } from '../../support/rig.js';
import { until } from '../../support/stream.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { withoutTensorFlow } from '../../support/tensorflow.js';
import { type tinyCamera, writeTinyFolder } from '../../support/tiny-pairs.js';

const testRig = ['--left', 'test', '--right', 'test:smpte', '--fx', '60', '--baseline', '0.2', '--size', '64x32'];

test('drive, record, check, label: the way of an owner of a stereo rig', {
  skip: withoutTensorFlow,
}, async (t) => {
  const root = await temporaryFolder(t);
  const at = (...names: string[]) => join(root, ...names);
  // In this process, so that TensorFlow is loaded once.
  const run = async (line: string) => assert.equal(await main(line.trim().split(/\s+/)), 0, line);
  // A rendered drive stands for the road, and two folders of its images for the cameras.
  await run(`synth --domain street --drive --count 3 --size 128x64 --seed 2 -o ${at('street')}`);
  const cameras = JSON.parse(await readFile(at('street/cameras.json'), 'utf8')) as Record<string, typeof tinyCamera>;
  const rig = Object.values(cameras)[0]!;
  const { left, right } = await writeCameraInfos(root, rig);
  const images = (name: string) => `images:${at('street/training', name)}`;
  await run(
    `record ${at('drives/one')} --left ${images('image_2')} --right ${images('image_3')} --left-calibration ${left} --right-calibration ${right} --keep-free 0`,
  );
  const { code, stdout: checked } = await cyclops(['data', 'check', at('drives')]);
  assert.equal(code, 0);
  assert.match(checked, /layout recording\npairs +3 found, 3 with both views/);
  assert.ok(checked.includes(`fx ${rig.fxPx.toFixed(2)} px, baseline 0.5327 m: 3`), checked);
  assert.match(checked, /damage +none/);

  const settings =
    '--width-multiplier 0.1 --validation-data none --report-every 0 --validate-every 0 --steps 1 --batch 1';
  await run(
    `train --stage teacher --size 128x64 --data ${at('street')} --workers 0 --prefetch 1 ${settings} -o ${at('teacher')}`,
  );
  await run(`label --teacher ${at('teacher')} --data ${at('drives')} -o ${at('labels')}`);
  assert.deepEqual(await readdir(at('labels/disp_left')), ['one_000000.png', 'one_000001.png', 'one_000002.png']);
  // The labels are bound to these images: a student reads both.
  const labelled = await openSource({ kind: 'recording', folder: at('drives'), labels: at('labels') });
  const { disparityLeft, confidenceLeft, camera } = await labelled.read(2);
  assert.deepEqual([disparityLeft?.width, disparityLeft?.height, confidenceLeft?.width], [128, 64, 128]);
  assert.equal(camera.baselineM, rig.baselineM);
});

test('Ctrl-C ends a recording in order: every pair on the disk is whole, counted, and read by training', async (t) => {
  const folder = join(await temporaryFolder(t), 'drive');
  const { child, ended } = startCyclops([
    'record',
    folder,
    ...testRig,
    '--tolerance-ms',
    '30',
    '--keep-free',
    '0',
    '--json',
  ]);
  const count = async () => (await readdir(join(folder, 'left')).catch(() => [])).length;
  await until(async () => (await count()) >= 3, 'the first pairs');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout) as { pairs: number; end: string };
  assert.deepEqual([summary.end, summary.pairs], ['stopped', await count()]);
  const source = await openSource({ kind: 'recording', folder });
  assert.equal(source.length, summary.pairs);
  const { left, camera } = await source.read(source.length - 1);
  assert.deepEqual([left.width, left.height, camera.baselineM], [64, 32, 0.2]);
});

test('a full disk ends a recording with its own code, and what was written before is whole', async (t) => {
  const root = await temporaryFolder(t);
  await writeTinyFolder(join(root, 'pairs'), 1);
  const images = join(root, 'noise');
  await mkdir(images);
  // Noise does not compress: some hundred KiB a pair.
  for (let index = 0; index < 8; index++) {
    await writeFile(
      join(images, `${index}.png`),
      await encodePng({ width: 320, height: 160, data: randomBytes(320 * 160 * 3) }),
    );
  }
  const disk = join(root, 'disk');
  await mkdir(disk);
  const record = `"${process.execPath}" "${programPath()}" record "${disk}/drive" --left "images:${images}" --right "images:${images}" --fx 60 --baseline 0.2 --png`;
  // A file system of its own, which only these commands see.
  const script = `mount -t tmpfs -o size=1m tmpfs "${disk}" || exit 99
${record} --keep-free 0; echo "code $?"; ls "${disk}/drive/left"; cat "${disk}/drive/pairs.csv"
"${process.execPath}" "${programPath()}" data check "${disk}/drive"; echo "check $?"
${record.replace('/drive"', '/second"')} --keep-free 100; echo "code $?"`;
  const child = spawn('unshare', ['-rm', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, 'close').catch(() => [99])) as [number];
  // 99: no `unshare`, or no mount; else `unshare` itself was refused, as in a chroot.
  if (code === 99 || /^unshare: /m.test(output)) {
    t.skip('this machine lets nobody mount a file system of his own');
    return;
  }
  assert.equal(output.match(/\[DISK_FULL\]/g)?.length, 2, output);
  assert.equal(output.match(/^code 5$/gm)?.length, 2, output);
  assert.match(output, /100\.0? MiB|95\.4 MiB/);
  const imageNames = output.match(/^\d{6}\.png$/gm) ?? [];
  const lines = output.match(/^\d{6},\d+,\d+,/gm) ?? [];
  assert.ok(imageNames.length >= 1 && imageNames.length < 8, output);
  assert.equal(lines.length, imageNames.length, output);
  assert.match(output, /damage +none/);
  assert.match(output, /^check 0$/m);
});

test('mistakes: one line, the code, nothing written', async (t) => {
  const folder = join(await temporaryFolder(t), 'drive');
  const cases: readonly [args: string[], code: number, expected: RegExp][] = [
    [[folder, '--left', 'test', '--right', 'test'], 2, /expected the rig in one of three ways/],
    [[folder, ...testRig, '--pixel-format', 'MJPG'], 2, /unknown key "pixelFormat"/],
    [[folder, '--left', 'test', '--right', 'test', '--calibration', `${folder}.yaml`], 3, /no such file/],
  ];
  for (const [args, code, expected] of cases) {
    const result = await cyclops(['record', ...args]);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, expected);
  }
  assert.deepEqual(await readdir(join(folder, '..')), []);
});
