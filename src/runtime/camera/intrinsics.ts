import { z } from 'zod';

/** A focal length in px; fewer are one in units of the image's width, or in mm. */
export const focalPxSchema = z.number().min(10, 'expected a focal length in px, at least 10').max(100_000);

/** Intrinsics of the camera's full image, as a calibration gives them. */
export const cameraIntrinsicsSchema = z
  .strictObject({
    width: z.int().min(16).max(16384),
    height: z.int().min(16).max(16384),
    fxPx: focalPxSchema,
    /** Equal to fxPx unless given. */
    fyPx: focalPxSchema.optional(),
    /** The middle of the image unless given. */
    cxPx: z.number().optional(),
    cyPx: z.number().optional(),
  })
  .refine(({ width, cxPx = width / 2 }) => cxPx > 0 && cxPx < width, {
    path: ['cxPx'],
    message: 'expected a principal point inside the image',
  })
  .refine(({ height, cyPx = height / 2 }) => cyPx > 0 && cyPx < height, {
    path: ['cyPx'],
    message: 'expected a principal point inside the image',
  });

/** How the focal length is known: a calibration file or its numbers, fx in px of the source's image, or its field of view. */
export const focalSchema = z.strictObject({
  /** Path of a calibration that ROS or OpenCV wrote, with the lens's distortion; relative to where the command runs. */
  calibration: z.string().min(1).optional(),
  intrinsics: cameraIntrinsicsSchema.optional(),
  fxPx: focalPxSchema.optional(),
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
