import { z } from 'zod';
import { CyclopsError } from '../base/errors.js';
import type { StereoCamera } from '../geometry/camera.js';
import { assertStereoCamera } from '../geometry/camera.js';
import { stereoCameraSchema } from '../geometry/stereo-camera-schema.js';

/** The content of a `cameras.json`: sample id -> the pair's camera at the size of its images. */
export const camerasSchema = z.record(z.string(), stereoCameraSchema);

/**
 * The colour rig (cameras 02 and 03) of a KITTI `calib_cam_to_cam` text. f = P_rect_02[0,0];
 * B = P_rect_03[0,3] / -f - P_rect_02[0,3] / -f (methods as released with monodepth); doffs = cx_03 - cx_02.
 * @param name the file, for errors.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function parseKittiCalibration(text: string, name: string): StereoCamera {
  const left = readNumbers(text, 'P_rect_02', 12, name);
  const right = readNumbers(text, 'P_rect_03', 12, name);
  const [width, height] = readNumbers(text, 'S_rect_02', 2, name);
  return cameraFromProjections(left, right, { width: width!, height: height! }, name);
}

/**
 * A rig from the projection matrices `leftKey` and `rightKey` of a KITTI calibration text (`P0: ...`, as odometry and
 * stereo 2012 have it), which does not tell the size of the images.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function parseKittiProjections(
  text: string,
  keys: { readonly left: string; readonly right: string },
  size: { readonly width: number; readonly height: number },
  name: string,
): StereoCamera {
  return cameraFromProjections(
    readNumbers(text, keys.left, 12, name),
    readNumbers(text, keys.right, 12, name),
    size,
    name,
  );
}

function cameraFromProjections(
  left: readonly number[],
  right: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
  name: string,
): StereoCamera {
  const fxPx = left[0]!;
  const camera: StereoCamera = {
    width,
    height,
    fxPx,
    fyPx: left[5]!,
    cxPx: left[2]!,
    cyPx: left[6]!,
    baselineM: (left[3]! - right[3]!) / fxPx,
    doffsPx: right[2]! - left[2]!,
  };
  assertStereoCamera(camera, name);
  return camera;
}

/**
 * The numbers of the line `key: 1 2 3` of a KITTI calibration text.
 * @throws CyclopsError `CAMERA_INVALID` naming the missing or odd line.
 */
export function readNumbers(text: string, key: string, count: number, name: string): number[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}:`));
  if (line === undefined) throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected a line, found none`);
  const values = line
    .slice(key.length + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  if (values.length !== count || values.some((value) => !Number.isFinite(value))) {
    throw new CyclopsError('CAMERA_INVALID', `${name} ${key}: expected ${count} numbers, found "${line.slice(0, 80)}"`);
  }
  return values;
}
