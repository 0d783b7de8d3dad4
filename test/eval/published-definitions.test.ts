import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../src/base/paths.js';
import type { DepthTruth, StereoSource } from '../../src/data/sample.js';
import { openSource } from '../../src/data/sources/index.js';
import type { Predict, Rules } from '../../src/eval/evaluate.js';
import { evaluateByRules } from '../../src/eval/evaluate.js';
import { disparityMetrics } from '../../src/eval/metrics.js';
import type { FloatMap } from '../../src/geometry/raster.js';
import { createFloatMap, createMaskMap } from '../../src/geometry/raster.js';
import { sharedData } from '../support/shared-data.js';

// Metrics on real frames against published-definitions.py, which reads the same files and shares no line with ours.

const needed = ['kitti_raw', 'kitti2015', 'sceneflow'] as const;
const hasPython = spawnSync('python3', ['--version']).status === 0;
const absent = needed.filter((name) => sharedData(name) === undefined);
const skip =
  absent.length > 0
    ? { skip: `no ../shared/data/${absent.join(', ')} on this machine` }
    : hasPython
      ? {}
      : { skip: 'no python3 on this machine' };

const frames = ['0000000000', '0000000022'] as const;
const drive = '2011_09_26_drive_0052_sync';
const scenes = ['000010'] as const;

/** Rules for the raw frames: the table's, and others that must not be confused with them. */
const rules: readonly { truth: DepthTruth; crop: 'none' | 'garg' | 'eigen'; cap: number; scaled: boolean }[] = [
  { truth: 'lidar-z', crop: 'garg', cap: 80, scaled: false },
  { truth: 'lidar-z', crop: 'garg', cap: 50, scaled: false },
  { truth: 'lidar-z', crop: 'eigen', cap: 80, scaled: true },
  { truth: 'lidar-z', crop: 'none', cap: 65_535 / 256, scaled: false },
  { truth: 'lidar-forward', crop: 'garg', cap: 80, scaled: true },
  { truth: 'lidar-forward', crop: 'none', cap: 80, scaled: false },
];

/** A prediction that is good here and bad there, the same for both computations: it depends on the place alone. */
function prediction(width: number, height: number, farPx: number, nearPx: number): FloatMap {
  const map = createFloatMap(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = Math.max(0, y / height - 0.4) / 0.6;
      map.data[y * width + x] = farPx + (nearPx - farPx) * share * (1 + 0.2 * Math.sin(x / 37) * Math.cos(y / 23));
    }
  }
  return map;
}

const wide = (source: { width: number; height: number }): FloatMap => prediction(source.width, source.height, 4, 70);

interface Metrics {
  readonly [name: string]: number;
}
let expected: { raw: Metrics[][]; stereo: Metrics[]; sceneFlow: Metrics[] };

let folder: string | undefined;
after(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

before(async () => {
  if ('skip' in skip) return;
  folder = await mkdtemp(join(tmpdir(), 'cyclops-test-'));
  const root = folder;
  const write = async (name: string, map: FloatMap): Promise<string> => {
    const path = join(root, name);
    await writeFile(path, new Uint8Array(map.data.buffer));
    return path;
  };
  const size = { width: 1242, height: 375 };
  const wideFile = await write('wide', wide(size));
  const raw = join(sharedData('kitti_raw')!, '2011_09_26');
  const flow = 'flyingthings3d/disparity/TRAIN/A/0032/left/0006.pfm';
  const task = {
    rules,
    raw: frames.map((frame) => ({
      ...size,
      scan: join(raw, drive, 'velodyne_points/data', `${frame}.bin`),
      camToCam: join(raw, 'calib_cam_to_cam.txt'),
      veloToCam: join(raw, 'calib_velo_to_cam.txt'),
      disparity: wideFile,
    })),
    stereo: scenes.map((scene) => ({
      ...size,
      truth: join(sharedData('kitti2015')!, 'training/disp_noc_0', `${scene}_10.png`),
      disparity: wideFile,
    })),
    sceneFlow: [
      { truth: join(sharedData('sceneflow')!, flow), disparity: await write('flow', prediction(960, 540, 20, 30)) },
    ],
  };
  const run = spawnSync('python3', [join(packageRoot(), 'test/eval/published-definitions.py')], {
    input: JSON.stringify(task),
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  assert.equal(run.status, 0, run.stderr);
  expected = JSON.parse(run.stdout) as typeof expected;
});

function assertMetrics(found: object, wanted: Metrics, where: string): void {
  for (const [name, value] of Object.entries(wanted)) {
    const own = (found as Metrics)[name]!;
    assert.ok(
      Math.abs(own - value) <= 1e-6 * Math.max(1, Math.abs(value)),
      `${where} ${name}: ${own} against ${value}`,
    );
  }
}

const place: Predict = async ({ left }) => wide(left);

test(
  'Eigen metrics of KITTI raw frames: both axes, both crops, both caps, with and without scaling',
  skip,
  async () => {
    for (const truth of ['lidar-z', 'lidar-forward'] as const) {
      const folder = sharedData('kitti_raw')!;
      const ids = frames.map((frame) => `${drive}_${frame}`);
      const source = await openSource({ kind: 'kitti-raw', folder, truth, ids });
      const indices = rules.flatMap((rule, i) => (rule.truth === truth ? [i] : []));
      const own: Rules[] = indices.map((i) => ({
        pixels: 'all',
        crop: rules[i]!.crop,
        maxDepthM: rules[i]!.cap,
        scaling: rules[i]!.scaled ? 'median' : 'none',
      }));
      const evaluations = await evaluateByRules(source, place, own, { views: 'left' });
      for (const [at, i] of indices.entries()) {
        const images = evaluations[at]!.images;
        assert.equal(images.length, frames.length);
        for (const [f, image] of images.entries()) {
          assertMetrics(image.depth!, expected.raw[f]![i]!, `${image.id} ${JSON.stringify(rules[i])}`);
        }
        const mean = images.reduce((sum, image) => sum + image.depth!.absRel, 0) / images.length;
        assert.ok(Math.abs(evaluations[at]!.depth.absRel - mean) < 1e-12, 'the table is the mean over images');
      }
    }
  },
);

test('KITTI 2015 metrics, objects and background apart', skip, async () => {
  const source = await openSource({ kind: 'kitti-2015', folder: sharedData('kitti2015')!, ids: scenes });
  // The sample has no map of objects: every third stripe of seven pixels stands in, there and here.
  const withObjects: StereoSource = {
    ...source,
    async read(index) {
      const sample = await source.read(index);
      const foregroundLeft = createMaskMap(sample.left.width, sample.left.height);
      for (let i = 0; i < foregroundLeft.data.length; i++) if (Math.floor(i / 7) % 3 === 0) foregroundLeft.data[i] = 1;
      return { ...sample, foregroundLeft };
    },
  };
  const [noc] = await evaluateByRules(withObjects, place, [{ pixels: 'noc', crop: 'none', maxDepthM: 80 }]);
  assertMetrics(disparityMetrics(noc!.images[0]!.disparity), expected.stereo[0]!, scenes[0]);
  assertMetrics(noc!.disparity, expected.stereo[0]!, 'one image alone');
});

test('Scene Flow metrics', skip, async () => {
  const source = await openSource({ kind: 'scene-flow', folder: sharedData('sceneflow')! });
  const predict: Predict = async () => prediction(960, 540, 20, 30);
  const [all] = await evaluateByRules(source, predict, [{ pixels: 'all', crop: 'none', maxDepthM: 1000 }]);
  assertMetrics(all!.disparity, expected.sceneFlow[0]!, 'flyingthings3d');
});
