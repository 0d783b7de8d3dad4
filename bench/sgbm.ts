import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CyclopsError } from '../src/base/errors.js';
import { packageRoot } from '../src/base/paths.js';
import type { StereoSource } from '../src/data/sample.js';
import { openSource } from '../src/data/sources/index.js';
import { storedLabels } from '../src/eval/baselines.js';
import { evaluateByRules } from '../src/eval/evaluate.js';
import { formatTable, rowOf, type TableRow } from '../src/eval/tables.js';
import { type Bench, type Json, rounded } from './measure.js';
import { pythonWith } from './peers/python.js';

const requirements = ['opencv-python-headless==5.0.0.93', 'numpy<3'];

/** Usual settings for road scenes; aggregation is three-way. The same penalties weigh more on one channel than on three. */
const settings = {
  minDisparity: 0,
  numDisparities: 128,
  blockSize: 5,
  P1: 600,
  P2: 2400,
  uniquenessRatio: 10,
  speckleWindowSize: 100,
  speckleRange: 2,
  preFilterCap: 63,
};

/** OpenCV's StereoSGBM, the classical matcher that people reach for, by the same evaluation as our networks. */
export const bench: Bench = {
  name: 'sgbm',
  question: "How well does OpenCV's StereoSGBM match the KITTI 2015 pairs, by our evaluation?",
  async run() {
    const folder = process.env.CYCLOPS_KITTI2015 || join(dirname(packageRoot()), 'shared', 'data', 'kitti2015');
    if (!existsSync(folder)) {
      throw new CyclopsError(
        'FILE_MISSING',
        `${folder}: no such folder; set CYCLOPS_KITTI2015 to that of KITTI stereo 2015`,
      );
    }
    const source = await openSource({ kind: 'kitti-2015', folder });
    const python = pythonWith('sgbm', requirements);
    const rules = (['noc', 'all'] as const).map((pixels) => ({ pixels, crop: 'none' as const, maxDepthM: 80 }));
    const rows: TableRow[] = [];
    const details: Record<string, Json> = {};
    let headline = Number.NaN;
    for (const views of ['colour', 'grey'] as const) {
      const labels = join(packageRoot(), 'out', `sgbm-${views}`);
      const told = await match(python, source, folder, labels, views);
      const evaluations = await evaluateByRules(source, storedLabels(labels), rules);
      for (const evaluation of evaluations.filter(({ images }) => images.length > 0)) {
        const { pixels, images, depth, disparity, density } = evaluation;
        rows.push(rowOf(`StereoSGBM, ${views} (${pixels})`, evaluation));
        if (views === 'grey' && pixels === rules[0]!.pixels) headline = disparity.d1 * 100;
        details[`${views} ${pixels}`] = {
          images: images.length,
          d1: rounded(disparity.d1 * 100),
          epePx: rounded(disparity.epePx),
          absRel: rounded(depth.absRel),
          rmse: rounded(depth.rmse),
          silog: rounded(depth.silog),
          predicted: rounded(density),
          opencv: told.opencv,
          processorSecondsPerPair: rounded(told.secondsPerPair),
        };
      }
      process.stdout.write(`disparities: cyclops eval --data ${folder} --labels ${labels} --pixels noc --per-image\n`);
    }
    process.stdout.write(`\n${formatTable(rows, 'table')}\n`);
    return {
      headline: 'StereoSGBM on grey images: D1 of pixels seen by both views',
      value: rounded(headline),
      unit: '%',
      target: null,
      details: { settings, ...details },
    };
  },
};

/** Writes the matcher's disparity of every pair as a folder of labels. */
async function match(
  python: string,
  source: StereoSource,
  folder: string,
  labels: string,
  images: 'colour' | 'grey',
): Promise<{ readonly opencv: string; readonly secondsPerPair: number }> {
  await mkdir(join(labels, 'disp_left'), { recursive: true });
  const pairs = Array.from({ length: source.length }, (_, index) => {
    const id = source.idAt(index);
    const image = (view: string): string => join(folder, 'training', view, `${id}.png`);
    return { left: image('image_2'), right: image('image_3'), output: join(labels, 'disp_left', `${id}.png`) };
  });
  const run = spawnSync(python, [join(packageRoot(), 'bench/peers/sgbm.py')], {
    input: JSON.stringify({ colour: images === 'colour', settings, pairs }),
    encoding: 'utf8',
  });
  if (run.status !== 0) {
    throw new CyclopsError('MACHINE_LACKS', `bench/peers/sgbm.py: ${run.stderr.trim().split('\n').at(-1)}`);
  }
  return JSON.parse(run.stdout) as { opencv: string; secondsPerPair: number };
}
