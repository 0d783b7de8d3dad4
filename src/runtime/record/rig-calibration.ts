import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import { assertStereoCamera, type StereoCamera } from '../../geometry/camera.js';
import { assertPinhole, calibrationFrom, modelOf, parseCalibration } from '../camera/calibration.js';
import {
  assertNothingForeign,
  assertOne,
  type CalibrationFile,
  fisheyeFlagSchema,
  type KnownKeys,
  matrixSchema,
  readCalibrationFile,
  sideSchema,
} from '../camera/calibration-file.js';
import type { CameraCalibration } from '../camera/camera-calibration.js';

/** What is known of a stereo rig. */
export interface RigCalibration {
  readonly left: CameraCalibration;
  readonly right: CameraCalibration;
  /** The rig after rectification, px at the calibration's image size. */
  readonly camera: StereoCamera;
}

/** Where a rig's calibration stands. */
export interface CalibrationFiles {
  /** One `camera_info` a camera, of a stereo calibration. */
  readonly left?: string | undefined;
  readonly right?: string | undefined;
  /** OpenCV's stereo calibration in one file or several (`intrinsics.yml`, `extrinsics.yml`). */
  readonly stereo?: readonly string[] | undefined;
  /** Metres; in place of what the files say, which may be mm or the squares of a chessboard. */
  readonly baselineM?: number | undefined;
}

const fileLimitBytes = 1024 * 1024;
/** A rig on a vehicle is within this; beyond it the calibration counts in another unit. */
const baselineRangeM = { low: 0.005, high: 5 };
/** Rectified cameras have one focal length and one row for the horizon; what files round away is less than this, px. */
const agreementPx = 0.01;

/**
 * Reads a rig's calibration.
 * @param source size of the left source's image, for files that do not tell theirs.
 * @throws CyclopsError of `readText`; `CONFIG_INVALID`; `CAMERA_INVALID` where the two do not belong to one rectified rig.
 */
export async function readRigCalibration(
  files: CalibrationFiles,
  source: { readonly width: number; readonly height: number },
): Promise<RigCalibration> {
  const { left: leftPath, right: rightPath, stereo = [] } = files;
  if (stereo.length > 0) {
    const texts = await Promise.all(stereo.map((path) => readText(path, fileLimitBytes)));
    return rigFrom(...parseStereo(texts, stereo, source), stereo.join(', '), files.baselineM);
  }
  if (leftPath === undefined || rightPath === undefined) {
    throw new CyclopsError('CAMERA_INVALID', 'calibration: expected one file for each camera of the rig');
  }
  const [left, right] = await Promise.all(
    [leftPath, rightPath].map(async (path) => parseCalibration(await readText(path, fileLimitBytes), path)),
  );
  return rigFrom(left!, right!, rightPath, files.baselineM);
}

const matrix = matrixSchema.optional();
const stereoSchema = z.object({
  width: sideSchema.optional(),
  height: sideSchema.optional(),
  size: z.tuple([sideSchema, sideSchema]).optional(),
  cameraModel: z.string().optional(),
  model: z.string().optional(),
  isFisheye: fisheyeFlagSchema.optional(),
  k1: matrix,
  d1: matrix,
  k2: matrix,
  d2: matrix,
  r1: matrix,
  r2: matrix,
  p1: matrix,
  p2: matrix,
});

type OpenCvStereo = z.output<typeof stereoSchema>;

const known: KnownKeys<keyof OpenCvStereo> = {
  fields: {
    imagewidth: 'width',
    imageheight: 'height',
    imagesize: 'size',
    cameramodel: 'cameraModel',
    distortionmodel: 'model',
    fisheyemodel: 'isFisheye',
    m1: 'k1',
    k1: 'k1',
    cameramatrix1: 'k1',
    d1: 'd1',
    distcoeffs1: 'd1',
    m2: 'k2',
    k2: 'k2',
    cameramatrix2: 'k2',
    d2: 'd2',
    distcoeffs2: 'd2',
    r1: 'r1',
    r2: 'r2',
    p1: 'p1',
    p2: 'p2',
  },
  // The rig before rectification, and what follows from it.
  idle: ['r', 't', 'e', 'f', 'q', 'roi1', 'roi2', 'validroi1', 'validroi2', 'baseline', 'flags'],
  text: 'image_width, image_height, distortion_model, fisheye_model, M1, D1, M2, D2, R1, R2, P1 and P2',
};

/** Both cameras of OpenCV's stereo calibration, from one text or several that complete each other. */
function parseStereo(
  texts: readonly string[],
  paths: readonly string[],
  source: { readonly width: number; readonly height: number },
): [CameraCalibration, CameraCalibration] {
  const files = texts.map((text, index) => readCalibrationFile(text, paths[index]!, stereoSchema, known));
  const file = mergeFiles(files, paths);
  const path = paths.join(', ');
  assertPinhole(file.cameraModel, path);
  if (file.p1 === undefined || file.p2 === undefined) {
    const keys = files.flatMap((each) => each.keys).join(', ');
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path}: expected R1, R2, P1 and P2 as OpenCV's stereoRectify gives them, found no ${file.p1 === undefined ? 'P1' : 'P2'} among ${keys.slice(0, 200)}`,
    );
  }
  files.forEach((each, index) => {
    assertNothingForeign(each, paths[index]!, known);
  });
  const { width = file.size?.[0], height = file.size?.[1] } = file;
  if (file.size !== undefined) {
    assertOne(path, ['image_width and image_height', [width, height]], ['image_size', file.size]);
  }
  const model = modelOf(file.model, file.isFisheye, path);
  const side = (n: 1 | 2) => {
    const view = calibrationFrom(
      {
        width: width ?? source.width,
        height: height ?? source.height,
        k: file[`k${n}`],
        model,
        coefficients: file[`d${n}`] ?? [],
        r: file[`r${n}`],
        p: file[`p${n}`],
      },
      path,
      { k: `M${n}`, d: `D${n}`, r: `R${n}`, p: `P${n}` },
    );
    if (width === undefined || height === undefined) assertCentred(view, path, `M${n}`);
    return view;
  };
  return [side(1), side(2)];
}

function mergeFiles(files: readonly CalibrationFile<OpenCvStereo>[], paths: readonly string[]): OpenCvStereo {
  const merged = new Map<string, { readonly value: unknown; readonly name: string }>();
  files.forEach(({ values, nameOf }, index) => {
    for (const [field, value] of Object.entries(values)) {
      const name = nameOf(field as keyof OpenCvStereo) ?? field;
      const other = merged.get(field);
      if (other !== undefined)
        assertOne(paths[index]!, [`${other.name} of the other file`, other.value], [name, value]);
      merged.set(field, { value, name });
    }
  });
  return Object.fromEntries([...merged].map(([field, { value }]) => [field, value]));
}

/** Cameras have their principal point about in the middle of the image; elsewhere the calibration is one of another size. */
const centreShares = { low: 0.3, high: 0.7 };

/** Of a file that does not tell its images' size. @throws CyclopsError `CAMERA_INVALID`. */
function assertCentred({ camera }: CameraCalibration, path: string, name: string): void {
  const { width, height, cxPx, cyPx } = camera;
  const isCentred = [cxPx / width, cyPx / height].every(
    (share) => share >= centreShares.low && share <= centreShares.high,
  );
  if (isCentred) return;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${path} ${name}: expected a principal point about in the middle of the image of ${width}x${height}, found ${cxPx}, ${cyPx}; where the calibration is for another size, add its image_width and image_height to the file`,
  );
}

/**
 * The rectified rig of two calibrations. In rectified projections the right camera is fx * baseline to the right:
 * P_right[0,3] = -fx * B (OpenCV, stereoRectify).
 */
function rigFrom(
  left: CameraCalibration,
  right: CameraCalibration,
  path: string,
  baselineM: number | undefined,
): RigCalibration {
  const [l, r] = [left.rectified, right.rectified];
  for (const key of ['width', 'height', 'fxPx', 'fyPx', 'cyPx'] as const) {
    if (Math.abs(l[key] - r[key]) > agreementPx) {
      throw new CyclopsError(
        'CAMERA_INVALID',
        `${path} projection ${key}: expected ${l[key]} as the left camera has it, found ${r[key]}; the two were not rectified together`,
      );
    }
  }
  const shiftX = left.shift.x - right.shift.x;
  if (Math.abs(left.shift.y - right.shift.y) > agreementPx) {
    throw new CyclopsError('CAMERA_INVALID', `${path}: expected cameras side by side, found one above the other`);
  }
  if (!(shiftX > 0)) {
    const why = shiftX < 0 ? 'the cameras are exchanged' : 'no baseline in the projection matrices';
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path} projection: expected the fourth column of the right camera to be -fx * baseline, found ${right.shift.x}: ${why}`,
    );
  }
  const measured = baselineM ?? shiftX / l.fxPx;
  if (!(measured >= baselineRangeM.low && measured <= baselineRangeM.high)) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path}: expected a baseline of ${baselineRangeM.low} to ${baselineRangeM.high} m, found ${measured}; where the calibration counts in mm or in squares, give it with --baseline`,
    );
  }
  const camera: StereoCamera = { ...l, baselineM: measured, doffsPx: r.cxPx - l.cxPx };
  assertStereoCamera(camera, path);
  return { left, right, camera };
}
