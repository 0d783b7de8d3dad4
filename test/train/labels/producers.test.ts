import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/base/paths.js';
import { readLabelsInfo, readPairLabels } from '../../../src/data/labels.js';
import { createFloatMap } from '../../../src/geometry/raster.js';
import { fused } from '../../../src/train/labels/producers/fused.js';
import { labelProducers, producerOf } from '../../../src/train/labels/producers/index.js';
import type { Predictor } from '../../../src/train/predict/predict.js';
import { cyclops } from '../../support/command.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinySample, tinySize, writeTinyFolder } from '../../support/tiny-pairs.js';

test('each label producer has its file and its line in the table', async () => {
  const files = await readdir(join(packageRoot(), 'src/train/labels/producers'));
  const own = files.filter((name) => name !== 'index.ts' && name !== 'producer.ts').sort();
  assert.deepEqual(
    own,
    Object.keys(labelProducers)
      .map((name) => `${name}.ts`)
      .sort(),
  );
  for (const [name, producer] of Object.entries(labelProducers)) {
    assert.equal(producer.name, name);
    assert.ok(producer.summary.length > 0);
    const checkpoints = Object.fromEntries(Object.keys(producer.networks).map((role) => [role, `${role}/run`]));
    assert.deepEqual(producerOf(checkpoints), { producer: name, checkpoints }, 'its networks choose it');
  }
});

test('networks that no producer has together are refused with those that belong together', () => {
  assert.throws(
    () => producerOf({ mono: 'm' }),
    /labels: expected networks teacher \(a stereo network\); or mono and teacher \(.*\), found mono/,
  );
});

/** Says one disparity everywhere; a stereo network sees the left half of its images in both views. */
function constant(disparityPx: number): Predictor {
  const { width, height } = tinySize;
  const view = () => {
    const visible = createFloatMap(width, height);
    visible.data.forEach((_, i) => {
      visible.data[i] = i % width < width / 2 ? 1 : 0.2;
    });
    return { disparity: createFloatMap(width, height, disparityPx), visible };
  };
  return {
    head: undefined as never,
    predict: async () => createFloatMap(width, height, disparityPx),
    predictBoth: async () => ({ left: view(), right: view() }),
    close: () => undefined,
  };
}

test('fused: the stereo network where both views see a pixel, the mono network elsewhere', async () => {
  const { left, right } = await fused.predict({ teacher: constant(7), mono: constant(3) }, tinySample(1));
  for (const { disparity, visible } of [left, right]) {
    disparity.data.forEach((value, i) => {
      assert.equal(value, visible.data[i]! >= 0.5 ? 7 : 3);
    });
  }
});

test('labels of two networks, made by the command: both stand in labels.json, and neither takes the place of the other', async (t) => {
  const root = await temporaryFolder(t);
  const at = (name: string): string => join(root, name);
  await writeTinyFolder(at('data'), 2);
  const quiet = '--batch 1 --steps 1 --validation-data none --report-every 0';
  for (const [name, own] of [
    ['stereo', '--stage teacher --width-multiplier 0.1 --size 128x64'],
    ['mono', '--stage student --supervision truth --width-multiplier 0.25 --size 96x64'],
  ] as const) {
    const trained = await cyclops(`train ${own} ${quiet} --data ${at('data')} -o ${at(name)}`.split(' '));
    assert.equal(trained.code, 0, trained.stderr);
  }
  const label = (teacher: string, mono: string, folder: string) =>
    cyclops(['label', '--teacher', at(teacher), '--mono', at(mono), '--data', at('data'), '-o', at(folder)]);
  const made = await label('stereo', 'mono', 'labels');
  assert.equal(made.code, 0, made.stderr);
  const info = await readLabelsInfo(at('labels'));
  assert.equal(info.producer, 'fused');
  assert.deepEqual(Object.keys(info.networks).sort(), ['mono', 'teacher']);
  const { disparityLeft } = await readPairLabels(at('labels'), '000000_10', tinySize);
  assert.ok(
    disparityLeft!.data.every((value) => value > 0),
    'a mono network leaves no hole',
  );

  const swapped = await label('mono', 'stereo', 'swapped');
  assert.equal(swapped.code, 4, swapped.stderr);
  assert.match(swapped.stderr, /mono\/run\.json inputs: expected a stereo network, found mono \(mono-edge\)/);
  const teacherOnly = ['label', '--teacher', at('stereo'), '--data', at('data'), '-o', at('labels')];
  const mixed = await cyclops(teacherOnly);
  assert.match(mixed.stderr, /labels\.json producer: the folder holds labels made with "fused", not "teacher"/);
});
