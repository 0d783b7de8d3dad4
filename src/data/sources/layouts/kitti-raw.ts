import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readBytes, readText } from '../../../base/files.js';
import type { StereoCamera } from '../../../geometry/camera.js';
import { disparityFromDepth } from '../../../geometry/disparity.js';
import type { FloatMap } from '../../../geometry/raster.js';
import { readPng16 } from '../../../image/png16.js';
import { parseKittiCalibration } from '../../calibration.js';
import type { FolderSpec } from '../../sample.js';
import type { LidarDepth } from '../../velodyne.js';
import { depthFromScan, lidarProjection } from '../../velodyne.js';
import { cameraForImage } from '../calibrated-size.js';
import { assertSameSize, imageEndings, listFiles, listFolders, namesIn } from '../files.js';
import type { Layout, Listing, PairCamera, PairFiles, Size, Truth } from '../layout.js';

const datePattern = /^\d{4}_\d{2}_\d{2}$/;
const drivePattern = /^\d{4}_\d{2}_\d{2}_drive_\d{4}_(?:sync|extract)$/;

/**
 * KITTI raw, synced and rectified: `DATE/DRIVE/image_02/data/FRAME.png` and `image_03`, `velodyne_points/data/FRAME.bin`,
 * `DATE/calib_*.txt`. Improved ground truth (`DRIVE/proj_depth/groundtruth/image_02`) is found inside the drives' folders,
 * or in `train` and `val` of the folder itself, of `data_depth_annotated` in it, or of one beside it. Ids are
 * `DRIVE_FRAME`.
 */
export const kittiRaw: Layout = {
  name: 'kitti-raw',
  expects: 'frames in DATE/DRIVE/image_02/data',
  detect: (folder) => namesIn(folder).some((name) => datePattern.test(name)),
  async list(spec) {
    const pairs: PairFiles[] = [];
    const orphans: string[] = [];
    for (const date of (await listFolders(spec.folder)).filter((name) => datePattern.test(name))) {
      for (const drive of (await listFolders(join(spec.folder, date))).filter((name) => drivePattern.test(name))) {
        const found = await listDrive(spec, date, drive);
        pairs.push(...found.pairs);
        orphans.push(...found.orphans);
      }
    }
    return { pairs, root: spec.folder, orphans };
  },
};

async function listDrive(spec: FolderSpec, date: string, drive: string): Promise<Omit<Listing, 'root'>> {
  const day = join(spec.folder, date);
  const folder = join(day, drive);
  const left = await listFiles(join(folder, 'image_02/data'), imageEndings);
  const right = await listFiles(join(folder, 'image_03/data'), imageEndings);
  const scans = await listFiles(join(folder, 'velodyne_points/data'), ['.bin']);
  const truthKind = spec.truth ?? 'lidar-z';
  const annotated = truthKind === 'annotated' ? await listAnnotated(spec.folder, date, drive) : undefined;
  const camToCam = join(day, 'calib_cam_to_cam.txt');
  const veloToCam = join(day, 'calib_velo_to_cam.txt');
  const readCamera = async (size: Size, image: string): Promise<PairCamera> => {
    const camera = parseKittiCalibration(await readText(camToCam), camToCam);
    return cameraForImage(camera, camera, size, { calibration: camToCam, image });
  };
  return {
    orphans: [...right].filter(([frame]) => !left.has(frame)).map(([, path]) => path),
    pairs: [...left].map(([frame, path]): PairFiles => {
      const scan = scans.get(frame);
      const base = {
        id: `${drive}_${frame}`,
        left: path,
        right: right.get(frame) ?? join(folder, 'image_03/data', `${frame}.png`),
        cameraFiles: [camToCam],
        readCamera: (size: Size) => readCamera(size, path),
      };
      if (annotated !== undefined) {
        const files = { left: annotated.left.get(frame), right: annotated.right.get(frame) };
        return {
          ...base,
          truthFiles: [files.left, files.right].filter((file) => file !== undefined),
          readTruth: (camera) => readAnnotated(files, camera, path),
        };
      }
      if (truthKind === 'none' || scan === undefined) return { ...base, truthFiles: [], readTruth: async () => ({}) };
      return {
        ...base,
        truthFiles: [scan, veloToCam],
        readTruth: (camera) =>
          readScan(scan, camToCam, veloToCam, camera, truthKind === 'lidar-forward' ? 'lidar-forward' : 'camera-z'),
      };
    }),
  };
}

/** Frame -> file of the improved ground truth of both cameras. */
async function listAnnotated(
  root: string,
  date: string,
  drive: string,
): Promise<{ left: ReadonlyMap<string, string>; right: ReadonlyMap<string, string> }> {
  const sets = [root, join(root, 'data_depth_annotated'), join(dirname(root), 'data_depth_annotated')];
  const places = [
    join(root, date, drive),
    ...sets.flatMap((set) => ['train', 'val'].map((part) => join(set, part, drive))),
  ];
  const found = places.map((place) => join(place, 'proj_depth/groundtruth')).find(existsSync) ?? '';
  return {
    left: await listFiles(join(found, 'image_02'), ['.png']),
    right: await listFiles(join(found, 'image_03'), ['.png']),
  };
}

async function readScan(
  scan: string,
  camToCam: string,
  veloToCam: string,
  camera: StereoCamera,
  depthIs: LidarDepth,
): Promise<Truth> {
  const bytes = await readBytes(scan);
  const cam = { text: await readText(camToCam), name: camToCam };
  const velo = { text: await readText(veloToCam), name: veloToCam };
  const depthOf = (view: '02' | '03', kind: LidarDepth): FloatMap =>
    depthFromScan(bytes, lidarProjection(view, cam, velo), camera, kind, scan);
  const cameraDepth = depthOf('02', 'camera-z');
  return {
    depthLeft: depthIs === 'camera-z' ? cameraDepth : depthOf('02', depthIs),
    // Disparity is a matter of the cameras, whatever axis the tables measure along.
    disparityLeft: disparityFromDepth(cameraDepth, camera),
    disparityRight: disparityFromDepth(depthOf('03', 'camera-z'), camera),
  };
}

async function readAnnotated(
  files: { readonly left: string | undefined; readonly right: string | undefined },
  camera: StereoCamera,
  image: string,
): Promise<Truth> {
  const depthOf = async (path: string | undefined): Promise<FloatMap | undefined> => {
    if (path === undefined) return undefined;
    const map = await readPng16(path);
    assertSameSize(camera, image, map, path);
    return map;
  };
  const left = await depthOf(files.left);
  const right = await depthOf(files.right);
  return {
    ...(left === undefined ? {} : { depthLeft: left, disparityLeft: disparityFromDepth(left, camera) }),
    ...(right === undefined ? {} : { disparityRight: disparityFromDepth(right, camera) }),
  };
}
