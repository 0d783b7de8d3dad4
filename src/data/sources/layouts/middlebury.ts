import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CyclopsError } from '../../../base/errors.js';
import { readBytes, readText } from '../../../base/files.js';
import type { StereoCamera } from '../../../geometry/camera.js';
import type { MaskMap } from '../../../geometry/raster.js';
import { createMaskMap } from '../../../geometry/raster.js';
import { decodeGreyPng } from '../../../image/png-grey.js';
import { assertPinhole, linesOf, refuseStrayKeys } from '../../calibration.js';
import { type CameraNames, cameraForImage, cameraOfAnySize } from '../calibrated-size.js';
import { assertSameSize, findImage, foldersIn, listFolders } from '../files.js';
import type { Layout, PairCamera, PairFiles, Size } from '../layout.js';
import { readSignedDisparity } from '../signed-disparity.js';

/** Scenes lie in `MiddEval3/trainingQ/SCENE`, or one folder higher or lower. */
const limitDepth = 3;

/** Names of each view's disparity: of the benchmark, and of the 2014 data sets. */
const truthNames = { left: ['disp0GT.pfm', 'disp0.pfm'], right: ['disp1GT.pfm', 'disp1.pfm'] } as const;

/**
 * Middlebury 2014 and its benchmark (version 3): a folder a scene with `im0.png`, `im1.png`, `disp0GT.pfm` or `disp0.pfm`,
 * `mask0nocc.png`, `calib.txt`. The two cameras have different principal points (`doffs`). Ids are the path, joined by `_`.
 */
export const middlebury: Layout = {
  name: 'middlebury',
  expects: 'scenes with im0.png, im1.png and calib.txt',
  detect: (folder) => {
    const isScene = (place: string): boolean => ['im0.png', 'calib.txt'].every((name) => existsSync(join(place, name)));
    const inside = foldersIn(folder);
    return existsSync(join(folder, 'MiddEval3')) || [folder, ...inside, ...inside.flatMap(foldersIn)].some(isScene);
  },
  async list(spec) {
    const scenes = await scenesIn(spec.folder, 0);
    return {
      root: spec.folder,
      orphans: [],
      pairs: scenes.map((folder): PairFiles => {
        const left = findImage(join(folder, 'im0')) ?? join(folder, 'im0.png');
        const calibration = join(folder, 'calib.txt');
        const find = (names: readonly string[]): string | undefined =>
          names.map((name) => join(folder, name)).find(existsSync);
        const truth = { left: find(truthNames.left), right: find(truthNames.right), mask: find(['mask0nocc.png']) };
        return {
          id: (relative(spec.folder, folder) || 'scene').split('/').join('_'),
          left,
          right: findImage(join(folder, 'im1')) ?? join(folder, 'im1.png'),
          cameraFiles: [calibration],
          truthFiles: Object.values(truth).filter((path) => path !== undefined),
          readCamera: async (size) =>
            parseMiddleburyCalibration(await readText(calibration), size, { calibration, image: left }),
          async readTruth(camera) {
            const read = async (path: string) => {
              const map = await readSignedDisparity(path, 'positive');
              assertSameSize(camera, left, map, path);
              return map;
            };
            return {
              ...(truth.left === undefined ? {} : { disparityLeft: await read(truth.left) }),
              ...(truth.right === undefined ? {} : { disparityRight: await read(truth.right) }),
              ...(truth.mask === undefined ? {} : { visibleLeft: await readSeen(truth.mask, camera, left) }),
            };
          },
        };
      }),
    };
  },
};

async function scenesIn(folder: string, depth: number): Promise<string[]> {
  if (findImage(join(folder, 'im0')) !== undefined) return [folder];
  if (depth === limitDepth) return [];
  const inside = await listFolders(folder);
  return (await Promise.all(inside.map((name) => scenesIn(join(folder, name), depth + 1)))).flat();
}

/**
 * The rig of a Middlebury `calib.txt`: `cam0=[f 0 cx; 0 f cy; 0 0 1]`, `cam1`, `doffs` (px), `baseline` (mm), and the size
 * of the image that they are for, `width` and `height` (px).
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line; `IMAGE_SIZE_MISMATCH`.
 */
function parseMiddleburyCalibration(text: string, stored: Size, names: CameraNames): PairCamera {
  const name = names.calibration;
  const fields = linesOf(text).flatMap((line) => /^\s*([A-Za-z]\w*)\s*=/.exec(line)?.[1] ?? []);
  refuseStrayKeys(fields, knownKeys, name, "the fields of Middlebury's calibration");
  const numbersOf = (key: string, count: number): number[] => {
    const line = new RegExp(`^${key}=\\[?([^\\]\\r\\n]*)`, 'm').exec(text)?.[1];
    const values = (line ?? '')
      .split(/[\s;]+/)
      .filter((part) => part !== '')
      .map(Number);
    if (values.length === count && values.every(Number.isFinite)) return values;
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${name} ${key}: expected ${count} numbers, found "${line ?? 'no such line'}"`,
    );
  };
  const matrix = numbersOf('cam0', 9);
  assertPinhole(matrix, 'cam0', name);
  const [fxPx, , cxPx, , fyPx, cyPx] = matrix as [number, number, number, number, number, number];
  const [baselineMm] = numbersOf('baseline', 1) as [number];
  const [doffsPx] = numbersOf('doffs', 1) as [number];
  if (fields.includes('cam1')) assertSecondCamera(numbersOf('cam1', 9), matrix, doffsPx, name);
  const camera = { fxPx, fyPx, cxPx, cyPx, baselineM: baselineMm / 1000, doffsPx };
  if (!fields.includes('width') && !fields.includes('height')) return cameraOfAnySize(camera, stored, names);
  const calibrated = { width: numbersOf('width', 1)[0]!, height: numbersOf('height', 1)[0]! };
  return cameraForImage(camera, calibrated, stored, names);
}

const knownKeys = /^(?:cam[01]|doffs|baseline|width|height|ndisp|isint|vmin|vmax|dyavg|dymax)$/;

/** What files round away is less than this, px. */
const agreementPx = 0.05;

/** The second camera is the first one, its principal point `doffs` further right. */
function assertSecondCamera(second: readonly number[], first: readonly number[], doffsPx: number, name: string): void {
  assertPinhole(second, 'cam1', name);
  const expected = first.map((value, index) => (index === 2 ? value + doffsPx : value));
  if (expected.every((value, index) => Math.abs(value - second[index]!) <= agreementPx)) return;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${name} cam1: expected cam0 with its principal point doffs (${doffsPx}) further right, found ${second.join(' ')}`,
  );
}

/** `mask0nocc.png`: 255 = seen by both cameras, 128 = by the left one only, 0 = unknown. */
async function readSeen(path: string, camera: StereoCamera, image: string): Promise<MaskMap> {
  const { width, height, data } = decodeGreyPng(await readBytes(path), path);
  assertSameSize(camera, image, { width, height }, path);
  const mask = createMaskMap(width, height);
  for (let i = 0; i < data.length; i++) if (data[i] === 255) mask.data[i] = 1;
  return mask;
}
