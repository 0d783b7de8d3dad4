import { z } from 'zod';
import { parseConfig } from '../base/config.js';
import { CyclopsError } from '../base/errors.js';
import { readText } from '../base/files.js';
import type { Intrinsics } from '../geometry/camera.js';
import type { LensDistortion, Rotation } from '../geometry/distortion.js';

/** What a calibration file says of one camera. */
export interface CameraCalibration {
  /** The real camera, px at the calibration's picture size. */
  readonly camera: Intrinsics;
  /** Undefined where the pictures are those of a pinhole already. */
  readonly lens: LensDistortion | undefined;
  /** Rectifying rotation; undefined where there is none. */
  readonly rotation: Rotation | undefined;
  /** The pinhole that the pictures shall be turned into: `projection_matrix`, else the camera's own matrix. */
  readonly rectified: Intrinsics;
}

const fileLimitBytes = 1024 * 1024;
const numbers = z.array(z.number());
/** A matrix as ROS and OpenCV write it, or its bare numbers. */
const matrix = z.union([numbers, z.looseObject({ data: numbers }).transform(({ data }) => data)]);
/** Names without case and underscores: ROS, OpenCV's samples and ROS messages differ in little else. */
const fileSchema = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase().replaceAll('_', ''), item]))
      : value,
  z.looseObject({
    imagewidth: z.int().positive().optional(),
    imageheight: z.int().positive().optional(),
    width: z.int().positive().optional(),
    height: z.int().positive().optional(),
    cameramatrix: matrix.optional(),
    k: matrix.optional(),
    distortionmodel: z.string().optional(),
    fisheyemodel: z.union([z.number(), z.boolean()]).optional(),
    distortioncoefficients: matrix.optional(),
    distcoeffs: matrix.optional(),
    d: matrix.optional(),
    rectificationmatrix: matrix.optional(),
    r: matrix.optional(),
    projectionmatrix: matrix.optional(),
    p: matrix.optional(),
  }),
);

/**
 * Reads a calibration as ROS's camera_calibration (`camera_info` YAML) or OpenCV's calibration sample writes it.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `CONFIG_INVALID`; `CAMERA_INVALID` naming what is missing or odd.
 */
export async function readCalibration(path: string): Promise<CameraCalibration> {
  return parseCalibration(await readText(path, fileLimitBytes), path);
}

/** The text of a calibration file. @param path for messages. */
export function parseCalibration(text: string, path: string): CameraCalibration {
  // OpenCV's first line and its tag are not YAML; blanks in their place keep the line numbers.
  const yaml = text.replace(/^%YAML.*$/m, '').replaceAll('!!opencv-matrix', '');
  const file = parseConfig(yaml, path, fileSchema);
  const width = file.imagewidth ?? file.width;
  const height = file.imageheight ?? file.height;
  if (width === undefined || height === undefined) {
    throw new CyclopsError('CAMERA_INVALID', `${path}: expected image_width and image_height, found neither`);
  }
  const k = sized(file.cameramatrix ?? file.k, 9, path, 'camera_matrix');
  if (k === undefined) throw new CyclopsError('CAMERA_INVALID', `${path}: expected camera_matrix, found none`);
  const camera = pinhole(width, height, [k[0]!, k[4]!, k[2]!, k[5]!], path, 'camera_matrix');
  const coefficients = file.distortioncoefficients ?? file.distcoeffs ?? file.d ?? [];
  const isFisheye = file.fisheyemodel === 1 || file.fisheyemodel === true;
  const lens = lensOf(file.distortionmodel ?? (isFisheye ? 'equidistant' : 'plumb_bob'), coefficients, path);
  const r = sized(file.rectificationmatrix ?? file.r, 9, path, 'rectification_matrix');
  const p = sized(file.projectionmatrix ?? file.p, 12, path, 'projection_matrix');
  const rotation = r === undefined || isIdentity(r) ? undefined : assertRotation(r, path);
  const rectified =
    p === undefined ? camera : pinhole(width, height, [p[0]!, p[5]!, p[2]!, p[6]!], path, 'projection_matrix');
  return { camera, lens, rotation, rectified };
}

function lensOf(model: string, given: readonly number[], path: string): LensDistortion | undefined {
  if (given.every((value) => value === 0)) return undefined;
  const at = (index: number) => given[index] ?? 0;
  switch (model.toLowerCase()) {
    case 'equidistant':
    case 'fisheye':
      if (given.length !== 4) break;
      return { kind: 'fisheye', k: [at(0), at(1), at(2), at(3)] };
    case 'plumb_bob':
    case 'rational_polynomial':
      // OpenCV's further coefficients (thin prism, tilted sensor) are there but zero where they were not asked for.
      if (given.length < 4 || given.slice(8).some((value) => value !== 0)) break;
      return {
        kind: 'brown',
        radial: [at(0), at(1), at(4)],
        tangential: [at(2), at(3)],
        rational: [at(5), at(6), at(7)],
      };
  }
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${path} distortion: expected plumb_bob or rational_polynomial with 4 to 8 coefficients, or equidistant with 4, found ${model} with ${given.length}`,
  );
}

function pinhole(
  width: number,
  height: number,
  [fxPx, fyPx, cxPx, cyPx]: readonly [number, number, number, number],
  path: string,
  name: string,
): Intrinsics {
  if (!(fxPx > 0 && fyPx > 0)) {
    throw new CyclopsError('CAMERA_INVALID', `${path} ${name}: expected focal lengths above 0, found ${fxPx}, ${fyPx}`);
  }
  return { width, height, fxPx, fyPx, cxPx, cyPx };
}

function sized(given: readonly number[] | undefined, length: number, path: string, name: string) {
  if (given === undefined || given.length === length) return given;
  throw new CyclopsError('CAMERA_INVALID', `${path} ${name}: expected ${length} numbers, found ${given.length}`);
}

function isIdentity(r: readonly number[]): boolean {
  return r.every((value, index) => Math.abs(value - (index % 4 === 0 ? 1 : 0)) < 1e-9);
}

function assertRotation(r: readonly number[], path: string): Rotation {
  for (const [a, b, wanted] of [
    [0, 0, 1],
    [1, 1, 1],
    [2, 2, 1],
    [0, 1, 0],
    [0, 2, 0],
    [1, 2, 0],
  ] as const) {
    const dot = r[3 * a]! * r[3 * b]! + r[3 * a + 1]! * r[3 * b + 1]! + r[3 * a + 2]! * r[3 * b + 2]!;
    if (Math.abs(dot - wanted) > 1e-3) {
      throw new CyclopsError(
        'CAMERA_INVALID',
        `${path} rectification_matrix: expected a rotation, found another matrix`,
      );
    }
  }
  return r;
}
