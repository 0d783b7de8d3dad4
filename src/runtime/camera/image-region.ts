import { z } from 'zod';
import { CyclopsError } from '../../base/errors.js';
import { cropIntrinsics, type Intrinsics, scaleIntrinsics } from '../../geometry/camera.js';
import type { CameraCalibration } from './camera-calibration.js';

/** The part of its sensor that a camera sends, px of the full image, as `camera_info` has it; all 0 = the full image. */
export const roiSchema = z.strictObject({
  x_offset: z.int().min(0).default(0),
  y_offset: z.int().min(0).default(0),
  width: z.int().min(0).default(0),
  height: z.int().min(0).default(0),
  /** Of use to who rectifies for others only. */
  do_rectify: z.union([z.boolean(), z.literal(0), z.literal(1)]).optional(),
});

/** So many px of the full image become one; 0 counts as 1. */
export const binningSchema = z.int().min(0).max(64);

/** How a camera's images come from its calibrated full image: cut first, then binned. */
export interface ImageRegion {
  readonly roi?: z.output<typeof roiSchema> | undefined;
  readonly binningX?: number | undefined;
  readonly binningY?: number | undefined;
}

/**
 * The calibration of the images that the camera sends, from that of its full image (ROS, REP 104).
 * @param path for messages.
 * @throws CyclopsError `CAMERA_INVALID` for a region that is not inside the image.
 */
export function calibrationOfRegion(full: CameraCalibration, region: ImageRegion, path: string): CameraCalibration {
  const { width, height } = full.camera;
  const { roi } = region;
  const isWhole =
    roi === undefined || [roi.x_offset, roi.y_offset, roi.width, roi.height].every((value) => value === 0);
  const part = isWhole ? { x_offset: 0, y_offset: 0, width, height } : roi;
  const isInside =
    part.width > 0 && part.height > 0 && part.x_offset + part.width <= width && part.y_offset + part.height <= height;
  if (!isInside) {
    throw new CyclopsError(
      'CAMERA_INVALID',
      `${path} roi: expected a part of the image of ${width}x${height}, found ${part.width}x${part.height} at (${part.x_offset}, ${part.y_offset})`,
    );
  }
  const [binX, binY] = [region.binningX || 1, region.binningY || 1];
  const [sentWidth, sentHeight] = [Math.floor(part.width / binX), Math.floor(part.height / binY)];
  const sent = (camera: Intrinsics) =>
    scaleIntrinsics(
      cropIntrinsics(camera, part.x_offset, part.y_offset, sentWidth * binX, sentHeight * binY),
      sentWidth,
      sentHeight,
    );
  return {
    ...full,
    camera: sent(full.camera),
    rectified: sent(full.rectified),
    shift: { x: full.shift.x / binX, y: full.shift.y / binY },
    isPart: part.width !== width || part.height !== height,
  };
}

/**
 * Refuses images of another size than a region of interest has: they may be its, resized, or the full image.
 * @throws CyclopsError `CAMERA_INVALID`.
 */
export function assertRegionSize(
  { isPart, camera }: Pick<CameraCalibration, 'isPart' | 'camera'>,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  if (isPart !== true || (camera.width === width && camera.height === height)) return;
  throw new CyclopsError(
    'CAMERA_INVALID',
    `calibration roi: expected images of ${camera.width}x${camera.height}, the region of interest, found ${width}x${height}`,
  );
}
