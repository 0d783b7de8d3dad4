import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import type { Intrinsics } from '../../geometry/camera.js';
import type { Rotation } from '../../geometry/distortion.js';
import {
  assertNothingForeign,
  assertOne,
  fisheyeFlagSchema,
  foundText,
  type KnownKeys,
  matrixSchema,
  readCalibrationFile,
  sideSchema,
} from './calibration-file.js';
import type { CameraCalibration } from './camera-calibration.js';
import { binningSchema, calibrationOfRegion, type ImageRegion, roiSchema } from './image-region.js';
import { lensOf } from './lens-models.js';

const fileLimitBytes = 1024 * 1024;

const fileSchema = z.object({
  width: sideSchema.optional(),
  height: sideSchema.optional(),
  size: z.tuple([sideSchema, sideSchema]).optional(),
  k: matrixSchema.optional(),
  cameraModel: z.string().optional(),
  model: z.string().optional(),
  isFisheye: fisheyeFlagSchema.optional(),
  d: matrixSchema.optional(),
  r: matrixSchema.optional(),
  p: matrixSchema.optional(),
  binningX: binningSchema.optional(),
  binningY: binningSchema.optional(),
  roi: roiSchema.optional(),
});

const known: KnownKeys<keyof z.output<typeof fileSchema>> = {
  fields: {
    imagewidth: 'width',
    width: 'width',
    imageheight: 'height',
    height: 'height',
    imagesize: 'size',
    cameramatrix: 'k',
    k: 'k',
    cameramodel: 'cameraModel',
    distortionmodel: 'model',
    fisheyemodel: 'isFisheye',
    distortioncoefficients: 'd',
    distcoeffs: 'd',
    d: 'd',
    rectificationmatrix: 'r',
    r: 'r',
    projectionmatrix: 'p',
    p: 'p',
    binningx: 'binningX',
    binningy: 'binningY',
    roi: 'roi',
  },
  idle: [
    'header',
    'cameraname',
    'name',
    'frameid',
    'aspectratio',
    'fixaspectratio',
    'flags',
    'patternsize',
    'markersize',
  ],
  text: 'image_width, image_height, camera_matrix, distortion_model, fisheye_model, distortion_coefficients, rectification_matrix, projection_matrix, binning_x, binning_y and roi',
};

/**
 * Reads a calibration as ROS's camera_calibration (`camera_info` YAML) or OpenCV's calibration sample writes it.
 * @throws CyclopsError `FILE_MISSING`, `FILE_UNREADABLE`, `CONFIG_INVALID`; `CAMERA_INVALID` naming what is missing, odd or
 *   not understood.
 */
export async function readCalibration(path: string): Promise<CameraCalibration> {
  return parseCalibration(await readText(path, fileLimitBytes), path);
}

/** The text of a calibration file. @param path for messages. */
export function parseCalibration(text: string, path: string): CameraCalibration {
  const file = readCalibrationFile(text, path, fileSchema, known);
  const { values, nameOf } = file;
  assertPinhole(values.cameraModel, path, nameOf('cameraModel'));
  const { width = values.size?.[0], height = values.size?.[1], k } = values;
  if (width === undefined || height === undefined) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path}: expected image_width and image_height, found ${file.keys.join(', ').slice(0, 200) || 'neither'}`,
    );
  }
  if (values.size !== undefined)
    assertOne(path, ['image_width and image_height', [width, height]], ['image_size', values.size]);
  if (k === undefined) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path}: expected camera_matrix, found ${file.keys.join(', ').slice(0, 200)}`,
    );
  }
  assertNothingForeign(file, path, known);
  return calibrationFrom(
    {
      width,
      height,
      k,
      model: modelOf(values.model, values.isFisheye, path),
      coefficients: values.d ?? [],
      r: values.r,
      p: values.p,
      region: values,
    },
    path,
    {
      k: nameOf('k') ?? 'camera_matrix',
      d: nameOf('d') ?? 'distortion_coefficients',
      r: nameOf('r') ?? 'rectification_matrix',
      p: nameOf('p') ?? 'projection_matrix',
    },
  );
}

/** Kalibr and others name the projection apart from the lens. @throws CyclopsError `CAMERA_INVALID` unless it is a pinhole's. */
export function assertPinhole(cameraModel: string | undefined, path: string, name = 'camera_model'): void {
  if (cameraModel === undefined || cameraModel.toLowerCase() === 'pinhole') return;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${path} ${name}: expected pinhole (a fisheye is distortion_model: equidistant), found ${cameraModel}`,
  );
}

/**
 * The lens's model of a file that names it, or OpenCV's flag; undefined where it has neither.
 * @throws CyclopsError `CAMERA_INVALID` where the two contradict each other.
 */
export function modelOf(
  named: string | undefined,
  flag: z.output<typeof fisheyeFlagSchema> | undefined,
  path: string,
): string | undefined {
  if (flag === undefined) return named;
  const isFisheye = flag === 1 || flag === true;
  if (named === undefined) return isFisheye ? 'equidistant' : 'plumb_bob';
  if (isFisheye !== ['equidistant', 'fisheye'].includes(named.toLowerCase())) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path} fisheye_model: expected what distortion_model says, ${named}, found ${flag}`,
    );
  }
  return named;
}

/** The numbers of one camera, as a calibration file has them; matrices row by row. */
export interface CalibrationNumbers {
  readonly width: number;
  readonly height: number;
  /** 3x3. */
  readonly k: readonly number[] | undefined;
  /** `plumb_bob`, `rational_polynomial`, `radtan`, `equidistant` or `fisheye`; undefined where the file does not say. */
  readonly model: string | undefined;
  readonly coefficients: readonly number[];
  /** 3x3; no rotation unless given. */
  readonly r: readonly number[] | undefined;
  /** 3x4; `k` unless given. */
  readonly p: readonly number[] | undefined;
  /** What of the full image the camera sends; all of it unless given. */
  readonly region?: ImageRegion;
}

/**
 * Checks the numbers of one camera.
 * @param names what the file calls the matrices, for messages.
 * @throws CyclopsError `CAMERA_INVALID` naming the matrix.
 */
export function calibrationFrom(
  numbers: CalibrationNumbers,
  path: string,
  names: Readonly<Record<'k' | 'd' | 'r' | 'p', string>>,
): CameraCalibration {
  const { width, height } = numbers;
  const k = sized(numbers.k, 9, path, names.k);
  if (k === undefined) throw new CyclopsError('CAMERA_INVALID', `${path}: expected ${names.k}, found none`);
  const camera = pinhole(width, height, k, 3, `${path} ${names.k}`);
  const lens = lensOf(numbers, camera, `${path} ${names.d}`);
  const r = sized(numbers.r, 9, path, names.r);
  const p = sized(numbers.p, 12, path, names.p);
  const rotation = r === undefined || isIdentity(r) ? undefined : assertRotation(r, path, names.r);
  const rectified = p === undefined ? camera : pinhole(width, height, p, 4, `${path} ${names.p}`);
  const shift = { x: p?.[3] ?? 0, y: p?.[7] ?? 0 };
  return calibrationOfRegion({ camera, lens, rotation, rectified, shift }, numbers.region ?? {}, path);
}

/** A focal length of fewer px is one in units of the image's width, or in mm. */
const leastFocalPx = 10;
/** As `intrinsics` has it. */
const largestFocalPx = 100_000;
/** Skew below this share of the focal length is rounding. */
const skewShare = 1e-5;

/** @param matrix 3 rows of `columns` numbers. @param owner file and key, for messages. */
function pinhole(width: number, height: number, matrix: readonly number[], columns: 3 | 4, owner: string): Intrinsics {
  const at = (row: number, column: number) => matrix[row * columns + column]!;
  const fault = (expected: string, found: string) =>
    new CyclopsError('CAMERA_INVALID', `${owner}: expected ${expected}, found ${found}`);
  const [fxPx, fyPx, cxPx, cyPx] = [at(0, 0), at(1, 1), at(0, 2), at(1, 2)];
  if (!(fxPx > 0 && fyPx > 0)) {
    const hint = matrix.every((value) => value === 0) ? ': drivers send 0 for a camera that was not calibrated' : '';
    throw fault('focal lengths above 0', `${fxPx}, ${fyPx}${hint}`);
  }
  if (Math.min(fxPx, fyPx) < leastFocalPx || Math.max(fxPx, fyPx) > largestFocalPx) {
    throw fault(`focal lengths in px, ${leastFocalPx} to ${largestFocalPx}`, `${fxPx}, ${fyPx}`);
  }
  if (Math.abs(at(0, 1)) > skewShare * fxPx) {
    throw fault('no skew, for it is not corrected (OpenCV: CALIB_FIX_SKEW)', `${at(0, 1)}`);
  }
  const rest = [at(1, 0), at(2, 0), at(2, 1), at(2, 2) - 1, columns === 4 ? matrix[11]! : 0];
  if (rest.some((value) => Math.abs(value) > 1e-6)) {
    throw fault('fx, 0, cx; 0, fy, cy; 0, 0, 1 row by row', foundText(matrix));
  }
  if (!(cxPx > 0 && cxPx < width && cyPx > 0 && cyPx < height)) {
    throw fault(`a principal point inside the image of ${width}x${height}`, `${cxPx}, ${cyPx}`);
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
  const isOrthogonal = (
    [
      [0, 0, 1],
      [1, 1, 1],
      [2, 2, 1],
      [0, 1, 0],
      [0, 2, 0],
      [1, 2, 0],
    ] as const
  ).every(([a, b, wanted]) => {
    const dot = r[3 * a]! * r[3 * b]! + r[3 * a + 1]! * r[3 * b + 1]! + r[3 * a + 2]! * r[3 * b + 2]!;
    return Math.abs(dot - wanted) <= 1e-3;
  });
  const [a, b, c, d, e, f, g, h, i] = r as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // A mirror image is orthogonal too.
  if (isOrthogonal && a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0) return r;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${path} ${name}: expected a rotation, found another matrix: ${foundText(r)}`,
  );
}
