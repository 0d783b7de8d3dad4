import { z } from 'zod';
import { CyclopsError } from '../base/errors.js';
import type { StereoCamera } from '../geometry/camera.js';
import { assertPlausibleCamera } from '../geometry/camera.js';
import { stereoCameraSchema } from '../geometry/stereo-camera-schema.js';

/** The content of a `cameras.json`: sample id -> the pair's camera at the size of its images. */
export const camerasSchema = z.record(z.string(), stereoCameraSchema);

/** Fields of KITTI's calibration texts of all its benchmarks; those of the cameras before rectification say nothing here. */
const kittiKeys =
  /^(?:calib_time|corner_dist|[SKDRT]_\d\d|[SRP]_rect_\d\d|P[0-3]|R0_rect|R_rect|Tr\w*|R|T|delta_[fc]|calib_\w+)$/;

/** A field that would change what an image means, were it understood. */
const lensWords =
  /^(?:[dkprs](?:_?\d+)?|f[xy]|c[xy]|[uv]0|xi|alpha|.*(?:dist|fish|lens|model|skew|scale|crop|roi|binning|offset|intrin|matrix|coeff|rect|focal|fov|resiz|project|baseline|width|height|size|camera|cam\d).*)$/i;

/**
 * Throws `CAMERA_INVALID` for a field that is not known and looks like calibration: nothing of a lens is left out without
 * a word.
 */
export function refuseStrayKeys(keys: readonly string[], known: RegExp, name: string, understood: string): void {
  const stray = keys.find((key) => !known.test(key) && lensWords.test(key));
  if (stray === undefined) return;
  throw new CyclopsError('CAMERA_INVALID', `${name} ${stray}: expected ${understood}, found a field that is not known`);
}

/**
 * The colour rig (cameras 02 and 03) of a KITTI `calib_cam_to_cam` text. f = P_rect_02[0,0];
 * B = P_rect_03[0,3] / -f - P_rect_02[0,3] / -f (methods as released with monodepth); doffs = cx_03 - cx_02.
 * @param name the file, for errors.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function parseKittiCalibration(text: string, name: string): StereoCamera {
  const camera = parseKittiProjections(text, { left: 'P_rect_02', right: 'P_rect_03' }, name);
  const [width, height] = readNumbers(text, 'S_rect_02', 2, name);
  const sized = { width: width!, height: height!, ...camera };
  assertPlausibleCamera(sized, name);
  return sized;
}

/**
 * A rig from the projection matrices `leftKey` and `rightKey` of a KITTI calibration text (`P0: ...`, as odometry and
 * stereo 2012 have it), which does not tell the size of the images.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function parseKittiProjections(
  text: string,
  keys: { readonly left: string; readonly right: string },
  name: string,
): Omit<StereoCamera, 'width' | 'height'> {
  const fields = linesOf(text).flatMap((line) => /^([A-Za-z]\w*):/.exec(line)?.[1] ?? []);
  refuseStrayKeys(fields, kittiKeys, name, "the fields of KITTI's calibration");
  const left = readProjection(text, keys.left, name);
  const right = readProjection(text, keys.right, name);
  for (const [at, field] of [
    [0, 'focal length'],
    [6, 'principal point, y'],
  ] as const) {
    if (Math.abs(left[at]! - right[at]!) > agreementPx) {
      throw new CyclopsError(
        'CAMERA_INVALID',
        `${name} ${keys.right} (${field}): expected ${left[at]} as ${keys.left} has it, found ${right[at]}; the two are not rectified together`,
      );
    }
  }
  const fxPx = left[0]!;
  return {
    fxPx,
    fyPx: left[5]!,
    cxPx: left[2]!,
    cyPx: left[6]!,
    baselineM: (left[3]! - right[3]!) / fxPx,
    doffsPx: right[2]! - left[2]!,
  };
}

/** Rectified cameras have one focal length and one row for the horizon; what files round away is less than this, px. */
const agreementPx = 0.01;
/** KITTI's own projections stand up to this far before the rectified plane, m. */
const limitForwardM = 0.1;

/** A 3x4 projection of a rectified camera: no skew, and a last row of 0 0 1. */
function readProjection(text: string, key: string, name: string): number[] {
  const values = readNumbers(text, key, 12, name);
  assertPinhole(
    [0, 1, 2].flatMap((row) => values.slice(row * 4, row * 4 + 3)),
    key,
    name,
  );
  if (Math.abs(values[11]!) > limitForwardM) {
    throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected a last column near 0, found ${values[11]}`);
  }
  return values;
}

/**
 * Throws `CAMERA_INVALID` unless a 3x3 matrix is that of a pinhole with upright pixels: `f 0 cx, 0 f cy, 0 0 1`.
 * @param matrix 9 numbers row by row.
 */
export function assertPinhole(matrix: readonly number[], key: string, name: string): void {
  const refuse = (what: string): never => {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${name} ${key}: expected "f 0 cx, 0 f cy, 0 0 1", found ${what} (${matrix.join(' ')})`,
    );
  };
  if (matrix.every((value) => value === 0)) refuse('only zeros: the camera was not calibrated');
  if (matrix[1] !== 0 || matrix[3] !== 0) refuse('skew, which is not understood');
  if (matrix[6] !== 0 || matrix[7] !== 0 || matrix[8] !== 1) refuse('another last row');
}

/** The lines of a text, whatever system wrote it. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/**
 * The numbers of the line `key: 1 2 3` of a KITTI calibration text.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function readNumbers(text: string, key: string, count: number, name: string): number[] {
  const [line, ...others] = linesOf(text).filter((candidate) => candidate.startsWith(`${key}:`));
  if (line === undefined) throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected a line, found none`);
  if (others.some((other) => other.trim() !== line.trim())) {
    throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected one line, found several that differ`);
  }
  const values = line
    .slice(key.length + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  if (values.length !== count || values.some((value) => !Number.isFinite(value))) {
    throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected ${count} numbers, found "${line.slice(0, 80)}"`);
  }
  if (/^[PR]/.test(key) && values.every((value) => value === 0)) {
    throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: found only zeros: the camera was not calibrated`);
  }
  return values;
}
