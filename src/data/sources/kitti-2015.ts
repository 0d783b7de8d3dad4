import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../base/config.js';
import { CyclopsError, messageOf } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import type { StereoCamera } from '../../geometry/camera.js';
import type { FloatMap, MaskMap, RgbImage } from '../../geometry/raster.js';
import { createMaskMap } from '../../geometry/raster.js';
import { readRgb } from '../../image/codec.js';
import { readPng16 } from '../../image/png16.js';
import { camerasSchema, parseKittiCalibration } from '../calibration.js';
import { readLabelsInfo, readPairLabels } from '../labels.js';
import type { SourceSpec, StereoSample, StereoSource } from '../sample.js';

type KittiSpec = Extract<SourceSpec, { kind: 'kitti-2015' }>;

/** The ground-truth folders of one view: every measured pixel, and those that the other camera sees too. */
const truthFolders = {
  left: { all: 'disp_occ_0', visible: 'disp_noc_0' },
  right: { all: 'disp_occ_0_right', visible: 'disp_noc_0_right' },
} as const;

/** Where one pair's files are; truth folders that lack the pair are absent. */
interface PairFiles {
  readonly id: string;
  readonly left: string;
  readonly right: string;
  readonly truth: Readonly<Record<'left' | 'right', { readonly all?: string; readonly visible?: string }>>;
  readonly calibration: string;
}

/**
 * Opens a folder in the layout of KITTI Stereo 2015 (`training/image_2`, `image_3`, `disp_occ_0`, `disp_noc_0`,
 * `calib_cam_to_cam`), official or written by `cyclops synth` (which adds `disp_*_right` and `cameras.json`). Pictures
 * are PNG or JPEG. With `labels`, a folder of pseudo labels takes the place of all ground truth. Nothing but names is read until `read`.
 * @throws CyclopsError `FILE_MISSING` (folder, a wanted id), `DATA_EMPTY`, `CONFIG_INVALID` (cameras.json).
 */
export async function openKitti2015(spec: KittiSpec): Promise<StereoSource> {
  const folder = await findTrainingFolder(spec.folder);
  const pairs = await listPairs(folder, spec);
  const camerasPath = [join(spec.folder, 'cameras.json'), join(folder, 'cameras.json')].find(existsSync);
  const cameras = camerasPath === undefined ? {} : await readConfig(camerasPath, camerasSchema);
  if (spec.labels !== undefined) await readLabelsInfo(spec.labels);
  return {
    spec,
    length: pairs.length,
    fingerprint: await fingerprintOf(pairs, camerasPath, spec.labels),
    async read(index) {
      const pair = pairs[index];
      if (pair === undefined) throw new Error(`assertion failed: pair ${index} of ${pairs.length}`);
      return readPair(pair, cameras[pair.id], spec.labels);
    },
  };
}

async function findTrainingFolder(root: string): Promise<string> {
  const found = [join(root, 'training'), root].find((folder) => existsSync(join(folder, 'image_2')));
  if (found !== undefined) return found;
  if (!existsSync(root)) throw new CyclopsError('FILE_MISSING', `${root}: no such folder`);
  throw new CyclopsError(
    'DATA_EMPTY',
    `${root}: expected pairs in training/image_2 and training/image_3, found neither`,
  );
}

async function listPairs(folder: string, spec: KittiSpec): Promise<PairFiles[]> {
  const left = await listFiles(join(folder, 'image_2'), ['.png', '.jpg', '.jpeg']);
  const right = await listFiles(join(folder, 'image_3'), ['.png', '.jpg', '.jpeg']);
  const truth: Record<string, ReadonlyMap<string, string>> = {};
  for (const name of Object.values(truthFolders).flatMap(({ all, visible }) => [all, visible])) {
    truth[name] = await listFiles(join(folder, name), ['.png']);
  }
  // The official data hold two moments, _10 and _11, of each scene; disparity belongs to the first.
  const stems = [...left.keys()].sort();
  const firsts = stems.filter((stem) => stem.endsWith('_10'));
  const ids = selectIds(firsts.length > 0 ? firsts : stems, spec);
  if (ids.length === 0)
    throw new CyclopsError('DATA_EMPTY', `${join(folder, 'image_2')}: expected PNG or JPEG images, found none`);
  return ids.map((id) => ({
    id,
    left: left.get(id)!,
    // Named even where it is missing: reading the pair then fails with this path.
    right: right.get(id) ?? join(folder, 'image_3', `${id}.png`),
    truth: { left: truthOf('left', id), right: truthOf('right', id) },
    calibration: join(folder, 'calib_cam_to_cam', `${id.replace(/_\d+$/, '')}.txt`),
  }));

  function truthOf(view: 'left' | 'right', id: string): { all?: string; visible?: string } {
    const all = truth[truthFolders[view].all]?.get(id);
    const visible = truth[truthFolders[view].visible]?.get(id);
    return { ...(all === undefined ? {} : { all }), ...(visible === undefined ? {} : { visible }) };
  }
}

function selectIds(stems: readonly string[], spec: KittiSpec): readonly string[] {
  return spec.ids === undefined
    ? stems
    : spec.ids.map((wanted) => {
        const stem = stems.find((candidate) => candidate === wanted || candidate === `${wanted}_10`);
        if (stem === undefined)
          throw new CyclopsError('FILE_MISSING', `${spec.folder}: no pair with the id "${wanted}"`);
        return stem;
      });
}

/** File stem -> path of the files with one of the endings; nothing if there is no such folder. */
async function listFiles(folder: string, endings: readonly string[]): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const files = new Map<string, string>();
  for (const name of names) {
    const dot = name.lastIndexOf('.');
    if (endings.includes(name.slice(dot).toLowerCase())) files.set(name.slice(0, dot), join(folder, name));
  }
  return files;
}

async function readPair(
  pair: PairFiles,
  knownCamera: StereoCamera | undefined,
  labels: string | undefined,
): Promise<StereoSample> {
  const [left, right] = await Promise.all([readRgb(pair.left), readRightView(pair)]);
  assertSameSize(left, pair.left, right, pair.right);
  const camera = knownCamera ?? (await readCalibration(pair));
  if (camera.width !== left.width || camera.height !== left.height) {
    throw new CyclopsError(
      'IMAGE_SIZE_MISMATCH',
      `${pair.left}: expected ${camera.width}x${camera.height} as its calibration says, found ${left.width}x${left.height}`,
    );
  }
  const truth =
    labels === undefined
      ? { ...(await readTruth(pair, 'left', left)), ...(await readTruth(pair, 'right', left)) }
      : await readPairLabels(labels, pair.id, left.width, left.height);
  return { id: pair.id, left, right, camera, origin: pair.left, ...truth };
}

async function readRightView(pair: PairFiles): Promise<RgbImage> {
  if (!existsSync(pair.right)) {
    throw new CyclopsError('FILE_MISSING', `${pair.right}: the right view of ${pair.left} is missing`);
  }
  return readRgb(pair.right);
}

async function readCalibration(pair: PairFiles): Promise<StereoCamera> {
  if (!existsSync(pair.calibration)) {
    throw new CyclopsError(
      'FILE_MISSING',
      `${pair.calibration}: the calibration of pair ${pair.id} is missing, and no cameras.json names the pair`,
    );
  }
  return parseKittiCalibration(await readText(pair.calibration), pair.calibration);
}

/**
 * One view's truth. With both folders, a pixel is visible where the non-occluded one has a value; with only the
 * non-occluded one, that is all there is. With only the other one nothing is known about visibility.
 */
async function readTruth(
  pair: PairFiles,
  view: 'left' | 'right',
  image: RgbImage,
): Promise<Partial<Pick<StereoSample, 'disparityLeft' | 'disparityRight' | 'visibleLeft' | 'visibleRight'>>> {
  const { all, visible } = pair.truth[view];
  const path = all ?? visible;
  if (path === undefined) return {};
  const disparity = await readPng16(path);
  assertSameSize(image, pair.left, disparity, path);
  let mask: MaskMap | undefined;
  if (visible !== undefined) {
    const seen = all === undefined ? disparity : await readPng16(visible);
    assertSameSize(image, pair.left, seen, visible);
    mask = knownMask(seen);
  }
  return view === 'left'
    ? { disparityLeft: disparity, ...(mask === undefined ? {} : { visibleLeft: mask }) }
    : { disparityRight: disparity, ...(mask === undefined ? {} : { visibleRight: mask }) };
}

function knownMask({ width, height, data }: FloatMap): MaskMap {
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (!Number.isNaN(data[i]!)) mask.data[i] = 1;
  return mask;
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

function assertSameSize(expected: Sized, expectedPath: string, found: Sized, foundPath: string): void {
  if (expected.width === found.width && expected.height === found.height) return;
  throw new CyclopsError(
    'IMAGE_SIZE_MISMATCH',
    `${foundPath}: expected ${expected.width}x${expected.height} like ${expectedPath}, found ${found.width}x${found.height}`,
  );
}

/** A digest over every file's name, size and time of change: cheap, and different whenever a file is. */
async function fingerprintOf(
  pairs: readonly PairFiles[],
  camerasPath: string | undefined,
  labels: string | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const shared = [camerasPath, labels === undefined ? undefined : join(labels, 'labels.json')];
  const paths = [
    ...shared,
    ...pairs.flatMap(({ left, right, truth, calibration }) => [
      left,
      right,
      ...Object.values(truth.left),
      ...Object.values(truth.right),
      calibration,
    ]),
  ].filter((path) => path !== undefined);
  for (let at = 0; at < paths.length; at += 64) {
    const lines = await Promise.all(
      paths.slice(at, at + 64).map((path) =>
        stat(path).then(
          ({ size, mtimeMs }) => `${path} ${size} ${mtimeMs}\n`,
          // A missing file is told when its pair is read; here it is only another state of the data.
          (error: unknown) => `${path} ${messageOf(error).split(':')[0]}\n`,
        ),
      ),
    );
    for (const line of lines) hash.update(line);
  }
  return hash.digest('hex');
}
