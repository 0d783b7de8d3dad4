import { z } from 'zod';
import { focalPxSchema } from '../camera/intrinsics.js';
import { isLive, isLooped, paceOf, sourceSchema } from '../capture/sources/index.js';
import { captureSchema } from '../config.js';

const viewSchema = z.strictObject({
  source: sourceSchema,
  /** `camera_info` of this camera, of a stereo calibration; relative to where the command runs. */
  calibration: z.string().min(1).optional(),
});

/** Everything `cyclops record` needs to know of a rig. `--config` reads it from YAML. */
export const recordConfigSchema = z
  .strictObject({
    left: viewSchema,
    right: viewSchema,
    /** OpenCV's stereo calibration, in place of one file a camera. */
    calibration: z.array(z.string().min(1)).default([]),
    /** Metres: of a rig whose images are rectified already, or in place of what a calibration says. */
    baselineM: z.number().positive().max(100).optional(),
    /** Focal length of images that are rectified already, px at the source's width. */
    fxPx: focalPxSchema.optional(),
    /** Images further apart in time than this are not a pair, ms. */
    toleranceMs: z.number().positive().max(1000).default(10),
    /** Of a live source, the first so many ms after each start are not used. */
    settleMs: z.int().min(0).max(60_000).default(1000),
    /** Keep one of so many pairs. */
    every: z.int().min(1).max(1_000_000).default(1),
    /** End after so many pairs on the disk. */
    frames: z.int().min(1).optional(),
    /** End after this time. */
    seconds: z.number().positive().optional(),
    images: z.enum(['jpg', 'png']).default('jpg'),
    /** Of JPEG. */
    quality: z.int().min(50).max(100).default(95),
    /** Width of the recorded images, px; the source's unless given. */
    width: z.int().min(16).max(16384).optional(),
    /** End while so much of the disk is free, MB. */
    keepFreeMb: z.number().min(0).default(500),
    capture: captureSchema.prefault({}),
  })
  .refine(
    ({ left, right }) => paceOf(left.source) === paceOf(right.source) && isLive(left.source) === isLive(right.source),
    'expected both sources live, or both in one pace',
  )
  .refine(({ left, right }) => ![left.source, right.source].some(isLooped), 'loop: a recording ends with its source')
  .refine(({ left, right, calibration, fxPx, baselineM }) => {
    const ways = [
      left.calibration !== undefined && right.calibration !== undefined,
      calibration.length > 0,
      fxPx !== undefined && baselineM !== undefined,
    ];
    return ways.filter(Boolean).length === 1 && (left.calibration === undefined) === (right.calibration === undefined);
  }, 'expected the rig in one of three ways: a calibration of each camera, one stereo calibration, or focal length and baseline of a rig that rectifies');

/** A checked description of a recording with its defaults filled in. */
export interface RecordConfig extends z.output<typeof recordConfigSchema> {}

/** The same as a caller may write it. */
export interface RecordConfigInput extends z.input<typeof recordConfigSchema> {}
