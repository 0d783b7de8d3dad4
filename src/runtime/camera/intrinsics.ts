import { z } from 'zod';

const pixels = z.number().positive().max(100_000);

/** Intrinsics of the camera's full image, as a calibration gives them. */
export const cameraIntrinsicsSchema = z.strictObject({
  width: z.int().min(16).max(16384),
  height: z.int().min(16).max(16384),
  fxPx: pixels,
  /** Equal to fxPx unless given. */
  fyPx: pixels.optional(),
  /** The middle of the image unless given. */
  cxPx: z.number().optional(),
  cyPx: z.number().optional(),
});

/** How the focal length is known: a calibration file or its numbers, fx in px of the source's image, or its field of view. */
export const focalSchema = z.strictObject({
  /** Path of a calibration that ROS or OpenCV wrote, with the lens's distortion; relative to where the command runs. */
  calibration: z.string().min(1).optional(),
  intrinsics: cameraIntrinsicsSchema.optional(),
  fxPx: pixels.optional(),
  horizontalFovDeg: z.number().min(5).max(170).optional(),
});

/** Checked settings of a focal length. */
export type FocalSettings = z.output<typeof focalSchema>;

/** Whether at most one of the ways to know the focal length is taken. */
export function isOneFocal({ calibration, intrinsics, fxPx, horizontalFovDeg }: FocalSettings): boolean {
  return [calibration, intrinsics, fxPx, horizontalFovDeg].filter((value) => value !== undefined).length <= 1;
}

/** What a schema says where it is not. */
export const oneFocalText = 'expected only one of calibration, intrinsics, fxPx, horizontalFovDeg';
