import { CyclopsError } from '../../base/errors.js';
import { type Intrinsics, scaleIntrinsics } from '../../geometry/camera.js';
import type { FocalSettings } from './intrinsics.js';

type CameraSettings = Pick<FocalSettings, 'intrinsics' | 'fxPx' | 'horizontalFovDeg'>;

/** Intrinsics of the source's image from what the user knows; undefined where that is nothing. */
export function cameraOf(settings: CameraSettings, width: number, height: number): Intrinsics | undefined {
  const { intrinsics, fxPx, horizontalFovDeg } = settings;
  const middle = { width, height, cxPx: (width - 1) / 2, cyPx: (height - 1) / 2 };
  if (intrinsics !== undefined) return calibratedCamera(intrinsics, width, height);
  if (fxPx !== undefined) return { ...middle, fxPx, fyPx: fxPx };
  if (horizontalFovDeg === undefined) return undefined;
  const focal = width / 2 / Math.tan((horizontalFovDeg * Math.PI) / 360);
  return { ...middle, fxPx: focal, fyPx: focal };
}

function calibratedCamera(given: NonNullable<FocalSettings['intrinsics']>, width: number, height: number): Intrinsics {
  // A calibration of another resolution is scaled, but one of another shape belongs to another image.
  const stretch = (width / given.width) * (given.height / height);
  if (Math.abs(stretch - 1) > 0.01) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `camera intrinsics: for an image of ${given.width}x${given.height}, but the source gives ${width}x${height}, another shape`,
    );
  }
  return scaleIntrinsics(
    {
      width: given.width,
      height: given.height,
      fxPx: given.fxPx,
      fyPx: given.fyPx ?? given.fxPx,
      cxPx: given.cxPx ?? (given.width - 1) / 2,
      cyPx: given.cyPx ?? (given.height - 1) / 2,
    },
    width,
    height,
  );
}
