import { CyclopsError } from '../base/errors.js';

/** Pinhole intrinsics of one image: focal lengths and principal point in px, at this width and height. */
export interface Intrinsics {
  readonly width: number;
  readonly height: number;
  readonly fxPx: number;
  readonly fyPx: number;
  readonly cxPx: number;
  readonly cyPx: number;
}

/** A rectified stereo camera: the left (reference) view's intrinsics, the baseline, and cx_right - cx_left. */
export interface StereoCamera extends Intrinsics {
  readonly baselineM: number;
  readonly doffsPx: number;
}

/**
 * Intrinsics of the image after resizing it to another size. Pixel centres are at +0.5 (half-pixel rule), so that a
 * principal point in the middle stays in the middle.
 */
export function scaleIntrinsics<T extends Intrinsics>(camera: T, width: number, height: number): T {
  const sx = width / camera.width;
  const sy = height / camera.height;
  const scaled = {
    ...camera,
    width,
    height,
    fxPx: camera.fxPx * sx,
    fyPx: camera.fyPx * sy,
    cxPx: (camera.cxPx + 0.5) * sx - 0.5,
    cyPx: (camera.cyPx + 0.5) * sy - 0.5,
  };
  return 'doffsPx' in scaled ? { ...scaled, doffsPx: Number(scaled.doffsPx) * sx } : scaled;
}

/** Intrinsics of a crop whose left top corner is at (x, y) px of the image. */
export function cropIntrinsics<T extends Intrinsics>(
  camera: T,
  x: number,
  y: number,
  width: number,
  height: number,
): T {
  return { ...camera, width, height, cxPx: camera.cxPx - x, cyPx: camera.cyPx - y };
}

/** Throws `CAMERA_INVALID`, naming the owner and the field, unless focal lengths, baseline and size are above 0. */
export function assertStereoCamera(camera: StereoCamera, owner: string): void {
  for (const field of ['width', 'height', 'fxPx', 'fyPx', 'baselineM'] as const) {
    if (!(camera[field] > 0 && Number.isFinite(camera[field]))) {
      throw new CyclopsError('CAMERA_INVALID', `${owner} ${field}: expected a number above 0, found ${camera[field]}`);
    }
  }
}

/** What is wrong with one number of a camera: what was expected, found, and understood. */
export interface CameraFault {
  readonly field: keyof StereoCamera;
  readonly text: string;
}

/** Focal lengths that cameras have, px: below, a matrix in shares of the image's size; above, a damaged number. */
const focalRangePx = { low: 10, high: 1e6 };
/** A rig's baseline is metres; a larger number counts mm or cm. */
const limitBaselineM = 100;

/**
 * The first number of a camera as a file gives it that no rectified rig has: the numbers are read as they stand, so a
 * camera in other units would give wrong metres without a word.
 */
export function cameraFault(camera: StereoCamera): CameraFault | undefined {
  const fault = (field: keyof StereoCamera, expected: string): CameraFault => ({
    field,
    text: `expected ${expected}, found ${camera[field]}`,
  });
  for (const field of ['width', 'height', 'fxPx', 'fyPx', 'baselineM'] as const) {
    if (!(camera[field] > 0 && Number.isFinite(camera[field]))) return fault(field, 'a number above 0');
  }
  for (const field of ['fxPx', 'fyPx'] as const) {
    if (camera[field] < focalRangePx.low) {
      return fault(field, `px from ${focalRangePx.low}, not shares of the image's size (a normalised matrix)`);
    }
    if (camera[field] > focalRangePx.high) return fault(field, `px up to ${focalRangePx.high}`);
  }
  const { width, height, cxPx, cyPx, doffsPx, baselineM } = camera;
  if (!(cxPx >= 0 && cxPx <= width)) return fault('cxPx', `a principal point inside the image (0 to ${width} px)`);
  if (!(cyPx >= 0 && cyPx <= height)) return fault('cyPx', `a principal point inside the image (0 to ${height} px)`);
  if (!(Math.abs(doffsPx) < width)) return fault('doffsPx', `px below the image's width, ${width}`);
  if (baselineM > limitBaselineM) return fault('baselineM', `metres up to ${limitBaselineM} (not mm)`);
  return undefined;
}

/** Throws `CAMERA_INVALID`, naming the owner and the field, for a camera of a file that has a `cameraFault`. */
export function assertPlausibleCamera(camera: StereoCamera, owner: string): void {
  const fault = cameraFault(camera);
  if (fault !== undefined) throw new CyclopsError('CAMERA_INVALID', `${owner} ${fault.field}: ${fault.text}`);
}

/** KITTI's colour stereo rig (day 2011_09_26): 1242x375, fx 721.5377 px, baseline 0.532725 m. */
export const kittiCamera: StereoCamera = {
  width: 1242,
  height: 375,
  fxPx: 721.5377,
  fyPx: 721.5377,
  cxPx: 609.5593,
  cyPx: 172.854,
  baselineM: 0.532725,
  doffsPx: 0,
};
