import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import type { StereoCamera } from '../../geometry/camera.js';
import type { FloatMap, MaskMap, RgbImage } from '../../geometry/raster.js';
import { createMaskMap } from '../../geometry/raster.js';
import { readRgb } from '../../image/codec.js';
import { readPng16 } from '../../image/png16.js';
import { camerasSchema, parseKittiCalibration } from '../calibration.js';
import { readLabelsInfo, readPairLabels } from '../labels.js';
import type { SourceSpec, StereoSample, StereoSource } from '../sample.js';
import { fingerprintOf } from './fingerprint.js';

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
 * are PNG or JPEG. With `labels`, a folder of pseudo labels takes the place of all ground truth. No picture is read
 * until `read`.
 * @throws CyclopsError `FILE_MISSING` (folder, a wanted id), `DATA_EMPTY`, `CONFIG_INVALID` (cameras.json),
 * `DATA_INVALID` where the labels were made from other images or cameras.
 */
export async function openKitti2015(spec: KittiSpec): Promise<StereoSource> {
  const folder = await findTrainingFolder(spec.folder);
  const all = await listPairs(folder);
  const pairs = spec.ids === undefined ? all : selectPairs(all, spec.ids, spec.folder);
  const camerasPath = [join(spec.folder, 'cameras.json'), join(folder, 'cameras.json')].find(existsSync);
  const cameras = camerasPath === undefined ? {} : await readConfig(camerasPath, camerasSchema);
  const imagesFingerprint = await fingerprintImages(folder, all, cameras);
  const labels = spec.labels === undefined ? undefined : await readLabelsInfo(spec.labels);
  if (labels !== undefined && labels.dataFingerprint !== imagesFingerprint) {
    throw new CyclopsError(
      'DATA_INVALID',
      `${spec.labels}/labels.json dataFingerprint: these labels were made from other images or cameras than those in ${spec.folder}; label this folder with cyclops label`,
    );
  }
  const truth = pairs.flatMap((pair) => [...Object.values(pair.truth.left), ...Object.values(pair.truth.right)]);
  return {
    spec,
    length: pairs.length,
    // Labels take the place of the truth, so that only they count.
    fingerprint: await fingerprintOf(folder, {
      facts: [pairs === all ? imagesFingerprint : await fingerprintImages(folder, pairs, cameras), labels],
      sizes: labels === undefined ? truth : [],
    }),
    imagesFingerprint,
    idAt: (index) => pairAt(index).id,
    async read(index) {
      const pair = pairAt(index);
      return readPair(pair, cameras[pair.id], spec.labels);
    },
  };

  function pairAt(index: number): PairFiles {
    const pair = pairs[index];
    if (pair === undefined) throw new Error(`assertion failed: pair ${index} of ${pairs.length}`);
    return pair;
  }
}

/** The fingerprint of what a teacher looks at: both views' files, and cameras by content. */
function fingerprintImages(
  folder: string,
  pairs: readonly PairFiles[],
  cameras: Readonly<Record<string, StereoCamera>>,
): Promise<string> {
  return fingerprintOf(folder, {
    facts: pairs.map(({ id }) => [id, cameras[id]]),
    sizes: pairs.flatMap(({ left, right }) => [left, right]),
    contents: pairs.filter(({ id }) => cameras[id] === undefined).map(({ calibration }) => calibration),
  });
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

async function listPairs(folder: string): Promise<PairFiles[]> {
  const left = await listFiles(join(folder, 'image_2'), ['.png', '.jpg', '.jpeg']);
  const right = await listFiles(join(folder, 'image_3'), ['.png', '.jpg', '.jpeg']);
  const truth: Record<string, ReadonlyMap<string, string>> = {};
  for (const name of Object.values(truthFolders).flatMap(({ all, visible }) => [all, visible])) {
    truth[name] = await listFiles(join(folder, name), ['.png']);
  }
  // The official data hold two moments, _10 and _11, of each scene; disparity belongs to the first.
  const stems = [...left.keys()].sort();
  const firsts = stems.filter((stem) => stem.endsWith('_10'));
  const ids = firsts.length > 0 ? firsts : stems;
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

function selectPairs(pairs: readonly PairFiles[], ids: readonly string[], folder: string): PairFiles[] {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  return ids.map((wanted) => {
    const pair = byId.get(wanted) ?? byId.get(`${wanted}_10`);
    if (pair === undefined) throw new CyclopsError('FILE_MISSING', `${folder}: no pair with the id "${wanted}"`);
    return pair;
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
