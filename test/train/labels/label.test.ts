import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { readLabelsInfo, readPairLabels } from '../../../src/data/labels.js';
import { openSource } from '../../../src/data/sources/index.js';
import { createFloatMap, createMaskMap } from '../../../src/geometry/raster.js';
import { readRgb } from '../../../src/image/codec.js';
import { readPng16 } from '../../../src/image/png16.js';
import { confidence, refinedLabelSettings } from '../../../src/train/labels/label-maps.js';
import { openPredictor } from '../../../src/train/predict/predict.js';
import { refinePair } from '../../../src/train/predict/refine-pair.js';
import { cyclops } from '../../support/command.js';
import { tinySample, tinySize, writeTinyFolder } from '../../support/tiny-pairs.js';

describe('labels of a teacher', () => {
  let root = '';
  const at = (...names: string[]): string => join(root, ...names);

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cyclops-label-'));
    await writeTinyFolder(at('data'), 3);
    const teacher = `train --stage teacher --width-multiplier 0.1 --size 128x64 --batch 2 --steps 3 --validate-every 0 \
--validation-data none --report-every 0 --data ${at('data')} -o ${at('teacher')}`;
    const result = await cyclops(teacher.split(/\s+/));
    assert.equal(result.code, 0, result.stderr);
  });
  after(() => rm(root, { recursive: true }));

  it('are written for both views at image size, and only what is missing is made again', async () => {
    const label = ['label', '--teacher', at('teacher'), '--data', at('data'), '-o', at('labels')];
    const first = await cyclops([...label, '--json']);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(JSON.parse(first.stdout), { total: 3, written: 3, skipped: 0, status: 'finished' });
    const folders = ['disp_left', 'disp_right', 'visible_left', 'visible_right', 'confidence_left', 'confidence_right'];
    for (const folder of folders) assert.equal((await readdir(at('labels', folder))).length, 3, folder);
    const sheet = await readRgb(at('labels', 'preview.png'));
    assert.equal(sheet.width, 5 * (420 + 6) + 6, 'left, right, disparity, visibility, confidence');
    assert.ok(sheet.height > 3 * 210, 'a row for each of the three pairs');

    const path = at('labels', 'disp_left', '000001_10.png');
    const others = at('labels', 'disp_left', '000002_10.png');
    const before = [await stat(others), await readPng16(path)] as const;
    assert.deepEqual([before[1].width, before[1].height], [tinySize.width, tinySize.height]);
    await rm(path);
    // What was labelled is not even read again: nothing is left of this image but its size.
    const image = at('data', 'training', 'image_2', '000002_10.png');
    const bytes = await readFile(image);
    await writeFile(image, new Uint8Array(bytes.length));
    const second = await cyclops([...label, '--json']);
    assert.deepEqual(JSON.parse(second.stdout), { total: 3, written: 1, skipped: 2, status: 'finished' });
    assert.equal((await stat(others)).mtimeMs, before[0].mtimeMs);
    assert.deepEqual(await readPng16(path), before[1]);
    await writeFile(image, bytes);
  });

  it('are what a student then trains on', async () => {
    const student = `train --stage student --network mono-edge --width-multiplier 0.25 --size 64x32 --batch 2 --steps 3 \
--use-confidence --relative-weight 0.5 --gradient-weight 0.5 --validation-data none --report-every 0 --log-every 1 \
--data ${at('data')} --labels ${at('labels')} -o ${at('student')}`;
    const result = await cyclops(student.split(/\s+/));
    assert.equal(result.code, 0, result.stderr);

    const refused = await cyclops(['label', '--teacher', at('student'), '--data', at('data'), '-o', at('no')]);
    assert.equal(refused.code, 4);
    assert.match(refused.stderr, /run.json inputs: expected a stereo network, found mono/);
  });

  it('are refined where asked, never mixed with bare ones, and measured alike by eval', async (t: TestContext) => {
    const label = ['label', '--teacher', at('teacher'), '--data', at('data'), '--refine', '-o'];
    const mixed = await cyclops([...label, at('labels')]);
    assert.equal(mixed.code, 3);
    assert.match(mixed.stderr, /labels.json settings: the folder holds labels made with/);
    const outcome = await cyclops([...label, at('refined')]);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual((await readLabelsInfo(at('refined'))).settings, refinedLabelSettings);

    const predictor = await openPredictor(at('teacher'));
    t.after(() => predictor.close());
    const sample = await (await openSource({ kind: 'kitti-2015', folder: at('data') })).read(1);
    const refined = refinePair(sample, await predictor.predictBoth(sample));
    const stored = await readPairLabels(at('refined'), sample.id, sample.left);
    assert.ok(maximumDifference(stored.disparityLeft!.data, refined.left.disparity.data) < 0.02);
    assert.ok(maximumDifference(stored.disparityRight!.data, refined.right.disparity.data) < 0.02);

    const metrics = await Promise.all(
      [
        ['--network', at('teacher'), '--refine'],
        ['--labels', at('refined')],
      ].map(async (subject) => {
        const evaluated = await cyclops([
          'eval',
          '--data',
          at('data'),
          ...subject,
          '--name',
          'same',
          '--format',
          'csv',
        ]);
        assert.equal(evaluated.code, 0, evaluated.stderr);
        return evaluated.stdout.split('\n')[1]!.split(',').slice(1).map(Number);
      }),
    );
    for (const [i, metric] of metrics[0]!.entries()) {
      if (Number.isFinite(metric))
        assert.ok(Math.abs(metric - metrics[1]![i]!) <= 0.02 * Math.max(1, metric), `${metrics}`);
    }
  });

  it('of another teacher are never mixed in', async () => {
    const other = `train --stage teacher --width-multiplier 0.1 --size 128x64 --batch 2 --steps 1 --seed 9 \
--validation-data none --report-every 0 --data ${at('data')} -o ${at('other')}`;
    assert.equal((await cyclops(other.split(/\s+/))).code, 0);
    const mixed = await cyclops(['label', '--teacher', at('other'), '--data', at('data'), '-o', at('labels')]);
    assert.equal(mixed.code, 3);
    assert.match(mixed.stderr, /labels.json networks.teacher.sha256: the folder holds labels made with/);
  });

  it('of the right view are those of the mirrored, exchanged pair', async (t: TestContext) => {
    const predictor = await openPredictor(at('teacher'));
    t.after(() => predictor.close());
    const sample = await (await openSource({ kind: 'kitti-2015', folder: at('data') })).read(0);
    const both = await predictor.predictBoth(sample);
    const alone = await predictor.predict(sample);
    assert.ok(maximumDifference(both.left.disparity.data, alone.data) < 1e-3);
    const mirrored = mirrorPair(sample);
    const other = await predictor.predict(mirrored);
    assert.ok(maximumDifference(both.right.disparity.data, reversedRows(other.data, tinySize.width)) < 1e-3);
  });
});

describe('confidence', () => {
  const { width, height } = tinySize;

  it('is the visibility where both views agree, and falls with their difference', () => {
    const visible = { ...createFloatMap(width, height, 0.9) };
    const view = (disparityPx: number) => ({ disparity: createFloatMap(width, height, disparityPx), visible });
    const at = (own: number, other: number): number => confidence(view(own), view(other), -1).data[width - 1]!;
    assert.ok(Math.abs(at(10, 10) - 0.9) < 1e-6);
    assert.ok(Math.abs(at(10, 11) - 0.45) < 1e-6, 'half at 1 px');
    assert.ok(at(10, 13) < 0.1);
    assert.equal(confidence(view(10), view(10), -1).data[5], 0, 'no match inside the image');
    assert.ok(confidence(view(10), view(10), 1).data[5]! > 0.8, 'the right view looks the other way');
    assert.equal(at(Number.NaN, 10), 0);
  });

  it('is halved where refinement found no match', () => {
    const visible = createFloatMap(width, height, 0.8);
    const matched = createMaskMap(width, height);
    matched.data.fill(1, width);
    const view = { disparity: createFloatMap(width, height, 4), visible };
    const map = confidence({ ...view, matched }, view, -1);
    assert.deepEqual(
      [map.data[width - 1]!, map.data[2 * width - 1]!].map((value) => Math.round(value * 1e4)),
      [4000, 8000],
    );
  });

  it('tells occluded pixels of exact disparity from visible ones', () => {
    const sample = tinySample(1);
    const visible = createFloatMap(width, height, 1);
    const map = confidence(
      { disparity: sample.disparityLeft!, visible },
      { disparity: sample.disparityRight!, visible },
      -1,
    );
    for (const [i, isVisible] of sample.visibleLeft!.data.entries()) {
      assert.equal(map.data[i]! > 0.5, isVisible === 1, `pixel ${i}`);
    }
  });
});

function maximumDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (const [i, value] of a.entries()) {
    if (Number.isNaN(value) && Number.isNaN(b[i]!)) continue;
    largest = Math.max(largest, Math.abs(value - b[i]!));
  }
  return largest;
}

function reversedRows(data: Float32Array, width: number): Float32Array {
  const out = data.slice();
  for (let row = 0; row < out.length; row += width) out.subarray(row, row + width).reverse();
  return out;
}

function mirrorPair(sample: ReturnType<typeof tinySample>): ReturnType<typeof tinySample> {
  const mirror = (image: typeof sample.left): typeof sample.left => {
    const data = new Uint8Array(image.data.length);
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const from = (y * image.width + x) * 3;
        data.set(image.data.subarray(from, from + 3), (y * image.width + image.width - 1 - x) * 3);
      }
    }
    return { ...image, data };
  };
  return { ...sample, left: mirror(sample.right), right: mirror(sample.left) };
}
