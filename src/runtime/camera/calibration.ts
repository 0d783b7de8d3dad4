import { z } from 'zod';
import { parseConfig } from '../../base/config.js';
import { CyclopsError } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import type { Intrinsics } from '../../geometry/camera.js';
import type { LensDistortion, Rotation } from '../../geometry/distortion.js';

/** What a calibration file says of one camera. */
export interface CameraCalibration {
  /** The real camera, px at the calibration's image size. */
  readonly camera: Intrinsics;
  /** Undefined where the images are those of a pinhole already. */
  readonly lens: LensDistortion | undefined;
  /** Rectifying rotation; undefined where there is none. */
  readonly rotation: Rotation | undefined;
  /** The pinhole that the images shall be turned into: `projection_matrix`, else the camera's own matrix. */
  readonly rectified: Intrinsics;
  /** Fourth column of `projection_matrix`: the camera's shift against the rig's first one, fx * X and fy * Y; 0 without one. */
  readonly shift: { readonly x: number; readonly y: number };
}

const fileLimitBytes = 1024 * 1024;
const numbers = z.array(z.number());
/** A matrix as ROS and OpenCV write it, or its bare numbers; gives the numbers row by row. */
export const matrixSchema = z.union([numbers, z.looseObject({ data: numbers }).transform(({ data }) => data)]);
/** Keys without case and underscores: ROS, OpenCV's samples and ROS messages differ in little else. */
export function withPlainKeys<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (value) =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase().replaceAll('_', ''), item]))
        : value,
    schema,
  );
}

const fileSchema = withPlainKeys(
  z.looseObject({
    imagewidth: z.int().positive().optional(),
    imageheight: z.int().positive().optional(),
    width: z.int().positive().optional(),
    height: z.int().positive().optional(),
    cameramatrix: matrixSchema.optional(),
    k: matrixSchema.optional(),
    distortionmodel: z.string().optional(),
    fisheyemodel: z.union([z.number(), z.boolean()]).optional(),
    distortioncoefficients: matrixSchema.optional(),
    distcoeffs: matrixSchema.optional(),
    d: matrixSchema.optional(),
    rectificationmatrix: matrixSchema.optional(),
    r: matrixSchema.optional(),
    projectionmatrix: matrixSchema.optional(),
    p: matrixSchema.optional(),
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
  const file = parseYaml(text, path, fileSchema);
  const width = file.imagewidth ?? file.width;
  const height = file.imageheight ?? file.height;
  if (width === undefined || height === undefined) {
    throw new CyclopsError('CAMERA_INVALID', `${path}: expected image_width and image_height, found neither`);
  }
  const isFisheye = file.fisheyemodel === 1 || file.fisheyemodel === true;
  return calibrationFrom(
    {
      width,
      height,
      k: file.cameramatrix ?? file.k,
      model: file.distortionmodel ?? (isFisheye ? 'equidistant' : 'plumb_bob'),
      coefficients: file.distortioncoefficients ?? file.distcoeffs ?? file.d ?? [],
      r: file.rectificationmatrix ?? file.r,
      p: file.projectionmatrix ?? file.p,
    },
    path,
    { k: 'camera_matrix', r: 'rectification_matrix', p: 'projection_matrix' },
  );
}

/** A calibration's YAML against a schema: OpenCV's first line and its tag are no YAML. @throws CyclopsError `CONFIG_INVALID`. */
export function parseYaml<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  // Blanks in their place keep the line numbers.
  return parseConfig(text.replace(/^%YAML.*$/m, '').replaceAll('!!opencv-matrix', ''), path, schema);
}

/** The numbers of one camera, as a calibration file has them; matrices row by row. */
export interface CalibrationNumbers {
  readonly width: number;
  readonly height: number;
  /** 3x3. */
  readonly k: readonly number[] | undefined;
  /** `plumb_bob`, `rational_polynomial`, `equidistant` or `fisheye`. */
  readonly model: string;
  readonly coefficients: readonly number[];
  /** 3x3; no rotation unless given. */
  readonly r: readonly number[] | undefined;
  /** 3x4; `k` unless given. */
  readonly p: readonly number[] | undefined;
}

/**
 * Checks the numbers of one camera.
 * @param names what the file calls the matrices, for messages.
 * @throws CyclopsError `CAMERA_INVALID` naming the matrix.
 */
export function calibrationFrom(
  numbers: CalibrationNumbers,
  path: string,
  names: Readonly<Record<'k' | 'r' | 'p', string>>,
): CameraCalibration {
  const { width, height } = numbers;
  const k = sized(numbers.k, 9, path, names.k);
  if (k === undefined) throw new CyclopsError('CAMERA_INVALID', `${path}: expected ${names.k}, found none`);
  const camera = pinhole(width, height, [k[0]!, k[4]!, k[2]!, k[5]!], path, names.k);
  const lens = lensOf(numbers.model, numbers.coefficients, path);
  const r = sized(numbers.r, 9, path, names.r);
  const p = sized(numbers.p, 12, path, names.p);
  const rotation = r === undefined || isIdentity(r) ? undefined : assertRotation(r, path, names.r);
  const rectified = p === undefined ? camera : pinhole(width, height, [p[0]!, p[5]!, p[2]!, p[6]!], path, names.p);
  return { camera, lens, rotation, rectified, shift: { x: p?.[3] ?? 0, y: p?.[7] ?? 0 } };
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

function assertRotation(r: readonly number[], path: string, name: string): Rotation {
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
      throw new CyclopsError('CAMERA_INVALID', `${path} ${name}: expected a rotation, found another matrix`);
    }
  }
  return r;
}
