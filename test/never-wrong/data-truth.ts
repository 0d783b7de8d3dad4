import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLabelWriter } from '../../src/data/labels.js';
import type { FolderSpec, StereoSource } from '../../src/data/sample.js';
import { openSource } from '../../src/data/sources/index.js';
import { createFloatMap } from '../../src/geometry/raster.js';
import { encodePng16 } from '../../src/image/png16.js';
import { assertUsableTruth, hasUsableTarget, IdleSteps, limitIdle } from '../../src/train/run/usable-target.js';
import { tinySize, writeTinyFolder } from '../support/tiny-pairs.js';
import type { Case } from './cases.js';
import { damageOf, disparity, disparityOf, writeMiddlebury, writeSceneFlow } from './data-folders.js';

const kind = 'truth that cannot be used';
const [width, height] = [960, 540];
const needs = { target: 'truth', rightTarget: 'optional' } as const;

/** Tiny pairs of which the left truth of all but some is unknown. */
async function withoutTruth(folder: string, count: number, but: readonly number[] = []): Promise<FolderSpec> {
  await writeTinyFolder(folder, count);
  const empty = encodePng16(createFloatMap(tinySize.width, tinySize.height));
  for (let i = 0; i < count; i++) {
    if (but.includes(i)) continue;
    for (const name of ['disp_occ_0', 'disp_noc_0']) {
      await writeFile(join(folder, 'training', name, `00000${i}_10.png`), empty);
    }
  }
  return { kind: 'kitti-2015', folder };
}

async function look(source: StereoSource): Promise<string> {
  await assertUsableTruth(source, { data: 'DATA', stage: 'student' }, needs);
  return 'may be learnt from';
}

/** Cases of truth. */
export const truthCases: readonly Case[] = [
  {
    kind,
    situation: "FlyingThings3D's subset: left disparity negative, right positive",
    expected: 'left 5 to 5, 0 unknown; right 7 to 7, 0 unknown',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, {
          frames: 'image_clean',
          left: disparity(width, height, -5),
          right: disparity(width, height, 7),
        }),
      ),
  },
  {
    kind,
    situation: 'the subset with a left disparity that is positive',
    expected:
      'DATA_INVALID: DIR/disparity/left/0000000.pfm: expected negative disparity as this layout has it, found 518400 of 518400 pixels positive',
    run: async (folder) =>
      disparityOf(await writeSceneFlow(folder, { frames: 'image_final', left: disparity(width, height, 5) })),
  },
  {
    kind,
    situation: 'the subset with a right disparity that is negative',
    expected:
      'DATA_INVALID: DIR/disparity/right/0000000.pfm: expected positive disparity as this layout has it, found 518400 of 518400 pixels negative',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, {
          frames: 'image_final',
          left: disparity(width, height, -5),
          right: disparity(width, height, -5),
        }),
      ),
  },
  {
    kind,
    situation: 'the full FlyingThings3D: both views positive',
    expected: 'left 5 to 5, 0 unknown; right 5 to 5, 0 unknown',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, {
          frames: 'frames_cleanpass',
          left: disparity(width, height, 5),
          right: disparity(width, height, 5),
        }),
      ),
  },
  {
    kind,
    situation: 'the files of the subset under the names of the full data set',
    expected:
      'DATA_INVALID: DIR/disparity/left/0000000.pfm: expected positive disparity as this layout has it, found 518400 of 518400 pixels negative',
    run: async (folder) =>
      disparityOf(await writeSceneFlow(folder, { frames: 'frames_finalpass', left: disparity(width, height, -5) })),
  },
  {
    kind,
    situation: 'signs that are mixed in one file',
    expected:
      'DATA_INVALID: DIR/disparity/left/0000000.pfm: expected positive disparity as this layout has it, found 200000 of 518400 pixels negative',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, {
          frames: 'frames_finalpass',
          left: disparity(width, height, 5, 200_000, -5),
        }),
      ),
  },
  {
    kind,
    situation: 'a handful of pixels of the other sign: unknown',
    expected: 'left 5 to 5, 50 unknown; right none',
    run: async (folder) =>
      disparityOf(
        await writeSceneFlow(folder, {
          frames: 'frames_finalpass',
          left: disparity(width, height, 5, 50, -5),
        }),
      ),
  },
  {
    kind,
    situation: 'Middlebury with negative disparity',
    expected:
      'DATA_INVALID: DIR/Piano/disp0.pfm: expected positive disparity as this layout has it, found 320000 of 320000 pixels negative',
    run: async (folder) => disparityOf(await writeMiddlebury(folder, [800, 400], undefined, disparity(800, 400, -9))),
  },
  {
    kind,
    situation: 'data check names a file of the wrong sign',
    expected:
      '1 pairs\nDIR/disparity/left/0000000.pfm: expected positive disparity as this layout has it, found 518400 of 518400 pixels negative',
    run: async (folder) =>
      damageOf(await writeSceneFlow(folder, { frames: 'frames_finalpass', left: disparity(width, height, -5) })),
  },
  {
    kind,
    situation: 'data check names pairs of which all truth is unknown',
    expected:
      '3 pairs\nDIR/training/disp_occ_0/000000_10.png: disparityLeft has no usable pixel\nDIR/training/disp_occ_0/000002_10.png: disparityLeft has no usable pixel',
    run: async (folder) => damageOf(await withoutTruth(folder, 3, [1])),
  },
  {
    kind,
    situation: 'training where all truth is unknown: an error before step 1',
    expected:
      'DATA_INVALID: DATA: student learns from disparity, expected pixels above 0 px in its truth, found none in 4 of 4 pairs; cyclops data check names such pairs',
    run: async (folder) => look(await openSource(await withoutTruth(folder, 4))),
  },
  {
    kind,
    situation: 'training where some pairs have usable truth',
    expected: 'may be learnt from',
    run: async (folder) => look(await openSource(await withoutTruth(folder, 4, [3]))),
  },
  {
    kind,
    situation: 'labels that are all unknown: an error before step 1',
    expected:
      'DATA_INVALID: DATA: student learns from disparity, expected pixels above 0 px in its labels of DIR/labels, found none in 2 of 2 pairs; cyclops data check names such pairs',
    run: async (folder) => {
      const data = join(folder, 'data');
      const labels = join(folder, 'labels');
      await writeTinyFolder(data, 2);
      const { imagesFingerprint, idAt } = await openSource({ kind: 'kitti-2015', folder: data });
      const writer = await openLabelWriter(labels, {
        format: 'cyclops-labels',
        formatVersion: 2,
        producer: 'network',
        networks: {},
        ...tinySize,
        dataFingerprint: imagesFingerprint,
        settings: {},
      });
      const disparityLeft = createFloatMap(tinySize.width, tinySize.height, Number.NaN);
      for (const index of [0, 1]) await writer.write(idAt(index), { disparityLeft });
      const source = await openSource({ kind: 'kitti-2015', folder: data, labels });
      await assertUsableTruth(source, { data: 'DATA', stage: 'student', labels }, needs);
      return 'may be learnt from';
    },
  },
  {
    kind,
    situation: 'a thousand pairs without truth: no more than 32 are looked at',
    expected:
      'DATA_INVALID: DATA: student learns from disparity, expected pixels above 0 px in its truth, found none in 32 of 1000 pairs; cyclops data check names such pairs',
    run: async (folder) => {
      const source = await openSource(await withoutTruth(folder, 1));
      let reads = 0;
      const read = () => {
        reads++;
        return source.read(0);
      };
      const many = { ...source, length: 1000, read };
      const found = await look(many).catch((error: unknown) => error);
      if (reads !== 32) return `${reads} reads`;
      throw found;
    },
  },
  {
    kind,
    situation: 'batches in a row without a usable pixel, from somewhere in training on',
    expected:
      'DATA_INVALID: DATA: expected pixels of disparity to learn from, found none in 20 batches in a row, the last of 000019; cyclops data check names pairs without',
    run: async () => {
      const idle = new IdleSteps('DATA');
      const disparityLeft = new Float32Array(8);
      for (let i = 0; i < 40; i++) {
        idle.addBatch({ ids: [String(i).padStart(6, '0')] }, !hasUsableTarget({ disparityLeft }, needs));
      }
      return 'trained on';
    },
  },
  {
    kind,
    situation: 'batches without a usable pixel with others between them',
    expected: 'trained on',
    run: async () => {
      const idle = new IdleSteps('DATA');
      for (let i = 0; i < 100; i++) {
        const disparityLeft = new Float32Array(8);
        if (i % limitIdle === 0) disparityLeft[3] = 2;
        idle.addBatch({ ids: ['a'] }, !hasUsableTarget({ disparityLeft }, needs));
      }
      return 'trained on';
    },
  },
  {
    kind,
    situation: 'a right view without a usable pixel where the stage needs it',
    expected: 'left only: true, both: false',
    run: async () => {
      const batch = { disparityLeft: Float32Array.of(0, 3), disparityRight: new Float32Array(2) };
      const both = hasUsableTarget(batch, { target: 'truth', rightTarget: 'required' });
      return `left only: ${hasUsableTarget(batch, needs)}, both: ${both}`;
    },
  },
  {
    kind,
    situation: 'a loss of 0 for another reason (confidence 0 everywhere)',
    expected:
      'DATA_INVALID: DATA: expected a loss to learn from, found a loss and a gradient of 0 in 20 steps in a row, the last is step 21',
    run: async () => {
      const idle = new IdleSteps('DATA');
      idle.addStep(1, { loss: 0.3, gradientNorm: 2 });
      for (let step = 2; step < 50; step++) idle.addStep(step, { loss: 0, gradientNorm: 0 });
      return 'trained on';
    },
  },
];
