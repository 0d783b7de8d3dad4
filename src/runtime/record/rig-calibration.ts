import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { readText } from '../../base/files.js';
import { assertStereoCamera, type StereoCamera } from '../../geometry/camera.js';
import {
  type CameraCalibration,
  calibrationFrom,
  matrixSchema,
  parseCalibration,
  parseYaml,
  withPlainKeys,
} from '../camera/calibration.js';

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
const stereoSchema = withPlainKeys(
  z.looseObject({
    imagewidth: z.int().positive().optional(),
    imageheight: z.int().positive().optional(),
    distortionmodel: z.string().optional(),
    fisheyemodel: z.union([z.number(), z.boolean()]).optional(),
    m1: matrix,
    k1: matrix,
    cameramatrix1: matrix,
    d1: matrix,
    distcoeffs1: matrix,
    m2: matrix,
    k2: matrix,
    cameramatrix2: matrix,
    d2: matrix,
    distcoeffs2: matrix,
    r1: matrix,
    r2: matrix,
    p1: matrix,
    p2: matrix,
  }),
);

type OpenCvStereo = z.output<typeof stereoSchema>;

/** Both cameras of OpenCV's stereo calibration, from one text or several that complete each other. */
function parseStereo(
  texts: readonly string[],
  paths: readonly string[],
  source: { readonly width: number; readonly height: number },
): [CameraCalibration, CameraCalibration] {
  const parts = texts.map((text, index) => parseYaml(text, paths[index]!, stereoSchema));
  const file: OpenCvStereo = Object.assign({}, ...parts);
  const path = paths.join(', ');
  if (file.p1 === undefined || file.p2 === undefined) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path}: expected R1, R2, P1 and P2 as OpenCV's stereoRectify gives them, found no ${file.p1 === undefined ? 'P1' : 'P2'}`,
    );
  }
  const width = file.imagewidth ?? source.width;
  const height = file.imageheight ?? source.height;
  const isFisheye = file.fisheyemodel === 1 || file.fisheyemodel === true;
  const model = file.distortionmodel ?? (isFisheye ? 'equidistant' : 'plumb_bob');
  const side = (n: 1 | 2, k: OpenCvStereo['k1'], d: OpenCvStereo['d1']) =>
    calibrationFrom({ width, height, k, model, coefficients: d ?? [], r: file[`r${n}`], p: file[`p${n}`] }, path, {
      k: `M${n}`,
      r: `R${n}`,
      p: `P${n}`,
    });
  return [
    side(1, file.m1 ?? file.k1 ?? file.cameramatrix1, file.d1 ?? file.distcoeffs1),
    side(2, file.m2 ?? file.k2 ?? file.cameramatrix2, file.d2 ?? file.distcoeffs2),
  ];
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
