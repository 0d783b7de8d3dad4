import { CyclopsError } from '../../base/errors.js';
import type { StereoCamera } from '../../geometry/camera.js';
import { assertPlausibleCamera, scaleIntrinsics } from '../../geometry/camera.js';
import type { PairCamera, Size } from './layout.js';

/** A rig whose file does not say of which size of image. */
export type UnsizedCamera = Omit<StereoCamera, 'width' | 'height'>;

/** Which files are spoken of. */
export interface CameraNames {
  readonly calibration: string;
  readonly image: string;
}

/** Where published cameras have their principal point, and where any uncropped one may, in shares of the image's sides. */
const publishedCentre = { low: 0.4, high: 0.6 };
const anyCentre = { low: 0.25, high: 0.75 };

/**
 * The camera of an image whose calibration is for `calibrated`. An image that was scaled alike in both directions gets the
 * camera scaled with it, and it is noted, as truth cannot follow.
 * @throws CyclopsError `CAMERA_INVALID`; `IMAGE_SIZE_MISMATCH` for any other size.
 */
export function cameraForImage(
  camera: UnsizedCamera,
  calibrated: Size,
  stored: Size,
  { calibration, image }: CameraNames,
): PairCamera {
  const sized = { width: calibrated.width, height: calibrated.height, ...camera };
  assertPlausibleCamera(sized, calibration);
  const { width, height } = stored;
  if (width === sized.width && height === sized.height) return sized;
  if (width * sized.height !== height * sized.width) {
    throw new CyclopsError(
      'IMAGE_SIZE_MISMATCH',
      `${image}: expected ${sized.width}x${sized.height} as its calibration says (${calibration}), or that scaled alike in both directions, found ${width}x${height}`,
    );
  }
  return { ...scaleIntrinsics(sized, width, height), resizedFrom: { width: sized.width, height: sized.height } };
}

/**
 * The camera of an image where the publisher's size is known and the file does not say it: people scale images with and
 * without their calibration, which the principal point tells apart.
 * @throws CyclopsError as `cameraForImage`; `CAMERA_INVALID` where the file may be for either size, or for neither.
 */
export function cameraOfPublished(
  camera: UnsizedCamera,
  published: Size,
  stored: Size,
  names: CameraNames,
): PairCamera {
  if (stored.width === published.width && stored.height === published.height) {
    return cameraOfAnySize(camera, stored, names);
  }
  const isPublished = isCentred(camera, published, publishedCentre);
  const isOwn = isCentred(camera, stored, publishedCentre);
  if (isPublished !== isOwn) return cameraForImage(camera, isPublished ? published : stored, stored, names);
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${names.calibration}: expected a principal point that tells whether it is for ${published.width}x${published.height} as published or for ${stored.width}x${stored.height} as ${names.image}, found ${camera.cxPx}, ${camera.cyPx}: ${isOwn ? 'either' : 'neither'}; take the images at their published size`,
  );
}

/**
 * The camera of an image where nothing tells the size that the calibration is for, so that it is the image's own.
 * @throws CyclopsError `CAMERA_INVALID` where the principal point lies as that of an image of another size.
 */
export function cameraOfAnySize(camera: UnsizedCamera, stored: Size, { calibration, image }: CameraNames): PairCamera {
  const { width, height } = stored;
  const sized = { width, height, ...camera };
  assertPlausibleCamera(sized, calibration);
  if (isCentred(camera, stored, anyCentre)) return sized;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `${calibration}: expected a principal point in the middle half of ${image} (${width}x${height}), found ${camera.cxPx}, ${camera.cyPx}: the calibration of another size`,
  );
}

function isCentred({ cxPx, cyPx }: UnsizedCamera, { width, height }: Size, { low, high }: typeof anyCentre): boolean {
  return [cxPx / width, cyPx / height].every((share) => share >= low && share <= high);
}

/**
 * Sizes of KITTI's rectified images, which `calib.txt` of odometry and stereo 2012 leaves out, by the rig of the recording
 * day: its focal length and principal point, px.
 */
const kittiRigs: readonly (Size & { readonly fxPx: number; readonly cxPx: number })[] = [
  { fxPx: 721.5377, cxPx: 609.5593, width: 1242, height: 375 },
  { fxPx: 707.0493, cxPx: 604.0814, width: 1224, height: 370 },
  { fxPx: 718.3351, cxPx: 600.3891, width: 1238, height: 374 },
  { fxPx: 707.0912, cxPx: 601.8873, width: 1226, height: 370 },
  { fxPx: 718.856, cxPx: 607.1928, width: 1241, height: 376 },
];

/** A rig of KITTI without a size: that of its day, or the image's own where the rig is none of KITTI's. Throws as above. */
export function kittiCameraForImage(camera: UnsizedCamera, stored: Size, names: CameraNames): PairCamera {
  const day = kittiRigs.find(
    ({ fxPx, cxPx }) => Math.abs(fxPx - camera.fxPx) < 0.01 && Math.abs(cxPx - camera.cxPx) < 0.01,
  );
  return day === undefined ? cameraOfAnySize(camera, stored, names) : cameraForImage(camera, day, stored, names);
}
