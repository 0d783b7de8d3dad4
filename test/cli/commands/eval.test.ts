import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRgb } from '../../../src/image/codec.js';
import { type CommandResult, cyclops } from '../../support/command.js';
import { writeHandWrittenCheckpoint } from '../../support/hand-written-checkpoint.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { writeTinyFolder } from '../../support/tiny-pairs.js';

const cyclopsEval = (...args: readonly string[]): Promise<CommandResult> => cyclops(['eval', ...args]);

test('a baseline on a folder: JSON, images and exit code', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 3);
  const images = join(folder, 'images');
  const { code, stdout, stderr } = await cyclopsEval(
    '--data',
    folder,
    '--baseline',
    'constant',
    '--format',
    'json',
    '--images',
    images,
    '--count',
    '2',
  );
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout) as { count: number; disparity: { pixels: number; epePx: number } };
  assert.equal(result.count, 2);
  assert.equal(result.disparity.pixels, 2 * 96 * 48);
  assert.ok(result.disparity.epePx > 0.1 && result.disparity.epePx < 3);
  assert.deepEqual((await readdir(images)).sort(), ['000000_10.png', '000001_10.png']);
  assert.ok((await readRgb(join(images, '000000_10.png'))).width > 96 * 2);
});

test('a protocol: its metrics, published rows, worst image first, and a page with error maps', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 3);
  const report = join(folder, 'report.html');
  const args = [
    '--data',
    folder,
    '--baseline',
    'constant',
    '--protocol',
    'kitti-2015',
    '--per-image',
    '--report',
    report,
  ];
  const { code, stdout, stderr } = await cyclopsEval(...args, '--report-images', '2', '--format', 'markdown');
  assert.equal(code, 0, stderr);
  const rows = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  assert.deepEqual(rows[0]!.slice(1, -1), ['method', 'images', 'D1-bg %', 'D1-fg %', 'D1 %', 'EPE px']);
  const d1 = rows.filter(([, name]) => /^00000\d_10$/.test(name ?? '')).map((cells) => Number(cells[5]));
  assert.equal(d1.length, 3);
  assert.ok(d1[0]! >= d1[1]! && d1[1]! >= d1[2]!, String(d1));
  assert.ok(rows.some(([, name]) => name === 'constant disparity (noc)'));
  assert.ok(rows.some(([, name]) => name?.startsWith('SsSMnet')));
  const html = await readFile(report, 'utf8');
  assert.equal(html.match(/src="data:image\/jpeg;base64,/g)?.length, 2);
  assert.doesNotMatch(html, /(?:src|href)="(?!data:)/, 'nothing beside the file is needed');
  assert.match(html, /SsSMnet/);
});

test('rules given by hand go before the protocol, scaling both ways makes two rows', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 2);
  const args = ['--data', folder, '--baseline', 'constant', '--protocol', 'eigen', '--crop', 'none'];
  const { code, stdout, stderr } = await cyclopsEval(
    ...args,
    '--scaling',
    'both',
    '--max-depth',
    '60',
    '--format',
    'json',
  );
  assert.equal(code, 0, stderr);
  const { variants } = JSON.parse(stdout) as {
    variants: { label: string; crop: string; maxDepthM: number; scale?: { median: number } }[];
  };
  assert.deepEqual(
    variants.map(({ label, crop, maxDepthM }) => [label, crop, maxDepthM]),
    [
      ['cap 60 m', 'none', 60],
      ['cap 60 m, median-scaled', 'none', 60],
    ],
  );
  assert.ok(variants[1]!.scale!.median > 0 && variants[0]!.scale === undefined);
});

test('a student cannot be blindfolded or refined', async (t) => {
  const folder = await temporaryFolder(t);
  await writeTinyFolder(folder, 1);
  const checkpoint = await writeHandWrittenCheckpoint(join(folder, 'run'));
  const outcome = await cyclopsEval('--data', folder, '--network', checkpoint, '--baseline', 'left-only');
  assert.equal(outcome.code, 2, outcome.stderr);
  assert.match(outcome.stderr, /left-only: expected a stereo network, but .*checkpoint is a mono network/);
  const refined = await cyclopsEval('--data', folder, '--network', checkpoint, '--refine');
  assert.equal(refined.code, 2, refined.stderr);
  assert.match(refined.stderr, /--refine: expected a stereo network, but .*checkpoint is a mono network/);
});

test('bad command lines and data end with their own exit codes', async (t) => {
  const folder = await temporaryFolder(t);
  const cases: readonly [args: string[], code: number, expected: RegExp][] = [
    [['--data', folder], 2, /expected one of --network, --model, --labels, --baseline, found 0/],
    [['--data', folder, '--baseline', 'left-only'], 2, /expected --network/],
    [['--data', folder, '--baseline', 'constant', '--labels', 'x'], 2, /found 2/],
    [['--data', folder, '--labels', 'x', '--refine'], 2, /--refine: goes with --network/],
    [['--data', folder, '--baseline', 'median'], 2, /expected one of constant, position, left-only/],
    [['--baseline', 'constant'], 2, /--data: expected a value/],
    [['--data', folder, '--baseline', 'constant', '--protocol', 'nyu'], 2, /--protocol: expected one of eigen, /],
    [['--data', 'street:1:2', '--baseline', 'constant', '--list', 'x'], 2, /--list: only folders have it/],
    [['--data', 'street:1', '--baseline', 'constant'], 2, /expected street:SEED:COUNT/],
    [['--data', folder, '--baseline', 'constant'], 3, /DATA_EMPTY/],
    [['--data', join(folder, 'gone'), '--baseline', 'constant'], 3, /no such folder/],
  ];
  for (const [args, code, expected] of cases) {
    const outcome = await cyclopsEval(...args);
    assert.equal(outcome.code, code, `${args.join(' ')}: ${outcome.stderr}`);
    assert.match(outcome.stderr, expected);
    assert.equal(outcome.stdout, '');
  }
});
